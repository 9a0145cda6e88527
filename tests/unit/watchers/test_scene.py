"""The scene step by step, with a table of processes of our own and without its thread."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest

from desktop.domain.agent import Agent
from desktop.domain.events import CommandStarted, EvidenceGiven, ProcessEnded, SessionDescribed, SessionEnded
from desktop.domain.ids import SessionId, session_id
from desktop.domain.session import Claim
from desktop.watchers.agent_server import AgentServers
from desktop.watchers.pace import Pace
from desktop.watchers.process_scan import Process
from desktop.watchers.scene import Scene
from tests.fakes import served_agent
from tests.fakes.fake_agent_record import FAKE, PROGRAM, Heard, MemoryCursors

PACE = Pace(scan_busy=0.0, scan_commands=0.0, scan_quiet=0.0, reconcile_live=0.0, reconcile_idle=0.0, fork_lasts=0.0)
FIRST = 2**22 + 1  # above every pid that Linux gives


class Table:
    """Processes as the test says."""

    def __init__(self) -> None:
        self.processes: dict[int, Process] = {}
        self.homes: dict[int, str] = {}

    def run(self, pid: int, started: str = "7", home: str = "", parent: int = 0, word: str = "-") -> None:
        self.processes[pid] = Process(pid, started, "", ("python", str(PROGRAM), word), parent)
        self.homes[pid] = home

    def pids(self) -> list[int]:
        return list(self.processes)

    def look(self, pid: int) -> Process | None:
        return self.processes.get(pid)

    def started(self, pid: int) -> str | None:
        process = self.processes.get(pid)
        return process.started if process is not None else None

    def environment(self, pid: int) -> Mapping[str, str]:
        return {"FAKE_HOME": self.homes[pid]}

    def cwd(self, pid: int) -> str:
        return "/project"

    def is_here(self, pid: int) -> bool:
        return True

    def begun_at(self, pid: int) -> float | None:
        return None

    def open_files(self, pid: int) -> list[str]:
        return []


@pytest.fixture
def table() -> Table:
    """No processes."""
    return Table()


@pytest.fixture
def heard() -> Heard:
    """All events."""
    return Heard()


def new_scene(
    home: Path,
    table: Table,
    heard: Heard,
    formerly: Mapping[int, str] = MappingProxyType({}),
    agents: Sequence[Agent] = (FAKE,),
    servers: AgentServers | None = None,
    pace: Pace = PACE,
) -> Scene:
    return Scene(
        agents,
        heard,
        store=MemoryCursors(),
        environment={"HOME": str(home)},
        pace=pace,
        table=table,
        formerly=formerly,
        servers=servers,
    )


@pytest.fixture
def scene(tmp_path: Path, table: Table, heard: Heard) -> Iterator[Scene]:
    """A scene that is about to be opened."""
    made = new_scene(tmp_path, table, heard)
    yield made
    made.close()


def write(home: Path, pid: int, session: str, started: str = "7") -> Path:
    path = home / "live" / f"{pid}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"pid": pid, "session": session, "started": started, "cwd": "/p", "status": "idle"}))
    return path


def sessions(heard: Heard) -> set[str]:
    return {event.session for event in heard.events if isinstance(event, SessionDescribed)}


def look(scene: Scene) -> None:
    scene.step(longest=0.0)


def test_fault_30_a_newcomer_with_the_same_pid_ends_the_one_before(
    scene: Scene, table: Table, heard: Heard, tmp_path: Path
) -> None:
    table.run(FIRST)
    write(tmp_path / ".fake", FIRST, "one")
    scene.open()
    assert sessions(heard) == {"fake:one"}

    table.run(FIRST, started="8")
    look(scene)

    ended = [index for index, event in enumerate(heard.events) if isinstance(event, ProcessEnded)]
    assert len(ended) == 1
    assert not [event for event in heard.events[ended[0] :] if isinstance(event, SessionDescribed)]


def test_a_process_that_only_begins_to_become_another_program_is_no_session(scene: Scene, table: Table) -> None:
    table.run(FIRST)
    scene.open()
    assert set(scene.known()) == {FIRST}

    table.run(FIRST + 1, parent=FIRST)
    look(scene)
    assert set(scene.known()) == {FIRST}

    table.run(FIRST + 1, parent=FIRST, word="another session")
    look(scene)
    assert set(scene.known()) == {FIRST, FIRST + 1}


def test_a_copied_home_tells_the_same_session_and_its_copy_ends_nothing(
    scene: Scene, table: Table, heard: Heard, tmp_path: Path
) -> None:
    table.run(FIRST)
    table.run(FIRST + 1, home=str(tmp_path / "copy"))
    write(tmp_path / ".fake", FIRST, "one")
    write(tmp_path / "copy", FIRST, "one")
    scene.open()
    look(scene)

    write(tmp_path / "copy", FIRST, "elsewhere")
    look(scene)

    assert not [event for event in heard.events if isinstance(event, SessionEnded)]


def test_a_home_that_nobody_uses_any_more_is_let_go(scene: Scene, table: Table, tmp_path: Path) -> None:
    table.run(FIRST, home=str(tmp_path / "other"))
    scene.open()
    look(scene)
    assert len(scene._homes) == 2

    del table.processes[FIRST]
    look(scene)
    look(scene)

    assert [path for _, path in scene._homes] == [str(tmp_path / ".fake")]


def test_a_flood_of_homes_is_bounded(scene: Scene, table: Table, tmp_path: Path) -> None:
    for number in range(200):
        table.run(FIRST + number, home=str(tmp_path / f"home{number}"))

    scene.open()

    assert len(scene._homes) <= 64


def test_a_file_that_stays_unreadable_is_counted_once(scene: Scene, table: Table, tmp_path: Path) -> None:
    table.run(FIRST)
    write(tmp_path / ".fake", FIRST, "one").write_bytes(b"{")
    scene.open()
    for key in scene._again:
        scene._again[key] = 0.0

    for _ in range(3):
        look(scene)

    assert sum(scene._transcripts._skipped.values()) == 1


def test_a_process_that_was_known_before_a_failure_and_is_gone_is_reported(
    tmp_path: Path, table: Table, heard: Heard
) -> None:
    scene = new_scene(tmp_path, table, heard, formerly={FIRST: "7"})

    scene.open()
    scene.close()

    assert [event.pid for event in heard.events if isinstance(event, ProcessEnded)] == [FIRST]
    assert scene.known() == {}


def test_fault_32_ten_thousand_old_transcripts_are_not_even_opened(
    scene: Scene, table: Table, heard: Heard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / ".fake" / "logs" / "-p"
    folder.mkdir(parents=True)
    for number in range(10_000):
        (folder / f"{number}.jsonl").touch()
    table.run(FIRST)
    write(tmp_path / ".fake", FIRST, "7")
    opened: list[str] = []
    monkeypatch.setattr("desktop.watchers.own_files.open_own", _recording(opened))

    scene.open()
    look(scene)

    assert [path for path in set(opened) if path.endswith(".jsonl")] == [str(folder / "7.jsonl")]


def test_an_agent_that_is_installed_and_does_not_run_costs_nothing_while_nothing_happens(
    tmp_path: Path, table: Table, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / ".fake"
    (home / "logs" / "today").mkdir(parents=True)
    (home / "logs" / "today" / "old.jsonl").write_bytes(b"{}\n")
    silent = replace(
        FAKE,
        live_state_dir="",
        log_dirs=lambda home, _cwd, _now: [f"{home}/logs/today"],
        read_log_head=lambda _raw, _path: pytest.fail("a head was read"),
        native_of_open_file=lambda _path: pytest.fail("an open file was looked at"),
        birth_dirs=("$FAKE_HOME/logs",),
    )
    scene = new_scene(tmp_path, table, heard, agents=[silent])
    scene.open()
    touched: list[object] = []
    for module, name in (("os", "scandir"), ("os", "listdir"), ("os", "open"), ("os", "stat")):
        monkeypatch.setattr(f"{module}.{name}", lambda *what, **_: touched.append(what))

    for _ in range(20):
        scene._reconcile_at = float("inf")
        look(scene)
    monkeypatch.undo()
    scene.close()

    assert touched == []
    assert heard.events == []


def _recording(opened: list[str]) -> object:
    from desktop.watchers import own_files

    real = own_files.open_own

    def open_own(path: str) -> object:
        opened.append(path)
        return real(path)

    return open_own


AGAIN = replace(FAKE, live_state_dir="", read_live_state=None, starts_itself_again=True)


@pytest.mark.parametrize("pids", [(FIRST, FIRST + 1), (FIRST + 1, FIRST)])
def test_of_a_program_that_starts_itself_again_the_child_is_the_session(
    tmp_path: Path, table: Table, heard: Heard, pids: tuple[int, int]
) -> None:
    parent, child = pids
    scene = new_scene(tmp_path, table, heard, agents=[AGAIN])
    table.run(parent)
    table.run(child, parent=parent)

    scene.open()
    look(scene)
    look(scene)

    assert set(scene.known()) == {child}
    assert all(event.is_alias for event in heard.events if isinstance(event, SessionEnded))
    scene.close()


def test_a_program_that_was_seen_before_it_started_itself_again_gives_way(
    tmp_path: Path, table: Table, heard: Heard
) -> None:
    scene = new_scene(tmp_path, table, heard, agents=[AGAIN])
    table.run(FIRST)
    scene.open()
    look(scene)
    table.run(FIRST + 1, parent=FIRST)

    look(scene)
    look(scene)

    assert set(scene.known()) == {FIRST + 1}
    assert [event.is_alias for event in heard.events if isinstance(event, SessionEnded)] == [True]
    scene.close()


def test_two_sessions_of_such_a_program_side_by_side_are_both_seen(tmp_path: Path, table: Table, heard: Heard) -> None:
    scene = new_scene(tmp_path, table, heard, agents=[AGAIN])
    for parent in (FIRST, FIRST + 10):
        table.run(parent)
        table.run(parent + 1, parent=parent)

    scene.open()
    look(scene)
    look(scene)

    assert set(scene.known()) == {FIRST + 1, FIRST + 11}
    scene.close()


def test_a_fork_that_becomes_another_program_is_no_session(tmp_path: Path, table: Table, heard: Heard) -> None:
    scene = new_scene(tmp_path, table, heard, agents=[AGAIN])
    table.run(FIRST)
    scene.open()
    table.run(FIRST + 1, parent=FIRST)
    look(scene)
    del table.processes[FIRST + 1]

    look(scene)

    assert set(scene.known()) == {FIRST}
    assert not any(isinstance(event, SessionEnded) for event in heard.events)
    scene.close()


def test_a_fork_that_is_slow_to_become_another_program_takes_nobodys_place(
    tmp_path: Path, table: Table, heard: Heard
) -> None:
    scene = new_scene(tmp_path, table, heard, agents=[AGAIN], pace=replace(PACE, fork_lasts=60.0))
    table.run(FIRST)
    scene.open()
    table.run(FIRST + 1, parent=FIRST)
    for _ in range(3):
        look(scene)

    del table.processes[FIRST + 1]
    look(scene)

    assert set(scene.known()) == {FIRST}
    assert not any(isinstance(event, SessionEnded) for event in heard.events)
    scene.close()


def test_a_child_that_was_started_with_other_words_is_the_session_at_once(
    tmp_path: Path, table: Table, heard: Heard
) -> None:
    scene = new_scene(tmp_path, table, heard, agents=[AGAIN], pace=replace(PACE, fork_lasts=60.0))
    table.run(FIRST)
    table.run(FIRST + 1, parent=FIRST, word="--more-memory")

    scene.open()

    assert set(scene.known()) == {FIRST + 1}
    scene.close()


def test_what_a_process_said_counts_more_than_what_its_logs_let_guess(
    tmp_path: Path, table: Table, heard: Heard
) -> None:
    told: dict[int, tuple[SessionId, ...]] = {}
    silent = replace(FAKE, live_state_dir="", read_live_state=None)
    scene = Scene(
        [silent],
        heard,
        store=MemoryCursors(),
        environment={"HOME": str(tmp_path)},
        pace=PACE,
        table=table,
        formerly={},
        told=lambda pid: told.get(pid, ()),
    )
    for pid in (FIRST, FIRST + 1):
        table.run(pid)
    told[FIRST + 1] = (session_id(silent.kind, "one"),)
    scene.open()
    look(scene)

    told |= {FIRST: told[FIRST + 1], FIRST + 1: ()}
    look(scene)

    gone = [
        event.evidence.origin
        for event in heard.events
        if isinstance(event, EvidenceGiven) and event.evidence.claim is Claim.GONE
    ]
    assert gone == [str(FIRST + 1)]
    scene.close()


def test_servers_are_told_of_the_processes_that_have_one_and_of_their_end(
    tmp_path: Path, table: Table, heard: Heard
) -> None:
    served = replace(FAKE, server=served_agent.agent("/nowhere").server)
    servers = AgentServers(heard)
    told: list[object] = []
    servers.meet = lambda agent, pid, *_: told.append((agent.kind, pid))  # type: ignore[method-assign]
    servers.lost = told.append  # type: ignore[method-assign]
    table.run(FIRST, home=str(tmp_path))
    scene = new_scene(tmp_path, table, heard, agents=(served,), servers=servers)
    scene.open()
    look(scene)

    del table.processes[FIRST]
    look(scene)
    look(scene)
    scene.close()

    assert told == [(FAKE.kind, FIRST), FIRST]


def commands(heard: Heard) -> list[CommandStarted]:
    return [event for event in heard.events if isinstance(event, CommandStarted)]


def test_what_an_agent_without_live_state_runs_is_told_of_once(tmp_path: Path, table: Table, heard: Heard) -> None:
    silent = replace(FAKE, live_state_dir="", read_live_state=None)
    scene = new_scene(tmp_path, table, heard, agents=(silent,))
    table.run(FIRST)
    scene.open()

    table.run(FIRST + 1, parent=FIRST)  # a fork, about to be the command
    look(scene)
    assert commands(heard) == []

    table.processes[FIRST + 1] = Process(FIRST + 1, "7", "/bin/sh", ("sh", "-c", "make"), FIRST)
    table.processes[FIRST + 2] = Process(FIRST + 2, "7", "/bin/sh", ("sh", "-c", "make"), FIRST + 1)
    look(scene)
    look(scene)

    assert [(event.pid, event.argv) for event in commands(heard)] == [(FIRST, ("sh", "-c", "make"))]
    scene.close()


def test_what_an_agent_runs_that_says_itself_where_it_stands_is_not_told_of(
    scene: Scene, table: Table, heard: Heard
) -> None:
    table.run(FIRST)
    scene.open()

    table.processes[FIRST + 1] = Process(FIRST + 1, "7", "/bin/sh", ("sh", "-c", "make"), FIRST)
    look(scene)

    assert commands(heard) == []
