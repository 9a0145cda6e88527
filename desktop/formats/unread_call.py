"""A tool call of which only the head was read: what it asks is worked out when the agent waits for it, mostly never."""

import hashlib
from datetime import datetime

from desktop.domain.ids import RequestId, SessionId
from desktop.domain.requests import Request
from desktop.domain.session import ToolCall
from desktop.formats import text, tool_calls
from desktop.formats.foreign_json import parse_object

_WHY_NOT = "Answer in its own terminal; once its hook is connected, the next request can be answered here."


class UnreadCall(ToolCall):
    """Equal to another one of the same bytes; never changes, though it reads them only once they are asked for."""

    __slots__ = ("_raw", "_read", "_session")

    _session: SessionId
    _raw: bytes
    _read: Request | None

    def __init__(self, session: SessionId, call: str, tool: str, raw: bytes, at: datetime) -> None:
        put = object.__setattr__  # what the record of a frozen class does itself
        put(self, "id", call)
        put(self, "tool", tool)
        put(self, "at", at)
        put(self, "hint", "")
        put(self, "_session", session)
        put(self, "_raw", raw)
        put(self, "_read", None)

    @property
    def draft(self) -> Request:
        """The request it would be."""
        if self._read is None:
            object.__setattr__(self, "_read", self._read_through())
        assert self._read is not None
        return self._read

    @property
    def call_key(self) -> str:
        """Equal for the same call, whoever tells of it."""
        return self.draft.call_key

    def _read_through(self) -> Request:
        given = parse_object(self._raw)
        if given is None:
            given = {"input": text.decode(self._raw)}  # no input of any tool, and shown all the same
        key = tool_calls.call_key(self.tool, given)
        use = tool_calls.describe(self.tool, given)
        return Request(
            id=_request_id(self._session, self.id),
            session=self._session,
            kind=use.kind,
            opened_at=self.at,
            tool=self.tool,
            text=use.text,
            summary=use.summary,
            questions=use.questions,
            writes=(path,) if (path := tool_calls.written_path(self.tool, given)) else (),
            digest=hashlib.sha256(key.encode()).hexdigest(),
            call_key=key,
            why_not=_WHY_NOT,
        )


def _request_id(session: SessionId, call: str) -> RequestId:
    return RequestId("call-" + hashlib.sha256(f"{session}\0{call}".encode("utf-8", "replace")).hexdigest()[:32])
