"""opencode's own database: which conversations there are, and where one stands. It says nothing of what is asked."""

from collections.abc import Sequence
from datetime import datetime

from desktop.agents.opencode_asks import KIND, from_ms
from desktop.domain.agent import AgentDatabase, Row, StoredSession
from desktop.domain.events import (
    ActivitySeen,
    Event,
    FilesChanged,
    SessionDescribed,
    ToolCallEnded,
    ToolCallStarted,
    TurnFinished,
    TurnStarted,
)
from desktop.domain.ids import SessionId, session_id
from desktop.domain.session import Ending, NameSource, ToolCall
from desktop.formats import text

_SESSIONS = """
SELECT id, parent_id, directory, title, version, time_created, time_updated FROM session
WHERE time_updated >= :since AND time_archived IS NULL AND parent_id IS NULL
ORDER BY time_updated DESC LIMIT :limit
"""

# The latest messages, and what the latest few of them consist of; texts and tool inputs cut to what is shown.
_RECORDS = """
WITH latest AS (
    SELECT id, time_created, CASE WHEN json_valid(data) THEN data ELSE '{}' END AS data FROM message
    WHERE session_id = :session ORDER BY time_created DESC, id DESC LIMIT :limit / 2
), parts AS (
    SELECT id, message_id, time_created, CASE WHEN json_valid(data) THEN data ELSE '{}' END AS data FROM part
    WHERE message_id IN (SELECT id FROM latest LIMIT 4) ORDER BY id DESC LIMIT :limit / 2
)
SELECT id, id AS message, time_created AS at, data ->> '$.role' AS what, data ->> '$.time.completed' AS ended,
    data ->> '$.finish' AS state, substr(data ->> '$.error.data.message', 1, 500) AS words,
    data ->> '$.error.name' AS name, data ->> '$.modelID' AS target, NULL AS is_ours
FROM latest
UNION ALL
SELECT id, message_id, time_created, data ->> '$.type', data ->> '$.state.time.end', data ->> '$.state.status',
    substr(coalesce(data ->> '$.text', data ->> '$.state.error', data ->> '$.state.input.command',
        data ->> '$.state.input.pattern', data ->> '$.state.input.url', ''), 1, 2000),
    data ->> '$.tool', substr(data ->> '$.state.input.filePath', 1, 4096), data ->> '$.synthetic'
FROM parts
"""

_GOES_ON = "tool-calls"
_ABORTED = "MessageAbortedError"
# Refused without words, which ends the turn; with words it goes on.
_REFUSED = "The user rejected permission to use this specific tool call."
_DISMISSED = "The user dismissed this question"
_WRITES = frozenset({"edit", "write", "multiedit", "patch", "apply_patch"})


def read_session(row: Row) -> StoredSession | None:
    """One conversation of the list."""
    native, cwd = row.get("id"), row.get("directory")
    started_at, changed_at = from_ms(row.get("time_created")), from_ms(row.get("time_updated"))
    if not isinstance(native, str) or not isinstance(cwd, str) or started_at is None or changed_at is None:
        return None
    title, version = row.get("title"), row.get("version")
    name = text.one_line(title) if isinstance(title, str) and not title.startswith("New session - ") else ""
    described = SessionDescribed(
        session_id(KIND, native),
        KIND,
        changed_at,
        cwd=cwd,
        version=version if isinstance(version, str) else None,
        started_at=started_at,
        name=(NameSource.TITLE, name) if name else None,
    )
    return StoredSession(native, cwd, started_at, changed_at, (described,))


def read_records(session: SessionId, rows: Sequence[Row]) -> list[Event]:
    """Where the last turn stands."""
    records = [(at, row) for row in rows if (at := from_ms(row.get("at"))) is not None]
    records.sort(key=lambda item: (item[0], str(item[1].get("id"))))
    prompts = [(at, row) for at, row in records if row.get("what") == "user"]
    if not prompts:
        return []
    started_at, prompt = prompts[-1]
    turn = [(at, row) for at, row in records if at >= started_at]
    events: list[Event] = [TurnStarted(session, started_at, _prompt(turn, prompt.get("id")))]
    for at, row in turn:
        if row.get("what") == "tool":
            events += _tool(session, at, row)
    said = [(at, row) for at, row in turn if row.get("what") == "assistant"]
    return [*events, *_end(session, turn, *said[-1])] if said else events


def _prompt(turn: Sequence[tuple[datetime, Row]], message: object) -> str:
    mine = [row for _, row in turn if row.get("what") == "text" and row.get("message") == message]
    return text.one_line(_text(mine[0], "words")) if mine and not mine[0].get("is_ours") else ""


def _tool(session: SessionId, at: datetime, row: Row) -> list[Event]:
    call, tool, state = str(row.get("id")), text.one_line(_text(row, "name"), 60), row.get("state")
    target = _text(row, "target")
    ended_at = from_ms(row.get("ended"))
    if state in ("completed", "error"):
        changed = state == "completed" and tool in _WRITES and target
        files = [FilesChanged(session, ended_at or at, (target,))] if changed else []
        return [*files, ToolCallEnded(session, call, ended_at or at)]
    doing = text.one_line(f"{tool} {target or _text(row, 'words')}")
    return [ToolCallStarted(session, ToolCall(call, tool, "", at)), ActivitySeen(session, at, doing)]


def _end(session: SessionId, turn: Sequence[tuple[datetime, Row]], at: datetime, last: Row) -> list[Event]:
    ended_at = from_ms(last.get("ended"))
    if ended_at is None:
        return [ActivitySeen(session, at)]
    error = _text(last, "name")
    mine = [row for _, row in turn if row.get("message") == last.get("id") and row.get("id") != last.get("id")]
    if error:
        ending = Ending.INTERRUPTED if error == _ABORTED else Ending.FAILED
        why = text.one_line(_text(last, "words") or error) if ending is Ending.FAILED else ""
        return [TurnFinished(session, ended_at, ending, why)]
    if last.get("state") == _GOES_ON:
        tools = [row for row in mine if row.get("what") == "tool"]
        is_refused = bool(tools) and _text(tools[-1], "words").startswith((_REFUSED, _DISMISSED))
        ends = is_refused and "feedback" not in _text(tools[-1], "words")
        return [TurnFinished(session, ended_at, Ending.INTERRUPTED)] if ends else [ActivitySeen(session, ended_at)]
    words = [_text(row, "words") for row in mine if row.get("what") == "text"]
    return [TurnFinished(session, ended_at, last_words=text.clean(words[-1]) if words else "")]


def _text(row: Row, key: str) -> str:
    value = row.get(key)
    return value if isinstance(value, str) else ""


DATABASE = AgentDatabase(
    places=("$XDG_DATA_HOME/opencode/opencode.db", "~/.local/share/opencode/opencode.db"),
    sessions=_SESSIONS,
    records=_RECORDS,
    read_session=read_session,
    read_records=read_records,
)
