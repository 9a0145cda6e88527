"""A real GNU screen: which window is the session's, whatever its number."""

from collections.abc import Callable

import pytest

from desktop.channels import terminal
from desktop.channels.gnu_screen import ScreenWindow
from desktop.channels.refusal import Refused
from tests.fakes.hook_agent import until
from tests.machine.channels.conftest import AGENT, Screen, Viewer, needs

pytestmark = needs("screen")
Attach = Callable[[list[str], dict[str, str]], Viewer]


def target_of(pane: object) -> tuple[str, ...] | None:
    assert isinstance(pane, ScreenWindow)
    pane.check()
    return pane._target


def attached(stage: Screen, viewer: Attach) -> Viewer:
    looks = viewer(["screen", "-x", stage.session], stage.env)
    until(lambda: b"-----" in looks.shown)
    return looks


def test_windows_are_told_apart(gnu_screen: Screen) -> None:
    first, second = gnu_screen.start(), gnu_screen.start()

    assert (target_of(first), target_of(second)) == (("-p", "0"), ("-p", "1"))


def test_attack_a_window_that_was_given_another_number_is_found_under_it(gnu_screen: Screen) -> None:
    first, second = gnu_screen.start(), gnu_screen.start()
    gnu_screen.run("-p", "0", "-X", "number", "1")  # they trade places; their environment does not know

    terminal.send_prompt(first, "to the first", AGENT)

    assert target_of(first) == ("-p", "1")
    until(gnu_screen.sent)
    assert (gnu_screen.sent(0), gnu_screen.sent(1)) == (["to the first"], [])
    assert target_of(second) == ("-p", "0")


def test_a_title_that_looks_like_a_window_leads_nobody_astray(gnu_screen: Screen) -> None:
    gnu_screen.start()
    second = gnu_screen.start()
    gnu_screen.run("-p", "0", "-X", "title", "x  1 y  7 z")

    assert target_of(second) == ("-p", "1")


def test_a_faint_hint_cannot_be_told_from_typed_text_and_so_nothing_is_typed(gnu_screen: Screen) -> None:
    pane = gnu_screen.start("hinting")

    with pytest.raises(Refused, match="a text or a hint"):
        terminal.send_prompt(pane, "hello", AGENT)

    assert gnu_screen.sent() == []


def test_attack_57_a_window_in_copy_mode_gets_nothing(gnu_screen: Screen, viewer: Attach) -> None:
    pane = gnu_screen.start()
    looks = attached(gnu_screen, viewer)
    looks.type(b"\x01[")
    until(lambda: b"Copy mode" in looks.shown)

    with pytest.raises(Refused, match="did not appear"):
        terminal.send_prompt(pane, "hello\nq", AGENT)

    assert gnu_screen.sent() == []


def test_an_only_window_is_not_asked_for_and_whoever_looks_sees_nothing_of_it(
    gnu_screen: Screen, viewer: Attach
) -> None:
    pane = gnu_screen.start()
    looks = attached(gnu_screen, viewer)
    gnu_screen.run("-p", "0", "-X", "number", "7")
    shown = len(looks.shown)

    terminal.send_prompt(pane, "hello", AGENT)

    until(gnu_screen.sent)
    assert target_of(pane) == ()
    assert b"agent-tray" not in looks.shown[shown:]


def test_a_window_among_several_is_typed_to_while_somebody_looks(gnu_screen: Screen, viewer: Attach) -> None:
    first, _ = gnu_screen.start(), gnu_screen.start()
    attached(gnu_screen, viewer)

    terminal.send_prompt(first, "hello", AGENT)

    until(gnu_screen.sent)
    assert (gnu_screen.sent(0), gnu_screen.sent(1)) == (["hello"], [])


def test_a_register_does_not_keep_what_was_pasted(gnu_screen: Screen) -> None:
    pane = gnu_screen.start()
    terminal.send_prompt(pane, "hello", AGENT)
    until(gnu_screen.sent)

    gnu_screen.run("-p", "0", "-X", "paste", "_")
    gnu_screen.run("-p", "0", "-X", "stuff", "\\015")

    until(lambda: len(gnu_screen.sent()) > 1)
    assert gnu_screen.sent() == ["hello", ""]


def test_a_jump_shows_the_window_to_whoever_looks(gnu_screen: Screen, viewer: Attach) -> None:
    gnu_screen.start()
    gnu_screen.start()
    first = terminal.find(gnu_screen.pid_of(gnu_screen.logs[0]))
    looks = attached(gnu_screen, viewer)

    reached = first.bring_forward()

    until(lambda: gnu_screen.run("-Q", "number").startswith("0"))
    assert reached.what == "its screen window"
    assert first.viewers() == (looks.pid,)


def test_a_session_that_nobody_looks_at_has_no_viewer(gnu_screen: Screen) -> None:
    assert gnu_screen.start().viewers() == ()
