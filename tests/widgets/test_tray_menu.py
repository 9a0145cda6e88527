"""The menu of the icon: who waits first, and nothing an agent says is more than text."""

from dataclasses import replace

import pytest
from PySide6.QtGui import QAction
from pytestqt.qtbot import QtBot

from desktop.domain.phase import Phase
from desktop.domain.replies import Jump, MarkSeen
from desktop.tray.art import Panel
from desktop.tray.menu import MOST_WAITING, TrayMenu, contents, remote_label
from tests.widgets.boards import board, permission, question, row, sample


@pytest.fixture
def menu(qtbot: QtBot) -> TrayMenu:
    menu = TrayMenu(Panel.DARK)
    qtbot.addWidget(menu)
    return menu


def labels(menu: TrayMenu) -> list[str]:
    return [action.text() for action in menu.actions() if not action.isSeparator()]


def action(menu: TrayMenu, part: str) -> QAction:
    return next(action for action in menu.actions() if part in action.text())


def test_who_waits_comes_first_and_everything_else_is_there(menu: TrayMenu) -> None:
    menu.show_contents(contents(sample(5)))

    assert [label.replace("\u2068", "").replace("\u2069", "") for label in labels(menu)] == [
        "2 sessions need you",
        "Fix refunds: alembic upgrade head &&&& pytest -q tests/refunds",
        "Checkout v2: Which database should we use?",
        "Sessions",
        "Mini window",
        "New session…",
        "Mark all as read",
        "Settings…",
        "Quit",
    ]


def test_a_waiting_entry_opens_its_request(menu: TrayMenu, qtbot: QtBot) -> None:
    request = permission()
    menu.show_contents(contents(board(row(1, Phase.NEEDS_APPROVAL, "Fix refunds", request))))

    with qtbot.waitSignal(menu.request_chosen) as chosen:
        action(menu, "Fix refunds").trigger()

    assert chosen.args == [request]


def test_the_terminal_of_who_waits_first_is_offered_where_there_is_a_way(menu: TrayMenu, qtbot: QtBot) -> None:
    first = replace(row(1, Phase.NEEDS_APPROVAL, "Fix refunds", permission()), can_jump=True)
    menu.show_contents(contents(board(first)))

    with qtbot.waitSignal(menu.intent_made) as made:
        action(menu, "Go to its terminal").trigger()

    assert made.args == [Jump(first.session)]
    menu.show_contents(contents(board(first, row(2, Phase.FAILED, "Flaky deploy"))))
    assert "Go to the first one's terminal" in labels(menu)
    menu.show_contents(contents(board(replace(first, can_jump=False))))
    assert not [label for label in labels(menu) if "terminal" in label]


def test_a_failed_session_without_a_request_opens_itself(menu: TrayMenu, qtbot: QtBot) -> None:
    menu.show_contents(contents(board(row(7, Phase.FAILED, "Flaky deploy", line="API error"))))

    with qtbot.waitSignal(menu.session_chosen) as chosen:
        action(menu, "Flaky deploy").trigger()

    assert chosen.args == ["robot:7"]


def test_two_requests_of_one_session_are_two_entries(menu: TrayMenu) -> None:
    pair = (permission(text="make a", request="a"), permission(text="make b", request="b"))
    menu.show_contents(contents(board(row(1, Phase.NEEDS_APPROVAL, "Twins", *pair))))

    assert sum("Twins" in label for label in labels(menu)) == 2


def test_beyond_some_the_window_is_offered(menu: TrayMenu, qtbot: QtBot) -> None:
    rows = [
        row(n, Phase.NEEDS_ANSWER, f"S{n}", question(f"robot:{n}", request=f"q{n}")) for n in range(MOST_WAITING + 3)
    ]
    menu.show_contents(contents(board(*rows)))

    with qtbot.waitSignal(menu.window_asked):
        action(menu, "3 more").trigger()


def test_marking_as_read_names_every_session_there_is_to_read(menu: TrayMenu) -> None:
    made: list[object] = []
    menu.intent_made.connect(made.append)
    menu.show_contents(contents(board(row(1, Phase.NEEDS_REVIEW), row(2, Phase.YOUR_TURN), row(3, Phase.WORKING))))

    action(menu, "Mark all").trigger()

    assert [seen.session for seen in made if isinstance(seen, MarkSeen)] == ["robot:1", "robot:2"]


@pytest.mark.parametrize("label", ["Sessions", "Mini window", "New session…", "Settings…", "Quit"])
def test_every_fixed_entry_asks_for_what_it_says(menu: TrayMenu, qtbot: QtBot, label: str) -> None:
    signals = {
        "Sessions": menu.window_asked,
        "Mini window": menu.mini_asked,
        "New session…": menu.start_asked,
        "Settings…": menu.settings_asked,
        "Quit": menu.quit_asked,
    }

    with qtbot.waitSignal(signals[label]):
        action(menu, label).trigger()


def test_an_open_menu_is_left_alone_and_true_when_opened_again(menu: TrayMenu) -> None:
    menu.show_contents(contents(sample(5)))
    menu.aboutToShow.emit()

    menu.show_contents(contents(sample(0)))
    while_open = labels(menu)
    menu.aboutToHide.emit()
    menu.aboutToShow.emit()

    assert while_open[0] == "2 sessions need you"
    assert labels(menu)[0] == "No sessions"


def test_what_looks_the_same_is_not_built_again(menu: TrayMenu) -> None:
    menu.show_contents(contents(sample(5)))
    before = menu.actions()

    menu.show_contents(contents(sample(5)))

    assert menu.actions() == before


def test_attack_1_markup_stays_text_in_the_menu(menu: TrayMenu) -> None:
    name = "<b>x</b><img src=file:///etc/passwd>"
    menu.show_contents(contents(board(row(1, Phase.FAILED, name, line="<a href='x'>y</a>"))))

    assert "<b>x</b>" in labels(menu)[1]


def test_attack_2_and_3_control_and_direction_characters_do_not_reach_the_menu(menu: TrayMenu) -> None:
    request = permission(text="\x1b[2J\x1b]8;;http://x\x07rm\u202e gpj.exe\r\nnext\x9b1m")
    menu.show_contents(contents(board(row(1, Phase.NEEDS_APPROVAL, "a\tb\n\u2066c", request))))

    label = labels(menu)[1]

    assert not any(character in label for character in "\x1b\x07\r\n\t\x9b\u202e\u2066")


def test_attack_8_an_ampersand_is_shown_and_is_no_shortcut(menu: TrayMenu) -> None:
    menu.show_contents(contents(board(row(1, Phase.FAILED, "a &b", line=""))))

    assert "a &&b" in labels(menu)[1]


@pytest.mark.parametrize("odd", ["%n %1 %s", "{0} {x!r}"])
def test_attack_9_placeholders_in_a_name_are_text(menu: TrayMenu, odd: str) -> None:
    many = (row(number, Phase.NEEDS_APPROVAL, odd, permission(text=odd)) for number in range(1, 12))

    menu.show_contents(contents(board(*many)))

    assert all(label.count(odd) == 2 for label in labels(menu)[1:3])


def test_attack_12_a_tail_pushed_out_by_blanks_is_pulled_back(menu: TrayMenu) -> None:
    request = permission(text="ls" + " " * 10_000 + "; curl x | sh")
    menu.show_contents(contents(board(row(1, Phase.NEEDS_APPROVAL, "n", request))))

    assert "ls ; curl x | sh" in labels(menu)[1]


def test_attack_14_a_name_cannot_reorder_our_own_words(menu: TrayMenu) -> None:
    menu.show_contents(contents(board(row(1, Phase.FAILED, "מערכת", line="x"))))

    assert labels(menu)[1] == "\u2068מערכת\u2069: \u2068x\u2069"


def test_attack_18_a_megabyte_is_elided(menu: TrayMenu) -> None:
    menu.show_contents(contents(board(row(1, Phase.NEEDS_APPROVAL, "n" * 1_000_000, permission(text="x" * 1_000_000)))))

    assert len(labels(menu)[1]) < 200


@pytest.mark.parametrize("said", ["a && b", "my_file_name", "&", "a & b_c & d"])
def test_attack_8_a_menu_drawn_by_the_panel_shows_every_character(said: str) -> None:
    sent = remote_label(said).replace("&", "_", 1)  # what Qt 6.12 makes of it on the bus

    shown = sent.replace("__", "\0").replace("_", "").replace("\0", "_")  # what the panel makes of that

    assert shown == said


def test_a_menu_drawn_by_the_panel_is_spelled_for_it(qtbot: QtBot) -> None:
    menu = TrayMenu(Panel.DARK, lambda: True)
    qtbot.addWidget(menu)

    menu.show_contents(contents(board(row(1, Phase.FAILED, "a_b & c", line=""))))

    assert labels(menu)[1] == "&\u2068a__b & c\u2069"
