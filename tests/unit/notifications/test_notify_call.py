"""A notice as the specification wants it said."""

import pytest

from desktop.domain.notices import Act, Button
from desktop.notifications.notify_call import DEFAULT, INLINE_REPLY, Server, notify_call
from tests.fakes.notices import decision

PLAIN = Server("fake", "1", frozenset({"actions"}))
PLASMA = Server("Plasma", "5", frozenset({"actions", "inline-reply", "body-markup", "sound"}))


def test_no_two_notifications_share_a_key_that_decides() -> None:
    keys = [key for _ in range(50) for key in notify_call(decision(), PLAIN, 0).button_by_key if key != DEFAULT]

    assert len(set(keys)) == len(keys) == 150


def test_what_is_too_much_is_left_out_from_the_end_but_never_the_plain_click() -> None:
    buttons = tuple(Button(Act.CHOOSE, f"Option {number}", number) for number in range(6))

    call = notify_call(decision(buttons=buttons), PLAIN, 0)

    assert [button.choice for button in call.button_by_key.values()] == [0, 1, 2, -1]
    assert call.button_by_key[DEFAULT].act is Act.OPEN


def test_an_open_button_of_the_notice_names_the_plain_click_and_is_not_drawn_twice() -> None:
    call = notify_call(decision(buttons=(Button(Act.OPEN, "Show"), Button(Act.DENY, "Deny"))), PLAIN, 0)

    assert call.body[5][-2:] == [DEFAULT, "Show"]
    assert len(call.button_by_key) == 2


def test_a_server_without_actions_gets_none() -> None:
    call = notify_call(decision(), Server("bare"), 7)

    assert call.body[5] == []
    assert call.body[1] == 7
    assert call.button_by_key == {}


def test_inline_reply_takes_the_place_of_the_reply_button_where_there_is_one() -> None:
    reply = (Button(Act.REPLY, "Reply…"),)

    assert INLINE_REPLY in notify_call(decision(buttons=reply), PLASMA, 0).button_by_key
    assert INLINE_REPLY not in notify_call(decision(buttons=reply), PLAIN, 0).button_by_key
    assert INLINE_REPLY not in notify_call(decision(), PLASMA, 0).button_by_key


@pytest.mark.parametrize("attack", ["<b>x</b>", '<img src="file:///etc/passwd"/>', "<a href='http://x'>y</a>", "a&b"])
def test_attack_1_markup_is_text(attack: str) -> None:
    escaped = attack.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

    call = notify_call(decision(attack, title=attack), PLASMA, 0)

    assert call.body[4] == escaped
    assert call.body[3] == attack  # a title is never markup


def test_attack_7_what_would_cut_our_connection_is_left_out() -> None:
    call = notify_call(decision("a\0b\ud800c", title="t\0"), PLAIN, 0)

    assert (call.body[3], call.body[4]) == ("t", "ab?c")


def test_a_label_stays_on_one_short_line() -> None:
    call = notify_call(decision(buttons=(Button(Act.CHOOSE, "first\nsecond " + "x" * 100, 0),)), PLAIN, 0)

    label = call.body[5][1]
    assert label.startswith("first second")
    assert len(label) <= 40
