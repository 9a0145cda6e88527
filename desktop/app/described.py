"""Agents that a person described in the settings, made into what every other agent is: a record.

Their logs lie anywhere; a pattern is looked up on the watching thread, and only where a process of theirs runs.
"""

import fnmatch
import glob
import hashlib
import os
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from itertools import islice

from desktop.domain.agent import Ability, Agent, LogHead, Means
from desktop.domain.ids import AgentKind
from desktop.domain.settings import DescribedAgent
from desktop.formats.described_log import BadDescription, DescribedLog, rules_of

# Of one pattern: years of logs in one folder are not looked through for the newest.
MOST_FILES = 2000
MOST_FOLDERS = 8
_BY_LOG = (Ability.KNOW_IT_WAITS, Ability.KNOW_WHAT_IT_ASKS)
_ONLY_LOG = "only its process and its log are known"


def agents_of(
    described: Iterable[DescribedAgent], known: Iterable[AgentKind]
) -> tuple[list[Agent], list[tuple[str, str]]]:
    """The records of *described*; beside them, by name, why some cannot be used. Kinds that are *known* are taken."""
    taken = set(known)
    made: list[Agent] = []
    refused: list[tuple[str, str]] = []
    for one in described:
        try:
            agent = agent_of(one)
            if agent.kind in taken:
                raise BadDescription(f"an agent called {agent.kind} is known already. Give it another name.")
        except BadDescription as why:
            refused.append((one.name, str(why)))
            continue
        taken.add(agent.kind)
        made.append(agent)
    return made, refused


def agent_of(described: DescribedAgent) -> Agent:
    """Make one record, or raise BadDescription with the reason and the remedy."""
    kind = re.sub(r"[^a-z0-9]+", "-", described.name.lower()).strip("-")[:40]
    if not kind:
        raise BadDescription("the name holds no letter or digit. Give it one.")
    programs = frozenset(os.path.basename(program) for program in described.executables if program.strip())
    if not programs:
        raise BadDescription("no program is named, so nothing tells when it runs. Name its executable.")
    patterns = [_pattern(log) for log in described.logs]
    rules = rules_of(described)
    if patterns and not rules.expressions:
        raise BadDescription("no expression says what its lines mean. Give at least one.")
    home = _common(patterns)

    def is_session_process(exe: str, argv: Sequence[str]) -> bool:
        # A script is run by its interpreter, and named by its first word.
        words = (exe, *argv[:2])
        return any(os.path.basename(word) in programs for word in words)

    def native_of(path: str) -> str:
        return _native(path) if any(_fits(path, pattern) for pattern in patterns) else ""

    def read_head(_head: bytes, path: str) -> LogHead | None:
        native = native_of(path)
        return LogHead(native, None) if native else None

    def paths_of(_home: str, native: str, _cwd: str) -> list[str]:
        return [path for path in _found(patterns) if _native(path) == native]

    return Agent(
        kind=AgentKind(kind),
        label=described.name.strip()[:40],
        executables=programs,
        default_home=home,
        transcript_paths=paths_of if patterns else None,
        open_transcript=(lambda session: DescribedLog(session, rules, _now)) if patterns else None,
        is_session_process=is_session_process,
        log_dirs=_folders_of(patterns) if patterns else None,
        log_names="*",
        read_log_head=read_head if patterns else None,
        native_of_open_file=native_of if patterns else None,
        means=(
            Means(Ability.SEE, "its process, and its log as it was described" if patterns else "its process"),
            *(Means(ability, "as its log was described") for ability in _BY_LOG if patterns),
            *(Means(ability, why_not=_ONLY_LOG) for ability in (Ability.ALLOW, Ability.DENY, Ability.ANSWER)),
        ),
    )


def _pattern(log: str) -> str:
    pattern = os.path.expanduser(log.strip())
    if not os.path.isabs(pattern):
        raise BadDescription(f"logs: {log!r} is not an absolute path. Begin it with / or ~.")
    fixed = _fixed_part(pattern)
    if not os.path.isdir(fixed):
        raise BadDescription(f"logs: the directory {fixed} does not exist. Start the tool once, or mend the path.")
    if fixed == os.sep or len([part for part in fixed.split(os.sep) if part]) < 2:
        raise BadDescription(f"logs: {log!r} would search through too much. Name more of the path.")
    return os.path.normpath(pattern)


def _fixed_part(pattern: str) -> str:
    """The directory above the first wildcard."""
    directory = os.path.dirname(pattern)
    while glob.has_magic(directory):
        directory = os.path.dirname(directory)
    return directory


def _common(patterns: Sequence[str]) -> str:
    return os.path.commonpath([_fixed_part(pattern) for pattern in patterns]) if patterns else ""


def _fits(path: str, pattern: str) -> bool:
    """Whether *path* is meant; a star stands for part of one name, two for any depth."""
    names, wanted = path.split(os.sep), pattern.split(os.sep)

    def rest_fits(at: int, of: int) -> bool:
        if of == len(wanted):
            return at == len(names)
        if wanted[of] == "**":
            return any(rest_fits(further, of + 1) for further in range(at, len(names) + 1))
        return at < len(names) and fnmatch.fnmatchcase(names[at], wanted[of]) and rest_fits(at + 1, of + 1)

    return wanted.count("**") <= 2 and rest_fits(0, 0)  # more would be slow, and nobody needs it


def _found(patterns: Sequence[str]) -> list[str]:
    return [path for pattern in patterns for path in islice(glob.iglob(pattern, recursive=True), MOST_FILES)]


def _folders_of(patterns: Sequence[str]) -> Callable[[str, str, datetime], Sequence[str]]:
    def folders(_home: str, _cwd: str, _now: datetime) -> Sequence[str]:
        found: dict[str, None] = {}
        for pattern in patterns:
            directory = os.path.dirname(pattern)
            places = islice(glob.iglob(directory + os.sep, recursive=True), MOST_FILES)
            newest = sorted((place.rstrip(os.sep) for place in places), key=_written_at, reverse=True)
            found |= dict.fromkeys(newest[:MOST_FOLDERS])
        return list(found)[:MOST_FOLDERS]

    return folders


def _written_at(directory: str) -> float:
    try:
        return os.stat(directory).st_mtime
    except OSError:
        return 0.0


def _native(path: str) -> str:
    """An id for a log, the same at every start: its name for people, and a part that tells namesakes apart."""
    stem = re.sub(r"[^A-Za-z0-9_-]+", "-", os.path.basename(path).partition(".")[0])[:60]
    return f"{stem}-{hashlib.sha256(os.fsencode(path)).hexdigest()[:8]}"


def _now() -> datetime:
    return datetime.now(UTC)
