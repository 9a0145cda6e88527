"""The window with all sessions, as a person uses it."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QCursor, QGuiApplication, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QWidget,
)
from pytestqt.qtbot import QtBot

from desktop.domain.board import Board, Row, Trouble
from desktop.domain.ids import SessionId
from desktop.domain.phase import Phase
from desktop.domain.replies import Answer, Deny, Interrupt, Jump, MarkSeen, OpenRequest, Prompt, Stop
from desktop.domain.session import Claim, Evidence, Source
from desktop.domain.settings import ColourScheme
from desktop.windows.answer_button import AnswerButton
from desktop.windows.draft_edit import DraftEdit
from desktop.windows.request_text import RequestText
from desktop.windows.session_window import SessionWindow
from desktop.windows.settings_window import SettingsWindow
from desktop.windows.theme import Theme
from tests.widgets.boards import AGENT, NOW, board, permission, question, row, subagent
from tests.widgets.gallery_windows import SCENES, many
from tests.widgets.session_stage import Stage, asking, prompting


@pytest.fixture
def stage(qtbot: QtBot) -> Stage:
    QCursor.setPos(0, 0)
    return Stage(qtbot)


def test_it_is_no_dialog_and_has_no_default_button(stage: Stage) -> None:
    stage.shows(asking())

    assert not isinstance(stage.window, QDialog)
    assert not any(one.isDefault() or one.autoDefault() for one in stage.window.findChildren(AnswerButton))


def test_when_shown_the_first_session_in_need_is_open_and_the_hub_is_told_which_request_is_read(stage: Stage) -> None:
    stage.shows(row(3), asking(2))

    assert stage.list.opened_session == "robot:2"
    assert OpenRequest(permission().id) in stage.out

    stage.window.hide()
    assert stage.out[-1] == OpenRequest(None)


@pytest.mark.parametrize("odd", ["%n %1 %s", "{0} {x!r}"])
def test_attack_9_placeholders_in_what_is_shown_are_text(stage: Stage, odd: str) -> None:
    asked = tuple(permission(text=odd, request=request) for request in ("r1", "r2", "r3"))
    stage.shows(replace(asking(), name=odd, notice=f"said {odd}", requests=asked))

    read = [one.toPlainText() for one in stage.window.findChildren(QPlainTextEdit) if one.isVisible()]
    assert any(odd in text for text in read)
    assert stage.says(f"said {odd}")
    assert stage.says("2 more wait after it.")


def test_without_sessions_it_says_what_to_do(stage: Stage) -> None:
    stage.shows()

    assert stage.says("Start one in any terminal; it appears here.")


def test_deny_by_key_answers_the_open_request_and_no_other(stage: Stage) -> None:
    stage.shows(asking(1, "r1"), asking(2, "r2"))
    stage.presses("n")

    stage.presses("d")

    replies = [one for one in stage.out if isinstance(one, Deny)]
    assert [reply.session for reply in replies] == [stage.list.opened_session]


def test_deny_by_key_does_nothing_to_a_row_that_is_only_selected(stage: Stage) -> None:
    stage.shows(asking(1, "r1"), asking(2, "r2"))
    stage.presses("j")
    assert stage.list.selected_session != stage.list.opened_session

    stage.presses("da")

    assert not [one for one in stage.out if isinstance(one, Deny)]


def test_allow_by_key_waits_until_it_is_armed(stage: Stage) -> None:
    stage.shows(asking())
    stage.presses("a")
    stage.key(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert not [one for one in stage.out if hasattr(one, "digest")]
    card = stage.list.card
    assert card is not None

    stage.qtbot.waitUntil(lambda: card.request_view.can_allow)
    stage.key(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)

    assert [type(one).__name__ for one in stage.out if hasattr(one, "digest")] == ["Allow"]


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Space])
def test_attack_36_return_and_space_decide_nothing(stage: Stage, key: Qt.Key) -> None:
    stage.shows(asking())
    card = stage.list.card
    assert card is not None
    stage.qtbot.waitUntil(lambda: card.request_view.can_allow)

    stage.key(key)

    assert not [one for one in stage.out if hasattr(one, "digest")]


def test_the_keys_move_open_filter_and_close(stage: Stage) -> None:
    stage.shows(row(1, name="Cart"), row(2, name="Search"))
    stage.presses("j")
    stage.presses("j")
    assert stage.list.selected_session == "robot:2"
    stage.presses("k")
    stage.key(Qt.Key.Key_Return)
    assert stage.list.opened_session == "robot:1"
    stage.key(Qt.Key.Key_Escape)
    assert stage.list.opened_session is None

    stage.presses("/")
    stage.presses("sear")
    assert [item.session for item in stage.list.session_model.items() if isinstance(item, Row)] == ["robot:2"]
    stage.key(Qt.Key.Key_Escape)
    assert stage.list.session_model.rowCount() == 3
    stage.presses("?")
    assert stage.says("next session that needs you")
    stage.key(Qt.Key.Key_Escape)
    stage.key(Qt.Key.Key_Escape)
    assert not stage.window.isVisible()


def test_opening_a_session_marks_it_seen(stage: Stage) -> None:
    stage.shows(prompting())

    stage.window.open_session(SessionId("robot:1"))

    assert MarkSeen(SessionId("robot:1")) in stage.out


def test_what_an_opened_session_comes_to_while_one_looks_is_seen(stage: Stage) -> None:
    stage.shows(row(1))
    stage.window.open_session(SessionId("robot:1"))
    stage.out.clear()

    stage.window.show_board(board(row(1, Phase.YOUR_TURN)))
    stage.window.show_board(board(row(1, Phase.YOUR_TURN, line="more")))

    assert stage.out == [MarkSeen(SessionId("robot:1"))]


def test_a_reply_half_written_outlives_rows_that_come_go_and_move(stage: Stage) -> None:
    stage.shows(prompting(1), row(2))
    stage.window.open_reply(SessionId("robot:1"))
    stage.presses("half a rep")

    stage.window.show_board(board(asking(3), row(2), row(4), prompting(1)))
    stage.window.show_board(board(replace(prompting(1), phase=Phase.NEEDS_REVIEW), row(4)))
    stage.presses("ly")

    edit = QApplication.focusWidget()
    assert isinstance(edit, DraftEdit)
    assert edit.toPlainText() == "half a reply"
    stage.key(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert Prompt(SessionId("robot:1"), "half a reply") in stage.out
    assert edit.toPlainText() == ""


def test_a_draft_of_a_closed_card_is_there_when_it_opens_again(stage: Stage) -> None:
    stage.shows(prompting(1))
    stage.window.open_reply(SessionId("robot:1"))
    stage.presses("later")
    stage.list.close_card()

    stage.window.open_reply(SessionId("robot:1"))

    edit = QApplication.focusWidget()
    assert isinstance(edit, DraftEdit)
    assert edit.toPlainText() == "later"


def test_a_reason_for_a_request_that_closes_elsewhere_stays_to_be_copied(stage: Stage) -> None:
    stage.shows(asking())
    stage.presses("r")
    stage.presses("because of x")

    stage.window.show_board(board(row(1, name="Session 1", line="runs on")))
    assert stage.says("because of x")
    assert stage.says("Your text was not sent")
    stage.clicks("Copy")

    assert QGuiApplication.clipboard().text() == "because of x"


def test_the_next_request_of_a_session_takes_the_place_of_an_answered_one(stage: Stage) -> None:
    two = (permission(request="r1"), permission(request="r2", text="rm x"))
    stage.shows(row(1, Phase.NEEDS_APPROVAL, "Fix", *two))
    assert stage.says("1 more waits after this one.")

    stage.window.show_board(board(row(1, Phase.NEEDS_APPROVAL, "Fix", two[1])))

    assert stage.out[-1] == OpenRequest(two[1].id)


def test_a_short_question_is_answered_by_its_own_button(stage: Stage) -> None:
    asked = question("robot:2")
    waiting = row(2, Phase.NEEDS_ANSWER, "Checkout", asked, line=asked.text)
    stage.shows(asking(1), waiting)

    stage.clicks("Answer SQLite")

    assert stage.out[-1] == Answer(asked.session, asked.id, asked.digest, (("SQLite",),))
    assert not stage.button("Answer SQLite").isEnabled()


def test_a_question_with_a_label_that_misleads_has_no_button_in_the_row(stage: Stage) -> None:
    asked = question("robot:2", "yes", "n\u202eo")
    stage.shows(asking(1), row(2, Phase.NEEDS_ANSWER, "Checkout", asked, line=asked.text))

    assert not [one for one in stage.window.findChildren(AnswerButton) if one.text() == "yes"]


def test_attack_39_choices_that_come_under_a_resting_pointer_cannot_be_clicked(stage: Stage) -> None:
    first, second = question("robot:2", request="q2"), question("robot:3", request="q3")
    rows = [row(int(one.session[-1]), Phase.NEEDS_ANSWER, "Same", one, line=one.text) for one in (first, second)]
    stage.shows(*rows)
    stage.key(Qt.Key.Key_Escape)
    QApplication.processEvents()
    buttons = [one for one in stage.window.findChildren(AnswerButton) if one.accessibleName() == "Answer SQLite"]
    upper = min(buttons, key=lambda one: one.mapToGlobal(one.rect().center()).y())
    spot = upper.mapToGlobal(upper.rect().center())
    QCursor.setPos(spot)

    stage.window.show_board(board(rows[1]))
    QApplication.processEvents()
    under = stage.button("Answer SQLite")
    assert under.mapToGlobal(under.rect().center()) == spot
    stage.qtbot.mouseClick(under, Qt.MouseButton.LeftButton)

    assert not [one for one in stage.out if isinstance(one, Answer)]


def test_fifty_sessions_cost_no_widget_each(stage: Stage) -> None:
    stage.shows(*many(10).rows)
    few = len(stage.window.findChildren(QWidget))

    stage.window.show_board(many(50))

    assert len(stage.window.findChildren(QWidget)) == few
    assert stage.list.drawn_widgets <= 1


def test_many_questions_make_few_buttons(stage: Stage) -> None:
    rows = [
        row(number, Phase.NEEDS_ANSWER, "Q", question(f"robot:{number}", request=f"q{number}"), line="Which?")
        for number in range(40)
    ]
    stage.shows(*rows)

    assert stage.list.drawn_widgets <= 9


def test_what_is_pointed_at_stays_where_it_is_when_rows_come_above(stage: Stage) -> None:
    rows = [row(number, Phase.WORKING, f"Session {number}") for number in range(20, 50)]
    stage.shows(*rows)
    stage.list.verticalScrollBar().setValue(300)
    before = {
        item.session: stage.list.visualRect(stage.list.session_model.index_of(item.session)).top()
        for item in stage.list.session_model.items()
        if isinstance(item, Row)
    }
    pointed = SessionId("robot:28")
    spot = stage.list.visualRect(stage.list.session_model.index_of(pointed)).center()
    QCursor.setPos(stage.list.viewport().mapToGlobal(spot))

    stage.window.show_board(board(*rows, *(row(number, Phase.NEEDS_REVIEW, "new") for number in range(5))))

    assert stage.list.visualRect(stage.list.session_model.index_of(pointed)).top() == before[pointed]


def test_ages_are_drawn_anew_only_while_the_window_is_seen(stage: Stage) -> None:
    aged: list[int] = []
    stage.list.aged.connect(lambda: aged.append(1))
    stage.shows(row(1, since=NOW - timedelta(milliseconds=900)))
    stage.qtbot.waitUntil(lambda: len(aged) >= 1)

    assert any(timer.isActive() for timer in stage.list.findChildren(QTimer))

    stage.window.hide()

    assert not any(timer.isActive() for timer in stage.list.findChildren(QTimer))


def test_enter_opens_a_session_and_then_goes_to_its_terminal(stage: Stage) -> None:
    stage.shows(replace(asking(), can_jump=True))
    stage.key(Qt.Key.Key_Escape)  # a session in need is open when the window comes
    stage.presses("j")
    stage.key(Qt.Key.Key_Return)
    assert not [one for one in stage.out if isinstance(one, Jump)]

    stage.key(Qt.Key.Key_Return)

    assert [one for one in stage.out if isinstance(one, Jump)] == [Jump(SessionId("robot:1"))]


def test_attack_36_a_held_enter_does_not_go_on_in_a_terminal(stage: Stage) -> None:
    stage.shows(replace(asking(), can_jump=True))
    before = QApplication.focusWidget() or stage.window

    stage.qtbot.keyPress(before, Qt.Key.Key_Return)
    for _ in range(3):
        held = QKeyEvent(QKeyEvent.Type.KeyPress, Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier, "\r", True)
        QApplication.sendEvent(before, held)
    assert not [one for one in stage.out if isinstance(one, Jump)]
    stage.qtbot.keyRelease(before, Qt.Key.Key_Return)

    assert [one for one in stage.out if isinstance(one, Jump)] == [Jump(SessionId("robot:1"))]


def test_stop_asks_in_place_before_it_is_said(stage: Stage) -> None:
    stage.shows(replace(asking(), can_stop=True, can_interrupt=True))
    stage.clicks("Stop…")
    assert not [one for one in stage.out if isinstance(one, Stop)]

    stage.clicks("Yes, stop")
    stage.clicks("Interrupt")

    assert [one for one in stage.out if isinstance(one, Stop | Interrupt)] == [
        Stop(SessionId("robot:1")),
        Interrupt(SessionId("robot:1")),
    ]


def test_explain_tells_every_piece_of_evidence_with_its_age(stage: Stage) -> None:
    evidence = (
        Evidence(Source.LIVE_STATE, Claim.WAITING_APPROVAL, NOW - timedelta(seconds=4), "permission prompt"),
        Evidence(Source.HOOK, Claim.WORKING, NOW - timedelta(minutes=9), ttl=timedelta(minutes=1)),
    )
    stage.shows(asking(evidence=evidence))

    stage.clicks("Explain")

    assert stage.says(
        "its own status file: waiting for approval, permission prompt; 4 s ago; believed until it changes"
    )
    assert stage.says("what it reported: working; 9 min ago; too old to be believed")


def test_the_resume_command_is_copied_and_told(stage: Stage) -> None:
    told: list[object] = []
    stage.window.resume_copied.connect(told.append)
    stage.shows(asking(resume_command="robot --resume 1"))

    stage.clicks("Copy resume command")

    assert QGuiApplication.clipboard().text() == "robot --resume 1"
    assert told == ["robot:1"]


def test_trouble_is_told_with_its_remedy_and_goes_with_it(stage: Stage) -> None:
    stage.shows(row(1))
    broken = replace(board(row(1)), troubles=(Trouble("watch", "Too many files.", "Raise the limit."),))

    stage.window.show_board(broken)
    assert stage.says("Too many files. Raise the limit.")

    stage.window.show_board(board(row(1)))
    assert not stage.says("Too many files.")


def test_an_agent_without_a_hook_is_offered_to_be_connected_and_shows_its_diff_first(stage: Stage) -> None:
    asked: list[object] = []
    connects: list[object] = []
    stage.window.diff_asked.connect(asked.append)
    stage.window.connect_asked.connect(connects.append)
    stage.shows(row(1))
    stage.window.show_board(replace(board(row(1)), agents_seen=((AGENT, "Robot", False),)))
    assert stage.says("can be watched but not yet answered")

    stage.clicks("Connect…")
    assert asked == [AGENT]
    assert connects == []

    stage.window.show_diff(AGENT, '+ "hooks"')
    stage.clicks("Connect")
    assert connects == [AGENT]
    assert stage.window.connect_view.isVisible()  # where trouble is told, if there is any
    stage.window.connect_view.closed.emit()
    assert stage.list.isVisible()


def test_not_now_puts_the_offer_off(stage: Stage) -> None:
    stage.shows(row(1))
    offered = replace(board(row(1)), agents_seen=((AGENT, "Robot", False),))
    stage.window.show_board(offered)

    stage.clicks("Not now")
    stage.window.show_board(offered)

    assert not stage.says("can be watched but not yet answered")


def test_the_foot_is_there_when_there_is_something_to_say(stage: Stage) -> None:
    stage.shows(row(1))
    stage.window.show_today("Today 41 min blocked")
    assert stage.says("41 min blocked")

    stage.window.show_today("")
    assert not stage.says("41 min blocked")


def test_a_session_that_ends_while_its_card_is_open_takes_the_card_along(stage: Stage) -> None:
    stage.shows(asking(1), row(2))

    stage.window.show_board(board(row(2)))

    assert stage.list.card is None
    assert stage.out[-1] == OpenRequest(None)
    stage.presses("d")
    stage.presses("a")


@pytest.mark.parametrize("scene", list(SCENES))
def test_every_control_has_a_name_for_screen_readers(stage: Stage, scene: str) -> None:
    stage.window.show_board(SCENES[scene]())
    stage.window.show()

    assert _nameless(stage.window.findChildren(QWidget)) == []


def test_every_control_of_the_settings_has_a_name_for_screen_readers(qtbot: QtBot) -> None:
    theme = Theme(ColourScheme.DARK)
    window = SettingsWindow(theme)
    qtbot.addWidget(window)
    window.show_agents(((AGENT, "Robot", False),))

    assert _nameless(window.findChildren(QWidget)) == []


def _nameless(widgets: Iterable[QWidget]) -> list[str]:
    kinds = (QAbstractButton, QLineEdit, QPlainTextEdit, QComboBox, QAbstractSpinBox)
    ours = [widget for widget in widgets if isinstance(widget, kinds) and not widget.objectName().startswith("qt_")]
    return [
        f"{type(widget).__name__} in {type(widget.parent()).__name__}"
        for widget in ours
        if not (widget.accessibleName() or (isinstance(widget, QAbstractButton) and widget.text()))
    ]


def test_a_board_of_hostile_names_is_drawn_in_plain_text(stage: Stage) -> None:
    evil = "<img src=file:///etc/passwd>\u202e&\x1b[2J%n{0}"
    hostile = replace(
        row(1, Phase.NEEDS_REVIEW, evil, line=evil, cwd=f"/src/{evil}"),
        branch=evil,
        model=evil,
        agent_label=evil,
        reason=evil,
        notice=evil,
        changed_files=(evil,),
        subagents=(subagent(evil, evil),),
        can_prompt=True,
        prompt_channel=evil,
    )
    stage.shows(hostile)
    stage.window.open_session(SessionId("robot:1"))
    stage.window.grab()

    for label in stage.window.findChildren(QLabel):
        assert "\u202e" not in label.text()
        assert "\x1b" not in label.text()
        assert label.textFormat() is Qt.TextFormat.PlainText or not label.text()


def test_the_whole_window_can_be_drawn_in_both_schemes(stage: Stage) -> None:
    stage.shows(*many(12).rows)
    light = stage.window.grab().toImage().pixelColor(5, 5)

    stage.theme.set_scheme(ColourScheme.DARK)

    assert stage.window.grab().toImage().pixelColor(5, 5).lightness() < light.lightness()
    stage.theme.set_scheme(ColourScheme.LIGHT)


def test_an_empty_board_closes_the_card(stage: Stage) -> None:
    stage.shows(asking())

    stage.window.show_board(Board(NOW))

    assert stage.list.card is None


def test_an_empty_window_gives_no_button_the_focus(qtbot: QtBot) -> None:
    window = SessionWindow(Theme())
    qtbot.addWidget(window)
    window.show_board(board())
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()

    assert window.focusWidget() is window


def test_attack_36_a_key_meant_for_an_answered_request_does_nothing_to_the_next(stage: Stage) -> None:
    stage.shows(asking(1, "r1"))
    stage.button("Deny").setFocus()

    stage.shows(asking(1, "r2"))
    stage.key(Qt.Key.Key_Space)

    assert not [intent for intent in stage.out if isinstance(intent, Deny)]
    assert QApplication.focusWidget() is stage.window.findChild(RequestText)


def test_between_two_requests_the_focus_rests_on_the_card_and_comes_back_to_the_text(stage: Stage) -> None:
    stage.shows(asking(1, "r1"))
    assert QApplication.focusWidget() is stage.window.findChild(RequestText)

    stage.shows(row(1, Phase.WORKING, "Session 1"))
    assert QApplication.focusWidget() is stage.list.card

    stage.shows(asking(1, "r2"))
    assert QApplication.focusWidget() is stage.window.findChild(RequestText)
