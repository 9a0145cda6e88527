"""A call that is read only when somebody asks."""

from datetime import UTC, datetime

import pytest

from desktop.domain.ids import SessionId
from desktop.formats import tool_calls
from desktop.formats.unread_call import UnreadCall

S = SessionId("some-agent:abc")
AT = datetime(2026, 1, 2, tzinfo=UTC)


def call(raw: bytes = b'{"command":"ls"}', number: str = "t1") -> UnreadCall:
    return UnreadCall(S, number, "Bash", raw, AT)


def test_what_it_asks_is_worked_out_when_asked_for() -> None:
    one = call()

    assert (one.id, one.tool, one.at) == ("t1", "Bash", AT)
    assert one.draft.text == "ls"
    assert one.call_key == one.draft.call_key == tool_calls.call_key("Bash", {"command": "ls"})
    assert one.draft is one.draft


def test_calls_are_equal_when_all_they_say_is() -> None:
    assert call() == call()
    assert hash(call()) == hash(call())
    assert call() != call(b'{"command":"rm"}')
    assert call() != call(number="t2")


def test_what_is_no_input_is_shown_as_it_came() -> None:
    assert "rm" in call(b'["rm"]').draft.text


def test_it_never_changes() -> None:
    with pytest.raises(AttributeError):
        call().tool = "Write"  # type: ignore[misc]


def test_it_names_the_file_it_would_write() -> None:
    raw = b'{"file_path":"/p/a.py","old_string":"a","new_string":"b"}'

    assert UnreadCall(S, "t1", "Edit", raw, AT).draft.writes == ("/p/a.py",)
    assert call().draft.writes == ()
