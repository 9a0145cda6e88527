"""What a process holds open."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from desktop.domain.events import EvidenceGiven, SessionDescribed
from desktop.domain.ids import SessionId
from desktop.domain.session import Claim, Launch
from desktop.watchers.process_scan import Process
from desktop.watchers.runner import NO_LIVE_STATE, Runner, StandIn, is_session
from tests.fakes.fake_agent_record import FAKE

PROGRAM = "/usr/bin/fake"
NOW = datetime(2026, 1, 2, tzinfo=UTC)
S = SessionId("fake:pid-12")


def test_a_stand_in_is_a_session_of_its_process() -> None:
    runner = Runner(FAKE, 12, "7", "/home", 0.0, 0.0)
    assert runner.sessions() == set()

    runner.stand_in = StandIn(S)

    assert runner.sessions() == {S}


@pytest.mark.parametrize(("word", "launch"), [("-p", Launch.HEADLESS), ("chat", Launch.INTERACTIVE)])
def test_a_silent_process_is_introduced_by_what_can_be_seen_of_it(word: str, launch: Launch) -> None:
    agent = replace(FAKE, is_headless=lambda argv: "-p" in argv)
    runner = Runner(agent, 12, "7", "/home/.fake", 0.0, 0.0)

    events = runner.introduced(S, Process(12, "7", PROGRAM, (PROGRAM, word)), "/src", NOW)

    match events:
        case (SessionDescribed() as described, EvidenceGiven(evidence=evidence)):
            assert (described.cwd, described.pid, described.home) == ("/src", 12, "/home/.fake")
            assert described.launch is launch
            assert (evidence.claim, evidence.detail, evidence.origin) == (Claim.ALIVE, NO_LIVE_STATE, "12")
        case other:
            pytest.fail(str(other))


def _stumbles(_exe: str, argv: Sequence[str]) -> bool:
    return bool(argv[99])


def test_a_process_over_which_the_adapter_stumbles_holds_no_session() -> None:
    process = Process(12, "7", PROGRAM, (PROGRAM,))

    assert is_session(replace(FAKE, is_session_process=lambda exe, argv: True), process)
    assert not is_session(replace(FAKE, is_session_process=_stumbles), process)
    assert not is_session(replace(FAKE, is_session_process=None), process)
