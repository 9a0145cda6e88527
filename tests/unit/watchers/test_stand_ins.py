"""Sessions of processes that say nothing of themselves, with a table of processes of our own."""

import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from desktop.domain.agent import Agent
from desktop.domain.events import EvidenceGiven, SessionDescribed
from desktop.domain.ids import SessionId
from desktop.domain.session import Claim
from desktop.watchers.pace import Pace
from desktop.watchers.process_scan import Process
from desktop.watchers.runner import Runner
from desktop.watchers.stand_ins import CLEARED, RENAMED, StandIns
from desktop.watchers.transcripts import Transcripts
from tests.fakes.fake_agent import record
from tests.fakes.fake_agent_record import Heard, MemoryCursors
from tests.unit.watchers.test_log_heads import CWD, SILENT, write

BEGUN = 1000.0


def native_of_open_file(path: str) -> str:
    name = os.path.basename(path)
    return name.removesuffix(".lock") if name.endswith(".lock") else ""


TELLING = replace(SILENT, native_of_open_file=native_of_open_file)


class Table:
    """Processes as the test says."""

    def __init__(self) -> None:
        self.files: dict[int, list[str]] = {}
        self.begun: dict[int, float] = {}

    def pids(self) -> list[int]:
        return list(self.begun)

    def look(self, pid: int) -> Process | None:
        return Process(pid, "7", "/fake", ("fake",))

    def started(self, pid: int) -> str | None:
        return "7"

    def environment(self, pid: int) -> Mapping[str, str]:
        return {}

    def cwd(self, pid: int) -> str:
        return CWD

    def begun_at(self, pid: int) -> float | None:
        return self.begun.get(pid, BEGUN)

    def open_files(self, pid: int) -> list[str]:
        return self.files.get(pid, [])


class Play:
    """Stand-ins and all that happens to them."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.heard = Heard()
        self.table = Table()
        self.left: list[tuple[SessionId, str]] = []
        self.transcripts = Transcripts(self.heard, store=MemoryCursors(), pace=Pace())
        self.stand_ins = StandIns(self.table, self.transcripts, self.heard, Pace(stand_in_after=0.0), self._leave)
        self.runners: list[Runner] = []

    def run(self, pid: int, agent: Agent = SILENT) -> Runner:
        runner = Runner(agent, pid, "7", str(self.home), 0.0, BEGUN, is_listed=True)
        self.runners.append(runner)
        return runner

    def look(self, *, is_thorough: bool = False) -> list[str]:
        self.stand_ins.look(self.runners, is_thorough=is_thorough)
        return [runner.stand_in.session if runner.stand_in else "" for runner in self.runners]

    def claims(self) -> list[Claim]:
        return [event.evidence.claim for event in self.heard.events if isinstance(event, EvidenceGiven)]

    def _leave(self, session: SessionId, runner: Runner, why: str) -> None:
        self.left.append((session, why))


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Play]:
    """A home without anything."""
    made = Play(tmp_path)
    yield made
    made.transcripts.close()


@pytest.fixture
def today(tmp_path: Path) -> Path:
    """Where the agent writes on this day."""
    return tmp_path / f"{datetime.now().astimezone():%Y-%m-%d}"


def begin_log(folder: Path, native: str, begun: float = BEGUN + 1, written: float = BEGUN + 2, **more: object) -> Path:
    return write(folder, native, at=begun, written=written, **more)


def test_a_process_without_a_log_is_shown_and_says_so(play: Play) -> None:
    play.run(1)

    assert play.look() == ["fake:pid-1"]
    assert play.claims() == [Claim.ALIVE]
    evidence = [event.evidence for event in play.heard.events if isinstance(event, EvidenceGiven)]
    assert evidence[0].detail == "it runs, and no log of it was found"


def test_a_process_that_began_just_now_and_will_tell_of_it_is_starting(play: Play) -> None:
    play.table.begun = {1: time.time() - 3, 2: time.time() - 3, 3: time.time() - 60}
    hooked = replace(SILENT, read_hook=lambda _call: [])
    for pid, agent in ((1, hooked), (2, SILENT), (3, hooked)):
        play.run(pid, agent)
        play.look()

    assert play.claims() == [Claim.SILENT, Claim.ALIVE, Claim.ALIVE]


def test_a_process_gets_the_name_of_its_log_when_that_appears(play: Play, today: Path) -> None:
    play.run(1)
    play.look()

    path = begin_log(today, "one")

    assert play.look() == ["fake:one"]
    assert play.left == [("fake:pid-1", RENAMED)]
    assert play.transcripts.paths == {str(path)}


def test_two_processes_of_one_directory_get_a_log_each(play: Play, today: Path) -> None:
    play.run(1)
    play.run(2)
    play.table.begun = {1: BEGUN, 2: BEGUN + 100}
    begin_log(today, "first", BEGUN + 1, BEGUN + 200)
    begin_log(today, "second", BEGUN + 101, BEGUN + 102)

    assert play.look() == ["fake:first", "fake:second"]


def test_a_log_that_one_process_writes_is_no_others(play: Play, today: Path) -> None:
    play.run(1)
    begin_log(today, "one")
    play.look()

    play.run(2)

    assert play.look() == ["fake:one", "fake:pid-2"]


def test_the_log_of_a_process_that_ended_is_no_others(play: Play, today: Path) -> None:
    runner = play.run(1)
    begin_log(today, "one", written=BEGUN + 2)
    play.look()
    play.stand_ins.forget(runner)
    play.runners.clear()
    play.transcripts.unfollow(SessionId("fake:one"), 1)

    play.run(2)

    assert play.look() == ["fake:pid-2"]


def test_an_errand_of_the_agents_own_is_no_session(play: Play, today: Path) -> None:
    play.run(1)
    begin_log(today, "title", hidden=True)

    assert play.look() == ["fake:pid-1"]


def test_what_a_process_holds_open_names_its_session_before_there_is_a_log(play: Play) -> None:
    play.run(1, TELLING)
    play.table.files[1] = [f"{play.home}/locks/one.lock", "/elsewhere/two.lock"]

    assert play.look() == ["fake:one"]
    assert play.claims() == [Claim.RESTING]


def test_what_was_said_of_a_session_without_a_log_is_taken_back_when_it_has_one(play: Play) -> None:
    play.run(1, TELLING)
    play.table.files[1] = [f"{play.home}/locks/one.lock"]
    play.look()

    begin_log(play.home / "logs" / "-project", "one")
    play.transcripts.look(str(play.home), "logs")
    play.look()
    play.look()

    assert play.claims() == [Claim.RESTING, Claim.ALIVE]


def test_of_two_processes_each_has_what_it_holds_whoever_wrote_last(play: Play, today: Path) -> None:
    for pid, native in ((1, "one"), (2, "two")):
        play.run(pid, TELLING)
        play.table.files[pid] = [f"{play.home}/locks/{native}.lock"]
        begin_log(today, native)

    assert play.look() == ["fake:one", "fake:two"]


def test_what_a_process_looks_into_for_a_moment_is_not_its_session(
    play: Play, today: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin_log(today, "left")
    play.run(1, TELLING)
    play.table.files[1] = [f"{play.home}/locks/one.lock"]
    play.look()
    play.table.files[1].append(f"{play.home}/locks/left.lock")

    assert play.look(is_thorough=True) == ["fake:one"]
    assert play.stand_ins.is_look_due
    play.table.files[1].pop()
    assert play.look() == ["fake:one"]
    play.table.files[1].append(f"{play.home}/locks/left.lock")
    monkeypatch.setattr("desktop.watchers.stand_ins._SETTLES_S", 0.0)
    assert play.look(is_thorough=True) == ["fake:left"], "it was taken up again"


def test_a_new_conversation_in_the_same_process_ends_the_one_before(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    play.run(1, TELLING)
    play.table.files[1] = [f"{play.home}/locks/one.lock"]
    play.look()
    play.table.files[1].append(f"{play.home}/locks/two.lock")

    assert play.look(is_thorough=True) == ["fake:one"], "it may be a helper's"
    assert play.stand_ins.is_look_due
    monkeypatch.setattr("desktop.watchers.stand_ins._SETTLES_S", 0.0)
    assert play.look() == ["fake:two"]
    assert play.left == [("fake:one", CLEARED)]
    assert play.look(is_thorough=True) == ["fake:two"]


def test_a_helper_of_the_agents_own_takes_nobodys_place(play: Play) -> None:
    play.run(1, TELLING)
    play.table.files[1] = [f"{play.home}/locks/one.lock"]
    play.look()

    begin_log(play.home / "logs" / "-project", "two", hidden=True)
    play.table.files[1].append(f"{play.home}/locks/two.lock")

    assert play.look(is_thorough=True) == ["fake:one"]


def test_a_known_session_is_looked_at_again_only_when_asked(play: Play) -> None:
    play.run(1, TELLING)
    play.table.files[1] = [f"{play.home}/locks/one.lock"]
    play.look()
    asked: list[int] = []
    play.table.open_files = lambda pid: asked.append(pid) or []  # type: ignore[method-assign,func-returns-value]

    play.look()
    assert asked == []
    play.look(is_thorough=True)
    assert asked == [1]


def test_a_file_whose_name_makes_the_adapter_stumble_names_nobody(play: Play) -> None:
    play.run(1, replace(TELLING, native_of_open_file=lambda path: path.split("\0")[1]))
    play.table.files[1] = [f"{play.home}/x"]

    assert play.look() == ["fake:pid-1"]


def test_the_folder_of_an_awaited_log_is_named_until_it_is_found(play: Play, today: Path) -> None:
    play.run(1)
    assert set(play.stand_ins.folders(play.runners)) == {str(play.home)}

    today.mkdir()
    assert play.stand_ins.folders(play.runners)[str(today)] == str(today)

    begin_log(today, "one")
    play.look()
    assert play.stand_ins.folders(play.runners) == {}


def test_what_the_log_says_is_told(play: Play, today: Path) -> None:
    play.run(1)
    with begin_log(today, "one").open("ab") as file:
        file.write(record("title", text="Paint it red"))

    play.look()

    named = [event.name for event in play.heard.events if isinstance(event, SessionDescribed) and event.name]
    assert [name for _, name in named] == ["Paint it red"]


def test_a_flood_of_ended_logs_is_forgotten(play: Play, today: Path) -> None:
    runner = play.run(1)
    begin_log(today, "one")
    play.look()
    play.stand_ins._spent.update({f"/{number}": 0.0 for number in range(1000)})

    play.stand_ins.forget(runner)

    assert len(play.stand_ins._spent) == 1000
    assert datetime.now(UTC).timestamp() - play.stand_ins._spent[str(today / "one.jsonl")] < 60


def test_what_its_server_tells_of_a_process_comes_before_all_guesses(play: Play, today: Path) -> None:
    begin_log(today, "guess")
    runner = play.run(1)
    told = {1: "told"}
    play.stand_ins._served = lambda pid: told.get(pid, "")

    assert play.look() == ["fake:told"]
    told[1] = "next"
    assert play.look() == ["fake:next"]
    assert play.left == [(SessionId("fake:told"), CLEARED)]
    assert runner.native == "next"


def test_the_log_of_a_session_that_was_told_before_it_began_is_found_by_its_head(play: Play, today: Path) -> None:
    runner = play.run(1, replace(SILENT, transcript_paths=None))
    play.stand_ins._told = lambda _pid: [SessionId("fake:told")]
    play.look()
    assert runner.native == "told"
    assert play.transcripts.paths == frozenset()
    today.mkdir()
    assert play.stand_ins.folders(play.runners)[str(today)] == str(today)

    path = today / "a-name-that-tells-nothing.jsonl"
    begin_log(today, "another")
    begin_log(today, "told").rename(path)
    play.look()

    assert play.transcripts.paths == {str(path)}
    assert play.claims() == [Claim.RESTING, Claim.ALIVE]
    assert play.stand_ins.folders(play.runners) == {}


def test_the_log_of_a_session_that_was_told_after_it_began_is_followed_from_the_start(play: Play, today: Path) -> None:
    play.run(1, replace(SILENT, transcript_paths=None))
    play.stand_ins._told = lambda _pid: [SessionId("fake:told")]
    path = begin_log(today, "told").rename(today / "a-name-that-tells-nothing.jsonl")

    assert play.look() == ["fake:told"]
    assert play.transcripts.paths == {str(path)}
    assert play.claims() == [Claim.ALIVE]
