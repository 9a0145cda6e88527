"""goose's own database: which conversations there are, and where one stands.

A call is written down once it was allowed or denied, an interrupted turn not at all: what waits and what was broken off
is not in it.
"""

from collections.abc import Sequence
from datetime import datetime

from desktop.domain.agent import AgentDatabase, Row, StoredSession
from desktop.domain.events import (
    ActivitySeen,
    Event,
    EvidenceGiven,
    FilesChanged,
    SessionDescribed,
    ToolCallEnded,
    ToolCallStarted,
    TurnFinished,
    TurnStarted,
)
from desktop.domain.ids import AgentKind, SessionId, session_id
from desktop.domain.session import Claim, Evidence, NameSource, Source, ToolCall
from desktop.formats import text
from desktop.formats.stamps import from_seconds

KIND = AgentKind("goose")

_SESSIONS = """
SELECT id, name, working_dir AS cwd, CAST(strftime('%s', created_at) AS INTEGER) AS began,
    CAST(strftime('%s', updated_at) AS INTEGER) AS changed,
    CASE WHEN json_valid(model_config_json) THEN model_config_json ->> '$.model_name' END AS model,
    EXISTS (SELECT 1 FROM messages WHERE messages.session_id = sessions.id) AS is_begun
FROM sessions
WHERE session_type = 'user' AND archived_at IS NULL AND parent_session_id IS NULL
    AND CAST(strftime('%s', updated_at) AS INTEGER) * 1000 >= :since - 1000
ORDER BY updated_at DESC LIMIT :limit
"""

# The latest messages in their parts; texts cut to what is shown.
_RECORDS = """
WITH latest AS (
    SELECT id, role, created_timestamp, CASE WHEN json_valid(content_json) THEN content_json ELSE '[]' END AS content,
        CASE WHEN json_valid(metadata_json) THEN metadata_json ->> '$.userVisible' ELSE 1 END AS is_shown
    FROM messages WHERE session_id = :session ORDER BY id DESC LIMIT :limit / 2
)
SELECT latest.id AS id, part.key AS part, role, created_timestamp AS at, is_shown, part.value ->> '$.type' AS what,
    substr(part.value ->> '$.text', 1, 2000) AS words, part.value ->> '$.id' AS call,
    part.value ->> '$.toolCall.value.name' AS tool,
    substr(part.value ->> '$.toolCall.value.arguments.path', 1, 4096) AS path,
    substr(part.value ->> '$.toolCall.value.arguments.command', 1, 2000) AS command,
    coalesce(part.value ->> '$.toolResult.value.isError', part.value ->> '$.toolResult.status' = 'error') AS is_error
FROM latest, json_each(latest.content) AS part WHERE part.type = 'object'
ORDER BY latest.id DESC, part.key DESC LIMIT :limit
"""

_WRITES = frozenset({"write", "edit"})
_UNNAMED = "CLI Session"


def read_session(row: Row) -> StoredSession | None:
    """One conversation of the list."""
    native, cwd = row.get("id"), row.get("cwd")
    began, changed = from_seconds(row.get("began")), from_seconds(row.get("changed"))
    if not isinstance(native, str) or not isinstance(cwd, str) or began is None or changed is None:
        return None
    name = text.one_line(_text(row, "name"))
    described = SessionDescribed(
        session_id(KIND, native),
        KIND,
        changed,
        cwd=cwd,
        model=text.one_line(_text(row, "model"), 60) or None,
        started_at=began,
        name=(NameSource.TITLE, name) if name and name != _UNNAMED else None,
    )
    if row.get("is_begun"):
        return StoredSession(native, cwd, began, changed, (described,))
    resting = Evidence(Source.TRANSCRIPT, Claim.RESTING, changed, "no prompt was given yet")
    return StoredSession(native, cwd, began, changed, (described, EvidenceGiven(described.session, resting)))


def read_records(session: SessionId, rows: Sequence[Row]) -> list[Event]:
    """Where the last turn stands."""
    records = [(at, row) for row in reversed(rows) if (at := from_seconds(row.get("at"))) is not None]
    prompts = [index for index, (_, row) in enumerate(records) if _is_prompt(row)]
    if not prompts:
        return []
    turn = records[prompts[-1] :]
    events: list[Event] = [TurnStarted(session, turn[0][0], text.one_line(_text(turn[0][1], "words")))]
    paths: dict[str, str] = {}
    for at, row in turn:
        events += _call(session, at, row, paths)
    at, last = turn[-1]
    if last.get("role") == "assistant" and last.get("what") == "text":
        events.append(TurnFinished(session, at, last_words=text.clean(_text(last, "words"))))
    return events


def _is_prompt(row: Row) -> bool:
    return row.get("role") == "user" and row.get("what") == "text" and bool(row.get("is_shown"))


def _call(session: SessionId, at: datetime, row: Row, paths: dict[str, str]) -> list[Event]:
    call = _text(row, "call")
    match row.get("what"):
        case "toolRequest" if call:
            tool, path = text.one_line(_text(row, "tool"), 60), _text(row, "path")
            paths[call] = path if tool in _WRITES else ""
            doing = text.one_line(f"{tool} {path or _text(row, 'command')}")
            return [ToolCallStarted(session, ToolCall(call, tool, "", at)), ActivitySeen(session, at, doing)]
        case "toolResponse" if call:
            path = paths.get(call, "")
            files = [FilesChanged(session, at, (path,))] if path and not row.get("is_error") else []
            return [*files, ToolCallEnded(session, call, at)]
        case _:
            return []


def _text(row: Row, key: str) -> str:
    value = row.get(key)
    return value if isinstance(value, str) else ""


DATABASE = AgentDatabase(
    places=(
        "$GOOSE_PATH_ROOT/data/sessions/sessions.db",
        "$XDG_DATA_HOME/goose/sessions/sessions.db",
        "~/.local/share/goose/sessions/sessions.db",
    ),
    sessions=_SESSIONS,
    records=_RECORDS,
    read_session=read_session,
    read_records=read_records,
)
