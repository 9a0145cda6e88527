"""The view in which a person decides, as it is used."""

from dataclasses import replace
from datetime import timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QCheckBox, QLabel, QWidget
from pytestqt.qtbot import QtBot

from desktop.domain.board import Previous
from desktop.domain.phase import Phase
from desktop.domain.replies import Allow, ApprovePlan, Deny
from desktop.domain.requests import Reach, RequestKind, Suggestion
from desktop.windows.answer_button import AnswerButton
from desktop.windows.code_text import CodeText
from desktop.windows.draft_edit import DraftEdit
from desktop.windows.labels import WrapLabel
from desktop.windows.question_view import QuestionView
from desktop.windows.request_text import RequestText
from tests.widgets.boards import AGENT, permission, question, row
from tests.widgets.request_stage import Stage


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


def test_an_update_that_changes_nothing_shown_leaves_it_armed(stage: Stage) -> None:
    stage.shows(permission())
    stage.arms()

    stage.updates(replace(permission(), trouble=""))

    assert stage.view.can_allow


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
