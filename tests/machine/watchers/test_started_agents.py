"""Sessions that the tray began, with real processes."""

import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from desktop.domain.events import (
    DeliveryFailed,
    EvidenceGiven,
    ProcessEnded,
    ReplyDelivered,
    RequestOpened,
    SessionDescribed,
    SessionEnded,
    TurnFinished,
    TurnStarted,
)
from desktop.domain.ids import AgentKind, SessionId
from desktop.domain.replies import Allow, Deny, Interrupt, Prompt, RequestReply
from desktop.domain.requests import Request
from desktop.domain.session import Claim, Ending
from desktop.formats.acp_talk import AcpTalk, write_reply
from desktop.formats.stream_json_talk import StreamJsonTalk
from desktop.watchers import started_agents
from desktop.watchers.started_agents import StartedAgents
from tests.fakes import acp_agent
from tests.fakes.fake_agent_record import Heard
from tests.fakes.hook_agent import until

KIND = AgentKind("fake")
SESSION = SessionId(f"fake:{acp_agent.SESSION}")
COMMAND = (sys.executable, acp_agent.__file__)
Begin = Callable[..., None]


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def started(heard: Heard) -> Iterator[StartedAgents]:
    made = StartedAgents(heard)
    yield made
    made.stop(5.0)


@pytest.fixture
def failures() -> list[str]:
    return []


@pytest.fixture
def begin(started: StartedAgents, failures: list[str], tmp_path: Path) -> Begin:
    def make(prompt: str, command: tuple[str, ...] = COMMAND) -> None:
        started.start(command, str(tmp_path), os.environ, AcpTalk(KIND, str(tmp_path), prompt), failures.append)

    return make


def finished(heard: Heard, after: int = 0) -> TurnFinished:
    event, _ = heard.wait(lambda event: isinstance(event, TurnFinished), after=after)
    assert isinstance(event, TurnFinished)
    return event


def asked(heard: Heard) -> Request:
    event, _ = heard.wait(lambda event: isinstance(event, RequestOpened))
    assert isinstance(event, RequestOpened)
    return event.request


def answers(started: StartedAgents, request: Request, reply: RequestReply) -> None:
    payload = started.payload_of(request.id)
    assert payload is not None
    line = write_reply(payload, request, reply)
    assert line is not None
    started.say(request.session, request.id, line)


def test_a_session_is_begun_with_its_prompt_and_has_a_process(begin: Begin, heard: Heard, tmp_path: Path) -> None:
    begin("hello")

    assert finished(heard).last_words == "you said: hello"
    [described] = heard.of(SessionDescribed)
    assert isinstance(described, SessionDescribed)
    assert (described.session, described.cwd) == (SESSION, str(tmp_path))
    assert described.pid is not None
    alive = [event.evidence for event in heard.of(EvidenceGiven) if isinstance(event, EvidenceGiven)]
    assert any(item.claim is Claim.ALIVE and item.origin == str(described.pid) for item in alive)


def test_what_is_allowed_runs_and_is_seen_to(
    begin: Begin, heard: Heard, started: StartedAgents, tmp_path: Path
) -> None:
    begin("run touch allowed.txt")
    request = asked(heard)
    assert request.text == "touch allowed.txt"
    assert not (tmp_path / "allowed.txt").exists()

    answers(started, request, Allow(request.session, request.id, request.digest))

    assert finished(heard).last_words == "it was now"
    assert (tmp_path / "allowed.txt").exists()
    assert [event.request for event in heard.of(ReplyDelivered) if isinstance(event, ReplyDelivered)] == [request.id]


def test_what_is_denied_does_not_run(begin: Begin, heard: Heard, started: StartedAgents, tmp_path: Path) -> None:
    begin("run touch denied.txt")
    request = asked(heard)

    answers(started, request, Deny(request.session, request.id, request.digest))

    assert finished(heard).last_words == "it was no"
    assert not (tmp_path / "denied.txt").exists()


def test_of_two_answers_the_second_is_refused_with_a_sentence(
    begin: Begin, heard: Heard, started: StartedAgents
) -> None:
    begin("run true")
    request = asked(heard)
    answers(started, request, Allow(request.session, request.id, request.digest))

    started.say(request.session, request.id, b"{}\n")

    event, _ = heard.wait(lambda event: isinstance(event, DeliveryFailed))
    assert isinstance(event, DeliveryFailed)
    assert event.why == started_agents.TOO_LATE


def test_a_turn_is_interrupted_and_another_prompt_taken(begin: Begin, heard: Heard, started: StartedAgents) -> None:
    refused: list[str] = []
    begin("wait")
    heard.wait(lambda event: isinstance(event, SessionDescribed))
    assert started.serves(SESSION)
    started.carry(SESSION, Prompt(SESSION, "too early"), refused.append)

    started.carry(SESSION, Interrupt(SESSION), refused.append)

    assert finished(heard).ending is Ending.INTERRUPTED
    assert len(refused) == 1
    before = len(heard.events)
    started.carry(SESSION, Prompt(SESSION, "again"), refused.append)
    assert finished(heard, before).last_words == "you said: again"
    begun, evidence = heard.events[before : before + 2]
    assert isinstance(begun, TurnStarted)
    assert begun.prompt == "again", "told before the agent says anything of it"
    assert isinstance(evidence, EvidenceGiven)
    assert evidence.evidence.claim is Claim.WORKING


def test_a_process_that_dies_takes_its_turn_and_its_request_along(
    begin: Begin, heard: Heard, started: StartedAgents
) -> None:
    begin("hello")
    finished(heard)
    before = len(heard.events)

    started.carry(SESSION, Prompt(SESSION, "die"), lambda why: None)

    assert finished(heard, before).error == "its process ended"
    heard.wait(lambda event: isinstance(event, ProcessEnded))
    [ended] = heard.of(SessionEnded)
    assert isinstance(ended, SessionEnded)
    assert (ended.session, ended.why) == (SESSION, "its process ended")
    assert not started.serves(SESSION)
    refused: list[str] = []
    done = threading.Event()
    started.carry(SESSION, Prompt(SESSION, "again"), lambda why: (refused.append(why), done.set()))
    assert done.wait(5)
    assert refused == [started_agents.TOO_LATE]


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("raise SystemExit(1)", "its process ended"),
        ("print('no protocol at all', flush=True); input(); input()", "it opened no session"),
    ],
)
def test_one_that_opens_no_session_is_ended_and_told_of(
    begin: Begin, failures: list[str], program: str, said: str, monkeypatch: pytest.MonkeyPatch, heard: Heard
) -> None:
    monkeypatch.setattr(started_agents, "BEGUN_WITHIN_S", 0.5)

    begin("hello", (sys.executable, "-c", program))

    until(lambda: failures)
    assert failures == [said]
    assert heard.events == []


def test_a_program_that_is_not_there_is_told_at_once(begin: Begin) -> None:
    with pytest.raises(FileNotFoundError):
        begin("hello", ("/nowhere/agent",))


def test_a_flood_without_an_end_costs_its_own_session(begin: Begin, heard: Heard) -> None:
    flood = "import sys\nwhile True: sys.stdout.write('x' * 65536)"

    begin("hello", (sys.executable, "-c", flood))
    begin("hello")

    assert finished(heard).last_words == "you said: hello"


def test_the_end_of_the_tray_is_the_end_of_what_it_began(begin: Begin, heard: Heard, started: StartedAgents) -> None:
    begin("wait")
    event, _ = heard.wait(lambda event: isinstance(event, SessionDescribed))
    assert isinstance(event, SessionDescribed)
    assert event.pid is not None

    started.stop(5.0)

    with pytest.raises(ProcessLookupError):
        os.kill(event.pid, 0)


def test_those_that_heed_neither_the_end_of_their_input_nor_a_request_to_end_are_ended_in_time(
    begin: Begin, heard: Heard, started: StartedAgents
) -> None:
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); exec(open({path!r}).read())"
    script = deaf.format(path=acp_agent.__file__).replace("exec(", "__name__ = '__main__'; exec(") + "; time.sleep(60)"
    begin("wait", (sys.executable, "-c", script))
    event, _ = heard.wait(lambda event: isinstance(event, SessionDescribed))
    assert isinstance(event, SessionDescribed)
    assert event.pid is not None
    pid = event.pid

    started.stop(0.8)

    until(lambda: not Path(f"/proc/{pid}").exists() or "Z" in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2])


def test_a_conversation_begun_in_place_of_another_is_the_one_that_is_served(
    heard: Heard, started: StartedAgents, tmp_path: Path
) -> None:
    first, second = (
        f'print(\'{{"type":"system","subtype":"init","session_id":"{name}"}}\', flush=True)' for name in "ab"
    )
    talk = StreamJsonTalk(KIND, str(tmp_path), "hello")

    started.start(
        (sys.executable, "-c", f"{first}; {second}; input(); input(); input()"), str(tmp_path), os.environ, talk, print
    )

    heard.wait(lambda event: isinstance(event, SessionDescribed) and event.session == "fake:b")
    assert started.serves(SessionId("fake:b"))
    assert not started.serves(SessionId("fake:a"))
    [ended] = heard.of(SessionEnded)
    assert isinstance(ended, SessionEnded)
    assert ended.session == "fake:a"
