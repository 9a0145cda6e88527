"""The mini window: small, pinned, and never in the way."""

from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from desktop.domain.board import Board
from desktop.domain.phase import Phase
from desktop.domain.replies import Answer, Deny, OpenRequest
from desktop.domain.requests import Reach
from desktop.domain.settings import ColourScheme
from desktop.windows.mini_card import GUARD_MS, MiniCard
from desktop.windows.mini_place import MiniPlace, MiniSize
from desktop.windows.mini_window import MiniWindow
from desktop.windows.theme import Theme
from tests.widgets.boards import NOW, Clock, board, permission, question, row, sample


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def window(qtbot: QtBot, clock: Clock) -> MiniWindow:
    window = MiniWindow(Theme(ColourScheme.LIGHT), MiniPlace(size=MiniSize.CARD), clock)
    qtbot.addWidget(window)
    return window


@pytest.fixture
def made(window: MiniWindow) -> list[object]:
    intents: list[object] = []
    window.intent_made.connect(intents.append)
    return intents


def one(request_text: str = "make", session: int = 1, request: str = "r1", **more: object) -> Board:
    asked = permission(f"robot:{session}", request_text, request=request)
    return board(row(session, Phase.NEEDS_APPROVAL, "Fix refunds", asked))


def texts(window: MiniWindow) -> list[str]:
    return [label.text() for label in window.findChildren(QLabel) if label.text() and label.isVisibleTo(window)]


def button(window: MiniWindow, label: str) -> QPushButton:
    found = [b for b in window.findChildren(QPushButton) if label in b.text() and b.isVisibleTo(window)]
    assert found, f"no button {label!r} among {[b.text() for b in window.findChildren(QPushButton)]}"
    return found[-1]


def card(window: MiniWindow) -> MiniCard:
    return window.findChildren(MiniCard)[-1]


def shown(qtbot: QtBot, window: MiniWindow, board: Board) -> None:
    window.show_board(board, NOW)
    window.show()


def click(qtbot: QtBot, window: MiniWindow, label: str) -> None:
    """Click as a person does: once the button takes it, with a pointer that moves there."""
    pressed = button(window, label)
    qtbot.waitUntil(pressed.isEnabled)
    QTest.mouseMove(pressed, pressed.rect().center() - QPoint(3, 0))
    QTest.mouseMove(pressed, pressed.rect().center())
    qtbot.mouseClick(pressed, Qt.MouseButton.LeftButton)


def test_the_window_is_on_top_and_asks_for_no_focus(window: MiniWindow) -> None:
    flags = window.windowFlags()

    assert flags & Qt.WindowType.WindowStaysOnTopHint
    assert flags & Qt.WindowType.FramelessWindowHint
    assert flags & Qt.WindowType.WindowDoesNotAcceptFocus
    assert window.testAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
    assert window.testAttribute(Qt.WidgetAttribute.WA_MacAlwaysShowToolWindow)


def test_the_pill_counts_with_one_red_number(window: MiniWindow) -> None:
    window.set_size(MiniSize.PILL)
    window.show_board(sample(5), NOW)

    assert [text for text in texts(window) if text.isdigit()] == ["2", "1", "2"]


def test_the_line_tells_the_oldest_wait_and_how_many_more(window: MiniWindow) -> None:
    window.set_size(MiniSize.LINE)
    window.show_board(sample(5), NOW)

    assert texts(window) == ["Fix refunds", "and 1 more", "4 min"]


def test_the_line_says_so_when_nothing_waits(window: MiniWindow) -> None:
    window.show_board(board(row(1, Phase.WORKING)), NOW)

    assert texts(window) == ["Nothing needs you", "1 working"]


def test_the_card_shows_what_is_asked_and_denies_with_the_digest_shown(
    window: MiniWindow, made: list[object], qtbot: QtBot
) -> None:
    shown(qtbot, window, one("rm -r build"))

    click(qtbot, window, "Deny")

    assert "rm -r build" in texts(window)
    assert made == [Deny("robot:1", "r1", "digest of r1")]


def test_nothing_in_the_card_allows(window: MiniWindow, qtbot: QtBot) -> None:
    shown(qtbot, window, one())

    visible = [b.text() for b in window.findChildren(QPushButton) if b.isVisibleTo(window)]

    assert visible == ["Review…", "Deny"]


def test_review_opens_the_very_request(window: MiniWindow, qtbot: QtBot) -> None:
    shown(qtbot, window, one())

    with qtbot.waitSignal(window.request_chosen) as chosen:
        click(qtbot, window, "Review")

    assert chosen.args[0].id == "r1"


def test_the_options_of_a_short_question_are_buttons(window: MiniWindow, made: list[object], qtbot: QtBot) -> None:
    shown(qtbot, window, board(row(2, Phase.NEEDS_ANSWER, "Checkout", question())))

    click(qtbot, window, "SQLite")

    assert made == [Answer("robot:2", "q1", "digest of q1", (("SQLite",),))]


@pytest.mark.parametrize(
    "labels", [("a" * 40, "b"), ("a", "b", "c", "d"), ("аpt", "b"), ("w" * 18, "m" * 18), ("a\u202eb", "c")]
)
def test_options_that_do_not_fit_or_are_not_what_they_seem_are_reviewed(
    window: MiniWindow, qtbot: QtBot, labels: tuple[str, ...]
) -> None:
    shown(qtbot, window, board(row(2, Phase.NEEDS_ANSWER, "n", question("robot:2", *labels))))

    visible = [b.text() for b in window.findChildren(QPushButton) if b.isVisibleTo(window)]

    assert visible == ["Review…", "Reply…"]


def test_a_typed_reply_answers_and_focus_is_asked_for_only_meanwhile(
    window: MiniWindow, made: list[object], qtbot: QtBot
) -> None:
    shown(qtbot, window, board(row(2, Phase.NEEDS_ANSWER, "n", question())))
    click(qtbot, window, "Reply")
    while_open = window.windowFlags() & Qt.WindowType.WindowDoesNotAcceptFocus

    field = window.findChildren(QLineEdit)[-1]
    qtbot.keyClicks(field, "use both")
    qtbot.keyClick(field, Qt.Key.Key_Return)

    assert not while_open
    assert window.windowFlags() & Qt.WindowType.WindowDoesNotAcceptFocus
    assert made == [
        OpenRequest("q1"),
        Answer("robot:2", "q1", "digest of q1", (("use both",),)),
        OpenRequest(None),
    ]


def test_what_is_being_typed_survives_new_boards_and_is_not_sent_to_what_is_gone(
    window: MiniWindow, made: list[object], qtbot: QtBot
) -> None:
    shown(qtbot, window, board(row(2, Phase.NEEDS_ANSWER, "n", question())))
    click(qtbot, window, "Reply")
    field = window.findChildren(QLineEdit)[-1]
    qtbot.keyClicks(field, "use")

    window.show_board(board(row(2, Phase.NEEDS_ANSWER, "n", question()), row(1)), NOW)
    after_news = field.text()
    window.show_board(board(row(2)), NOW)
    qtbot.keyClick(field, Qt.Key.Key_Return)

    assert after_news == "use"
    assert "Already answered elsewhere." in texts(window)
    assert made == [OpenRequest("q1")]


def test_escape_leaves_the_reply_unsent(window: MiniWindow, made: list[object], qtbot: QtBot) -> None:
    shown(qtbot, window, board(row(2, Phase.NEEDS_ANSWER, "n", question())))
    click(qtbot, window, "Reply")
    field = window.findChildren(QLineEdit)[-1]
    qtbot.keyClicks(field, "use")

    qtbot.keyClick(field, Qt.Key.Key_Escape)

    assert made == [OpenRequest("q1"), OpenRequest(None)]


def test_a_request_for_the_terminal_takes_no_answer_here(window: MiniWindow, qtbot: QtBot) -> None:
    request = permission(reach=Reach.TERMINAL)
    shown(qtbot, window, board(row(1, Phase.NEEDS_APPROVAL, "n", request)))
    qtbot.wait(GUARD_MS + 100)

    assert not button(window, "Deny").isEnabled()
    assert "Answer it in the terminal: its hook is not connected." in texts(window)


def test_what_is_shown_stays_though_an_older_one_comes(window: MiniWindow) -> None:
    window.show_board(one(), NOW)
    before = card(window)

    older = permission("robot:9", "older", request="r9", waited=timedelta(hours=1))
    rows = (
        row(1, Phase.NEEDS_APPROVAL, "Fix refunds", permission(text="make")),
        row(9, Phase.NEEDS_APPROVAL, "O", older),
    )
    window.show_board(board(*rows), NOW)

    assert card(window) is before
    assert "2 of 2" in [b.text() for b in window.findChildren(QPushButton)]


def test_the_next_one_is_a_click_away(window: MiniWindow, qtbot: QtBot) -> None:
    shown(qtbot, window, sample(5))

    click(qtbot, window, "1 of 2")

    assert "Checkout v2" in texts(window)
    assert button(window, "2 of 2")


def test_attack_36_keys_do_nothing_when_it_appears(window: MiniWindow, made: list[object], qtbot: QtBot) -> None:
    shown(qtbot, window, one())

    for key in (Qt.Key.Key_Return, Qt.Key.Key_Space, Qt.Key.Key_Escape):
        qtbot.keyClick(window, key)

    assert made == []
    assert all(
        b.focusPolicy() == Qt.FocusPolicy.NoFocus and not b.isDefault() for b in window.findChildren(QPushButton)
    )


def test_attack_39_a_click_that_was_under_way_when_the_item_changed_answers_nothing(
    window: MiniWindow, made: list[object], qtbot: QtBot
) -> None:
    shown(qtbot, window, one("ls"))
    qtbot.waitUntil(button(window, "Deny").isEnabled)

    window.show_board(one("deploy", session=2, request="r2"), NOW)
    qtbot.mouseClick(button(window, "Deny"), Qt.MouseButton.LeftButton)

    assert made == []
    qtbot.waitUntil(button(window, "Deny").isEnabled, timeout=GUARD_MS * 5)


def test_attack_39_a_card_that_opens_under_the_pointer_takes_no_click_at_first(
    window: MiniWindow, made: list[object], qtbot: QtBot
) -> None:
    window.set_size(MiniSize.LINE)
    shown(qtbot, window, one())

    window.set_size(MiniSize.CARD)

    assert not button(window, "Deny").isEnabled()


def test_a_request_that_was_sent_cannot_be_answered_twice(window: MiniWindow, made: list[object], qtbot: QtBot) -> None:
    shown(qtbot, window, one())
    click(qtbot, window, "Deny")

    qtbot.mouseClick(button(window, "Deny"), Qt.MouseButton.LeftButton)

    assert len(made) == 1


def test_attack_8_ampersands_and_markup_are_shown_as_they_are(window: MiniWindow, qtbot: QtBot) -> None:
    asked = question("robot:2", "A & B", "<b>")
    shown(qtbot, window, board(row(2, Phase.NEEDS_ANSWER, "<i>&x</i>", asked)))

    assert "<i>&x</i>" in texts(window)
    assert button(window, "A && B")
    assert all(label.textFormat() == Qt.TextFormat.PlainText for label in window.findChildren(QLabel) if label.text())


def test_the_age_grows_while_it_is_seen_and_rests_while_it_is_not(
    window: MiniWindow, clock: Clock, qtbot: QtBot
) -> None:
    waited = timedelta(minutes=4, seconds=59, milliseconds=900)
    shown(qtbot, window, board(row(1, Phase.NEEDS_APPROVAL, "n", permission(waited=waited))))
    before = card(window).age.text()

    clock.now = NOW + timedelta(seconds=1)
    qtbot.waitUntil(lambda: card(window).age.text() == "5 min")
    window.hide()

    assert before == "4 min"
    assert not window._next_age.isActive()


def test_a_click_makes_it_larger_and_smaller(window: MiniWindow, qtbot: QtBot) -> None:
    window.set_size(MiniSize.PILL)
    shown(qtbot, window, sample(5))
    sizes = []

    for _ in range(3):
        qtbot.mouseClick(window, Qt.MouseButton.LeftButton, pos=QPoint(20, 10))
        sizes.append(window.place.size)

    assert sizes == [MiniSize.LINE, MiniSize.CARD, MiniSize.PILL]


def test_it_is_dragged_and_its_place_told(window: MiniWindow, qtbot: QtBot) -> None:
    shown(qtbot, window, sample(5))
    window.move(100, 100)

    with qtbot.waitSignal(window.placed) as placed:
        qtbot.mousePress(window, Qt.MouseButton.LeftButton, pos=QPoint(20, 10))
        qtbot.mouseMove(window, QPoint(60, 50))
        qtbot.mouseRelease(window, Qt.MouseButton.LeftButton, pos=QPoint(20, 10))

    assert (placed.args[0].x, placed.args[0].y) == (140, 140)
    assert window.place.size is MiniSize.CARD, "a drag is not a click"


def test_fault_36_a_place_on_a_screen_that_is_gone_is_brought_back(qtbot: QtBot) -> None:
    window = MiniWindow(Theme(ColourScheme.LIGHT), MiniPlace("gone", 5000, -900, MiniSize.LINE))
    qtbot.addWidget(window)

    assert window.screen().availableGeometry().contains(window.geometry())


def test_opacity_stays_within_what_can_be_seen(window: MiniWindow) -> None:
    window.set_opacity(1)

    assert window._opacity == 0.3


def test_the_card_names_a_place_below_home_as_the_window_does(qtbot: QtBot, window: MiniWindow) -> None:
    asked = permission("robot:1", "make", request="r1")
    home = str(Path.home())

    shown(qtbot, window, board(row(1, Phase.NEEDS_APPROVAL, "Fix refunds", asked, cwd=f"{home}/src/shop")))

    assert any("~/src/shop" in told for told in texts(window))
    assert not any(home in told for told in texts(window))


def test_attack_40_behind_a_locked_screen_nothing_is_shown_or_taken(
    qtbot: QtBot, window: MiniWindow, made: list[object]
) -> None:
    shown(qtbot, window, one())

    window.show_locked(is_locked=True)
    window.show_locked(is_locked=True)
    window.show_board(one("rm -rf ~", 2, "r2"), NOW)
    qtbot.mouseClick(window, Qt.MouseButton.LeftButton)

    assert texts(window) == ["The screen is locked"]
    assert [b for b in window.findChildren(QPushButton) if b.isVisibleTo(window)] == []
    assert made == []


def test_an_unlocked_screen_shows_what_waits_by_now(qtbot: QtBot, window: MiniWindow, made: list[object]) -> None:
    shown(qtbot, window, one())
    window.show_locked(is_locked=True)
    window.show_board(one("make all", 2, "r2"), NOW)

    window.show_locked(is_locked=False)

    assert "make all" in texts(window)
    assert not button(window, "Deny").isEnabled()
    click(qtbot, window, "Deny")
    assert [reply.request for reply in made if isinstance(reply, Deny)] == ["r2"]


def test_what_was_being_typed_waits_behind_the_lock(qtbot: QtBot, window: MiniWindow) -> None:
    asked = question()
    shown(qtbot, window, board(row(2, Phase.NEEDS_ANSWER, "Checkout v2", asked)))
    click(qtbot, window, "Reply…")
    window.findChildren(QLineEdit)[-1].setText("neither")

    window.show_locked(is_locked=True)
    window.show_locked(is_locked=False)

    field = window.findChildren(QLineEdit)[-1]
    assert field.isVisibleTo(window)
    assert field.text() == "neither"
