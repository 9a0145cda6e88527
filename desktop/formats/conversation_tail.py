"""Of the end of a conversation log, the few lines that tell where it stands.

Most lines of a turn are calls that have ended and their results: they are told apart by a look at their bytes and never
decoded. Inside a string every quote is escaped, so that no text can be taken for a key; what nests objects of its own
(the input of a call, the result for the terminal) comes behind the keys that are looked for.
"""

from collections.abc import Callable, Mapping

from desktop.domain.record import dataclass
from desktop.formats import tool_calls
from desktop.formats.conversation_records import (
    ATTACHMENT,
    NEAR,
    SIDECHAIN,
    TITLES,
    Record,
    decode,
    is_told,
    means_nothing,
)
from desktop.formats.foreign_json import BAD_JSON

_TYPE_FIRST = b'{"type":"'
_ROLE = b'"role":"'
_RESULT_OF = b'"tool_use_id":"'
_RESULT_IN_FULL = b'"toolUseResult":'
_LAUNCHED = b'"async_launched"'
_CALL = b'"type":"tool_use","id":"'
_ANY_CALL = b'"type":"tool_use"'
_NAME = b'","name":"'
_TEXT = b'"type":"text"'
_ENDS = (b'"end_turn"', b'"refusal"', b'"<synthetic>"', b'"isApiErrorMessage":true')
_NAMES = frozenset({b"last-prompt", *(title.encode() for title in TITLES)})
# What becomes of these tools is told when they end.
_TOLD_OF_AT_END = frozenset(tool.encode() for tool in tool_calls.WRITING_TOOLS | tool_calls.SUBAGENT_TOOLS)


@dataclass(slots=True)
class Choice:
    """What to read, in its order; *has_begin* says that the last turn begins with one of these lines."""

    lines: list[Record | bytes]
    has_begin: bool
    ended: Mapping[bytes, int]  # calls whose results are left out, by id


def choose(log: bytes, begins_turn: Callable[[Record], bool], top: int = 0) -> Choice:
    """Walk back from the end of *log*, whole lines from *top* on, to where its last turn begins; choose what stands."""
    chosen: dict[int, Record | bytes] = {}  # by where it lies
    names: set[bytes] = set()
    ended: dict[bytes, int] = {}  # by call, where its result lies
    first = -1
    has_begin = has_answer = has_words = skips = False
    is_plain = True
    stop = len(log)
    while stop > top:
        start = log.rfind(b"\n", top, stop - 1) + 1 or top
        line = log[start : stop - 1]
        stop = start
        if line.startswith(_TYPE_FIRST):
            kind = line[9 : line.find(b'"', 9, 60)]
            if kind in _NAMES:
                if kind not in names:
                    names.add(kind)
                    chosen[start] = line
                continue
            if not is_told(kind):
                continue
        if has_begin:
            if names:
                break
            continue
        role = line.find(_ROLE)
        if role < 0 or line.find(SIDECHAIN, 0, NEAR) >= 0:
            if not means_nothing(line):
                chosen[start] = line
                is_plain = is_plain and not skips
        elif line.startswith(b"assistant", role + 8):
            first = start
            at = line.find(_CALL, role)
            if at >= 0:
                is_wanted = not has_answer
                while at >= 0:
                    behind = line.find(b'"', at + 24)
                    result = ended.get(line[at + 24 : behind])
                    if result is None or not line.startswith(_NAME, behind):
                        is_wanted = True
                    elif line[behind + 10 : line.find(b'"', behind + 10)] in _TOLD_OF_AT_END:
                        is_wanted = True
                        chosen[result] = log[result : log.find(b"\n", result)]
                    at = line.find(_CALL, behind)
            else:
                is_text = line.find(_TEXT, role) >= 0
                is_end = has_answer and is_text and any(end in line for end in _ENDS)
                is_plain = is_plain and not (is_end and skips)
                is_wanted = is_end or not has_answer or (is_text and not has_words) or _ANY_CALL in line
                has_words = has_words or is_text
            has_answer = True
            if is_wanted:
                chosen[start] = line
            else:
                skips = True
        elif (at := line.find(_RESULT_OF, role)) >= 0:
            first = start
            skips = True
            ended[line[at + 15 : line.find(b'"', at + 15)]] = start
            more = line.find(_RESULT_OF, at + 15)
            if more >= 0:
                # Several results in one record; what the terminal was given besides may hold keys of its own.
                limit = line.find(_RESULT_IN_FULL, at)
                while more >= 0 and (limit < 0 or more < limit):
                    ended[line[more + 15 : line.find(b'"', more + 15)]] = start
                    more = line.find(_RESULT_OF, more + 15)
        elif line.find(ATTACHMENT, 0, NEAR) < 0:
            try:
                record = decode(line)
            except BAD_JSON:
                chosen[start] = line
                continue
            chosen[start] = record
            has_begin = begins_turn(record)
            if has_begin:
                first = start
            else:
                is_plain = is_plain and not skips
    if first >= 0 and first not in chosen:
        chosen[first] = log[first : log.find(b"\n", first)]  # from here on a turn ran that began before
    if not is_plain or (has_begin and log.find(_LAUNCHED, top, first) >= 0):
        # Something ended in the middle and went on, or a helper outlived its turn: nothing may be passed over.
        return Choice([*log[top:].split(b"\n")], has_begin, {})
    return Choice([chosen[start] for start in sorted(chosen)], has_begin, ended)
