"""The whole program offscreen: agents that ask, a person who clicks, a desktop that locks its screen."""

import logging
import os
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from desktop.app import beginning
from desktop.domain.ids import session_id
from desktop.domain.phase import Phase
from desktop.domain.replies import Allow, Deny
from desktop.formats import session_starts
from desktop.storage import paths
from desktop.storage.ledger import Ledger
from tests.fakes import acp_agent, asking_agent
from tests.fakes.asking_agent import ALLOWED
from tests.fakes.fake_agent_record import KIND
from tests.machine.app.conftest import Stage, decisions

pytestmark = pytest.mark.qt_log_ignore("systemTrayWindowChanged", "raise\\(\\)")

SESSION = session_id(KIND, "one")
WITHDRAWN_S = 2.0


def buttons(notice: dict[str, object]) -> dict[str, str]:
    """The keys of a notification's buttons by what is written on them."""
    call = notice["notify"]
    assert isinstance(call, dict)
    actions = call["actions"]
    return dict(zip(actions[1::2], actions[::2], strict=True))


def body(notice: dict[str, object]) -> str:
    call = notice["notify"]
    assert isinstance(call, dict)
    return f"{call['title']}\n{call['body']}"


def test_an_allow_on_the_notification_lets_the_agent_go_on_and_is_on_record(stage: Stage) -> None:
    stage.starts()
    agent = stage.agent()
    answer = stage.asks(agent, "make release")
    notice = stage.notice()
    assert "make release" in body(notice)

    stage.daemon.do(click=notice["id"], key=buttons(notice)["Allow"])

    stage.until(answer.exists)
    assert answer.read_bytes() == ALLOWED
    stage.closed(notice)
    stage.stops()
    assert decisions() == [("allow", "notification")]
    ledger = Ledger(paths.places().ledger)
    assert ledger.verify() == ""
    ledger.close()


def test_an_option_on_the_notification_answers_the_question(stage: Stage) -> None:
    stage.starts()
    answer = stage.asks(stage.agent(), "Which colour?", options=("red", "blue"))
    notice = stage.notice()

    stage.daemon.do(click=notice["id"], key=buttons(notice)["blue"])

    stage.until(answer.exists)
    assert answer.read_bytes() == b'{"answers": [["blue"]]}'


def test_attack_34_of_two_surfaces_at_once_one_wins_and_the_other_is_told(stage: Stage) -> None:
    program = stage.starts()
    answer = stage.asks(stage.agent(), "make release")
    notice = stage.notice()
    row = stage.row()
    assert row is not None
    assert row.request is not None

    program._surfaces.intent_made.emit(Allow(SESSION, row.request.id, row.request.digest), "window")
    program._surfaces.intent_made.emit(Deny(SESSION, row.request.id, row.request.digest), "mini window")
    told = stage.row()
    stage.daemon.do(click=notice["id"], key=buttons(notice)["Deny"])

    assert told is not None
    assert "already on its way" in told.notice
    stage.until(answer.exists)
    assert answer.read_bytes() == ALLOWED
    stage.stops()
    assert decisions() == [("allow", "window")]


def test_fault_29_an_answer_in_the_terminal_withdraws_ours_and_a_later_one_is_refused_with_a_sentence(
    stage: Stage,
) -> None:
    program = stage.starts()
    agent = stage.agent()
    answer = stage.asks(agent, "make release")
    notice = stage.notice()
    row = stage.row()
    assert row is not None
    assert row.request is not None
    answered_at = time.monotonic()
    agent.does("status", "busy")
    stage.closed(notice)
    assert time.monotonic() - answered_at < WITHDRAWN_S

    program._surfaces.intent_made.emit(Allow(SESSION, row.request.id, row.request.digest), "window")

    now = stage.row()
    assert now is not None
    assert now.notice == "Nothing was sent: this request was already answered in the terminal."
    stage.until(answer.exists)
    assert answer.read_bytes() == b""
    stage.stops()
    assert decisions() == []


def test_attack_35_a_click_after_the_session_died_does_nothing(stage: Stage) -> None:
    stage.starts()
    agent = stage.agent()
    stage.asks(agent, "make release")
    notice = stage.notice()

    agent.kill()
    stage.closed(notice)
    stage.daemon.do(click=notice["id"], key=buttons(notice)["Allow"])

    stage.stops()
    assert decisions() == []


def test_attack_41_what_could_do_great_harm_is_never_allowed_from_a_notification(stage: Stage) -> None:
    stage.starts()
    stage.asks(stage.agent(), "rm -rf build")

    assert set(buttons(stage.notice())) == {"Open", "Review…", "Deny"}


@pytest.mark.parametrize(
    "command",
    [
        "make <b>release</b>",
        "make \x1b[2Jrelease",
        "make \u202eesaeler",
        "m\u0430ke release",
        "make" + " " * 150 + "release",
        "make\n\n\n\n\n\nrelease",
        "make release" + " x" * 400,
        "make rel\u200bease",
        "make \x00release",
    ],
    ids=["markup", "escape", "bidi", "cyrillic", "blanks", "lines", "long", "zero width", "nul"],
)
def test_text_attacks_reach_no_notification_with_an_allow(stage: Stage, command: str) -> None:
    stage.starts()
    stage.asks(stage.agent(), command)

    notice = stage.notice()

    shown = body(notice)
    assert "Allow" not in buttons(notice)
    assert "<b>" not in shown
    assert not any(odd in shown for odd in "\x1b\u202e\u200b\x00")


def test_attack_40_behind_a_locked_screen_nothing_is_shown_and_nothing_decided(stage: Stage) -> None:
    program = stage.starts(shows_window=True)
    saver = stage.screen_saver()
    answer = stage.asks(stage.agent(), "make release")
    open_notice = stage.notice()
    row = stage.row()
    assert row is not None
    assert row.request is not None

    saver.do(active=True)

    hidden = stage.notice(2)
    assert "make release" not in body(hidden)
    assert "1 decision waits" in body(hidden)
    assert "Allow" not in buttons(hidden)
    stage.daemon.do(click=open_notice["id"], key=buttons(open_notice)["Allow"])
    program._surfaces.intent_made.emit(Allow(SESSION, row.request.id, row.request.digest), "window")
    locked = stage.row()
    assert locked is not None
    assert "screen is locked" in locked.notice
    assert not answer.exists()

    saver.do(active=False)

    again = stage.notice(3)
    assert "make release" in body(again)
    stage.daemon.do(click=again["id"], key=buttons(again)["Allow"])
    stage.until(answer.exists)
    assert answer.read_bytes() == ALLOWED


def test_attack_59_no_command_and_no_token_is_in_the_log(
    stage: Stage, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO)
    stage.starts()
    answer = stage.asks(stage.agent(), "deploy --with sk-proj-Zx81qqLm20Pw")
    notice = stage.notice()
    stage.daemon.do(click=notice["id"], key=buttons(notice)["Deny"])
    stage.until(answer.exists)
    stage.stops()

    assert caplog.text
    assert "Zx81" not in caplog.text
    assert "deploy" not in caplog.text
    kept = b"".join(path.read_bytes() for path in paths.places().state.rglob("*") if path.is_file())
    assert b"Zx81" not in kept
    assert b"deploy" not in kept


def test_a_fourth_session_that_waits_is_summed_up(stage: Stage) -> None:
    stage.starts()

    for session in ("one", "two", "three", "four"):
        stage.asks(stage.agent(session), "make release", session)
        stage.request_is_open(session)

    stage.until(lambda: any("1 more decision waits" in body(notice) for notice in stage.notices()))


def test_ending_lets_every_agent_go_without_a_decision(stage: Stage) -> None:
    stage.starts()
    answer = stage.asks(stage.agent(), "make release")
    stage.notice()

    stage.stops()

    stage.until(answer.exists)
    assert answer.read_bytes() == b""
    assert decisions() == []


def test_a_session_begun_in_the_window_asks_and_is_answered_there(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    able = replace(asking_agent.AGENT, start=session_starts.over_acp("python3", acp_agent.__file__))
    monkeypatch.setattr(beginning, "load_agents", lambda: (able,))
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
    program = stage.starts()
    program._propose(KIND, str(stage.project), "run touch begun.txt")
    assert program._starter is not None
    assert not (stage.project / "begun.txt").exists()
    window = program._starter._window
    assert window is not None

    stage.qtbot.keyClick(window._prompt, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)

    stage.request_is_open(acp_agent.SESSION)
    row = stage.row(acp_agent.SESSION)
    assert row is not None
    assert row.request is not None
    allowed = Allow(row.session, row.request.id, row.request.digest)
    program._surfaces.intent_made.emit(allowed, "window")
    stage.until((stage.project / "begun.txt").exists)
    stage.until(lambda: (row := stage.row(acp_agent.SESSION)) is not None and row.phase is Phase.YOUR_TURN)
    assert decisions() == [("allow", "window")]
