"""Processes, real and made up."""

import os
import select
import shutil
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from desktop.watchers import process_scan
from desktop.watchers.process_scan import ChildrenOf, LinuxProcesses, NewPids, PortableProcesses

STAT = "{pid} ({name}) {state} 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 {started} 0 0\n"


class MadeUp:
    """A /proc of our own."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def add(self, pid: int, *, name: str = "x", started: int = 7, state: str = "S", uid: int | None = None) -> None:
        folder = self.root / str(pid)
        folder.mkdir(exist_ok=True)
        (folder / "stat").write_text(STAT.format(pid=pid, name=name, state=state, started=started))
        (folder / "status").write_text(f"Name:\tx\nUid:\t{os.getuid() if uid is None else uid}\t0\t0\t0\n")
        (folder / "cmdline").write_bytes(b"agent\0--flag\0")
        (folder / "environ").write_bytes(b"A=1\0HOME_OF=/x=y\0junk\0")

    def table(self) -> LinuxProcesses:
        return LinuxProcesses(str(self.root))


@pytest.fixture
def made_up(tmp_path: Path) -> MadeUp:
    """An empty /proc."""
    return MadeUp(tmp_path)


def test_attack_48_a_name_with_brackets_and_blanks_does_not_shift_the_fields(made_up: MadeUp) -> None:
    made_up.add(10, name="evil) S 1 1 1 0 (", started=4711)

    assert made_up.table().started(10) == "4711"


def test_fault_30_a_zombie_and_another_users_process_do_not_live(made_up: MadeUp) -> None:
    made_up.add(10, state="Z")
    made_up.add(11, uid=os.getuid() + 1)

    assert made_up.table().started(10) is None
    assert made_up.table().look(11) is None


def test_a_program_that_was_updated_while_it_runs_is_the_same_program(made_up: MadeUp, tmp_path: Path) -> None:
    sleep = shutil.which("sleep")
    assert sleep is not None
    program = Path(shutil.copy(sleep, tmp_path / "sleep"))
    with subprocess.Popen([program, "60"]) as running:
        program.unlink()

        process = LinuxProcesses().look(running.pid)

        running.kill()
    assert process is not None
    assert process.exe == str(program)


def test_a_process_is_described_by_its_arguments_and_environment(made_up: MadeUp) -> None:
    made_up.add(10)
    table = made_up.table()

    process = table.look(10)

    assert process is not None
    assert process.argv == ("agent", "--flag")


def test_a_living_process_tells_its_environment_and_directory(tmp_path: Path) -> None:
    waits = [sys.executable, "-c", "input()"]
    with subprocess.Popen(waits, stdin=subprocess.PIPE, cwd=tmp_path, env={"HOME_OF": "/x=y"}) as process:
        table = LinuxProcesses()
        # The kernel lets go of our pipe a moment before it shows the new program's environment.
        while not table.environment(process.pid):
            assert process.poll() is None

        assert table.environment(process.pid)["HOME_OF"] == "/x=y"
        assert table.cwd(process.pid) == str(tmp_path)
        process.communicate(b"\n")


def test_a_demo_sees_only_the_processes_it_started() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        below = ChildrenOf(LinuxProcesses(), os.getpid())

        assert process.pid in below.pids()
        assert os.getpid() not in below.pids()
        assert below.look(process.pid) is not None
        assert below.started(process.pid) is not None
        assert below.cwd(process.pid) == str(Path.cwd())
        assert below.environment(process.pid)
        assert ChildrenOf(LinuxProcesses(), 2**22 + 1).pids() == []
        process.communicate(b"\n")


def test_a_process_that_is_gone_is_nothing(made_up: MadeUp) -> None:
    table = made_up.table()

    assert table.look(10) is None


def test_only_new_pids_are_looked_at_a_few_times_over(made_up: MadeUp) -> None:
    made_up.add(10)
    news = NewPids(made_up.table())
    assert news.scan() == [10]
    assert news.scan() == []

    made_up.add(11)
    made_up.add(12)

    assert news.scan() == [11, 12]
    news.settle(12)
    assert news.scan() == [11]
    assert [news.scan() for _ in range(4)][-1] == []


def test_fault_30_a_pid_used_again_between_two_scans_is_new(made_up: MadeUp) -> None:
    made_up.add(10)
    news = NewPids(made_up.table())
    news.scan()

    news.forget(10)

    assert news.scan() == [10]


def test_a_scan_with_nothing_new_opens_no_process(made_up: MadeUp) -> None:
    for pid in range(100, 200):
        made_up.add(pid)
    opened: list[int] = []

    class Watched(LinuxProcesses):
        def look(self, pid: int) -> process_scan.Process | None:
            opened.append(pid)
            return super().look(pid)

    news = NewPids(Watched(str(made_up.root)))
    news.scan()

    assert news.scan() == []
    assert opened == []


@pytest.mark.skipif(sys.platform != "linux", reason="pidfd is Linux's")
def test_an_exit_makes_its_descriptor_readable() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    descriptor = process_scan.open_exit(child.pid)
    assert descriptor is not None
    assert select.select([descriptor], [], [], 0)[0] == []

    child.communicate(b"\n")

    assert select.select([descriptor], [], [], 2)[0] == [descriptor]
    os.close(descriptor)


def test_no_descriptor_for_a_process_that_is_gone() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()

    assert process_scan.open_exit(child.pid) is None


@pytest.mark.skipif(sys.platform != "linux", reason="compares with /proc")
def test_both_tables_see_this_process_alike() -> None:
    pid = os.getpid()
    linux, portable = LinuxProcesses(), PortableProcesses()

    ours, theirs = linux.look(pid), portable.look(pid)

    assert ours is not None
    assert theirs is not None
    assert ours.argv == theirs.argv
    assert linux.cwd(pid) == portable.cwd(pid) == str(Path.cwd())
    assert linux.environment(pid) == portable.environment(pid)
    assert linux.begun_at(pid) == pytest.approx(portable.begun_at(pid), abs=1.0)
    assert pid in linux.pids()
    assert pid in portable.pids()
    ticks = psutil.Process(pid).create_time() - psutil.boot_time()
    assert ours.started is not None
    assert abs(int(ours.started) / os.sysconf("SC_CLK_TCK") - ticks) < 2


def test_the_portable_table_knows_nothing_of_a_process_that_is_gone() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    table = PortableProcesses()

    assert table.look(child.pid) is None
    assert table.environment(child.pid) == {}
    assert table.cwd(child.pid) == ""


@pytest.mark.skipif(sys.platform != "linux", reason="listed from /proc")
def test_the_files_that_a_process_holds_open_are_named(tmp_path: Path) -> None:
    table = process_scan.process_table()
    with (tmp_path / "held").open("wb"):
        held = ChildrenOf(table, 1).open_files(os.getpid())
        assert str(tmp_path / "held") in held
        assert all(path.startswith("/") for path in held), "neither pipes nor sockets"

    assert str(tmp_path / "held") not in table.open_files(os.getpid())


def test_of_a_process_that_holds_very_much_open_not_all_is_listed(made_up: MadeUp) -> None:
    made_up.add(10)
    folder = made_up.root / "10" / "fd"
    folder.mkdir()
    for number in range(process_scan.MOST_OPEN_FILES + 100):
        (folder / str(number)).symlink_to("/home/dev/x")

    assert len(made_up.table().open_files(10)) == process_scan.MOST_OPEN_FILES
    assert made_up.table().open_files(11) == []
    assert PortableProcesses().open_files(os.getpid()) == []
