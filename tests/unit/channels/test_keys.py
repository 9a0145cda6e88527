import pytest

from desktop.channels import keys
from desktop.channels.refusal import Refused


def test_keys_are_what_a_terminal_sends_for_them() -> None:
    assert keys.sent_for(["Escape", "C-c", "C-z", "q", "Enter"]) == b"\x1b\x03\x1aq\r"


@pytest.mark.parametrize("name", ["", "Escap", "C-C", "C-", "F1", "é", "\x1b"])
def test_a_key_nobody_knows_is_not_pressed(name: str) -> None:
    with pytest.raises(Refused, match="how to press"):
        keys.sent_for([name])


def test_a_paste_has_its_brackets() -> None:
    assert keys.in_brackets("one\ntwo") == b"\x1b[200~one\ntwo\x1b[201~"
