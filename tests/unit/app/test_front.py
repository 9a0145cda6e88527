"""What the main thread lends to the socket's thread."""

import json
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from pytestqt.qtbot import QtBot

from desktop.app.front import SocketFront
from desktop.app.inbox import Inbox
from desktop.domain.ids import AgentKind, SessionId
from desktop.domain.phase import Phase
from desktop.domain.session import Claim, Evidence, Session, Source
from tests.widgets.boards import NOW, board, permission, row

ONE = SessionId("robot:1")


class Hall:
    """A front, and what it asked of the main thread."""

    def __init__(self) -> None:
        self.beats: list[int] = []
        self.raised: list[str] = []
        self.inbox = Inbox(lambda _: None, lambda: None)
        self.proposed: list[tuple[str, str, str]] = []
        self.front = SocketFront(
            self.inbox,
            lambda: self.beats.append(threading.get_ident()),
            self.raised.append,
            lambda *asked: self.proposed.append(asked),
        )


@pytest.fixture
def hall(qtbot: QtBot) -> Hall:
    return Hall()


def session(*evidence: Evidence, pid: int | None = None) -> Session:
    return Session(ONE, AgentKind("robot"), NOW, pid=pid, evidence=evidence)


def claims(source: Source, origin: str, claim: Claim = Claim.ALIVE) -> Evidence:
    return Evidence(source, claim, NOW, origin=origin)


def lines(told: bytes) -> list[dict[str, object]]:
    assert told == b"" or told.endswith(b"\n")
    return [json.loads(line) for line in told.splitlines()]


def test_the_owners_are_the_processes_that_live_state_and_process_list_name(hall: Hall) -> None:
    hall.front.note_owner(
        session(
            claims(Source.LIVE_STATE, "12"),
            claims(Source.PROCESS, "11"),
            claims(Source.PROCESS, "13", Claim.GONE),
            claims(Source.HOOK, "14"),
            claims(Source.TRANSCRIPT, ""),
            claims(Source.LIVE_STATE, "no number"),
            pid=10,
        )
    )

    assert hall.front.owners_of(ONE) == (10, 11, 12)
    assert hall.front.owners_of(SessionId("robot:2")) == ()


def test_a_session_that_ended_has_no_owner(hall: Hall) -> None:
    hall.front.note_owner(session(pid=10))

    hall.front.note_owner(replace(session(pid=10), ended_at=NOW))

    assert hall.front.owners_of(ONE) == ()


def test_the_number_of_a_process_that_is_gone_owns_nothing(hall: Hall) -> None:
    hall.front.note_owner(session(claims(Source.LIVE_STATE, "11"), pid=10))

    hall.front.forget_process(10)

    assert hall.front.owners_of(ONE) == (11,)


def test_the_pulse_is_felt_by_the_main_thread_only_when_it_gets_to_it(hall: Hall, qtbot: QtBot) -> None:
    thread = threading.Thread(target=hall.front.pulse)
    thread.start()
    thread.join()
    assert hall.beats == []

    qtbot.waitUntil(lambda: bool(hall.beats))

    assert hall.beats == [threading.get_ident()]


@pytest.mark.parametrize(("token", "given"), [("-", ""), ("abc_TIME12", "abc_TIME12")])
def test_a_second_start_raises_the_window_on_the_main_thread(hall: Hall, qtbot: QtBot, token: str, given: str) -> None:
    hall.front.raise_window(token)
    assert hall.raised == []

    qtbot.waitUntil(lambda: bool(hall.raised))

    assert hall.raised == [given]


def test_watchers_are_told_of_each_change_once(hall: Hall) -> None:
    first = board(row(1), row(2))

    assert [told["id"] for told in lines(hall.front.show_board(first))] == ["robot:1", "robot:2"]
    assert hall.front.show_board(first) == b""
    asks = board(row(1, Phase.NEEDS_APPROVAL, "Cart totals", permission()), row(2))
    told = lines(hall.front.show_board(asks))

    assert [(one["id"], one["phase"]) for one in told] == [("robot:1", "needs approval")]
    assert str(told[0]["line"]).startswith("  needs approval")


def test_one_who_begins_to_watch_is_told_every_session(hall: Hall) -> None:
    assert hall.front.watch() == b""
    hall.front.show_board(board(row(1), row(2)))

    assert [told["id"] for told in lines(hall.front.watch())] == ["robot:1", "robot:2"]


def test_the_status_has_the_contract_and_the_words_for_people(hall: Hall) -> None:
    hall.front.show_board(board(row(1), now=NOW + timedelta(seconds=1)))

    (told,) = lines(hall.front.status())

    assert {"version", "at", "counts", "needs_you", "sessions"} <= told.keys()
    assert told["lines"]
    assert list(told["explanations"]) == ["robot:1"]  # type: ignore[call-overload]


def test_a_name_that_is_no_unicode_does_not_silence_the_socket(hall: Hall) -> None:
    hall.front.show_board(board(row(1, Phase.WORKING, "odd \ud800 name")))

    assert len(lines(hall.front.status())) == 1
    assert len(lines(hall.front.watch())) == 1


@pytest.mark.parametrize(
    ("payload", "proposed"),
    [
        (b'{"agent":"robot","cwd":"/home/dev","prompt":"fix it"}', ("robot", "/home/dev", "fix it")),
        (b'{"agent":7,"cwd":null}', ("", "", "")),
        (b"no JSON", ("", "", "")),
    ],
)
def test_a_proposed_session_is_shown_on_the_main_thread(
    hall: Hall, qtbot: QtBot, payload: bytes, proposed: tuple[str, str, str]
) -> None:
    hall.front.propose(payload)
    assert hall.proposed == []

    qtbot.waitUntil(lambda: bool(hall.proposed))

    assert hall.proposed == [proposed]


def test_the_sessions_that_a_process_itself_told_of_are_known_the_last_one_at_the_end(hall: Hall) -> None:
    said = Evidence(Source.LIVE_STATE, Claim.WORKING, NOW, origin="7")
    two = replace(session(said), id=SessionId("robot:2"))

    hall.front.note_owner(two)
    hall.front.note_owner(session(said))
    hall.front.note_owner(
        replace(session(Evidence(Source.PROCESS, Claim.ALIVE, NOW, origin="7")), id=SessionId("robot:3"))
    )

    assert hall.front.told_by(7) == ("robot:2", ONE)
    hall.front.note_owner(replace(two, ended_at=NOW))
    assert hall.front.told_by(7) == (ONE,)
    hall.front.forget_process(7)
    assert hall.front.told_by(7) == ()
