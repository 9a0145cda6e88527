import os
from pathlib import Path

import pytest

from desktop.formats import proc_stat
from desktop.formats.proc_stat import ProcStat

TAIL = b" S %d 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 %d 0 0\n"


@pytest.mark.parametrize("name", [b"plain", b"with blank", b"tricky) S 1 2 3 (x", b"\xff", b"new\nline", b""])
def test_attack_48_a_process_may_call_itself_anything(name: bytes) -> None:
    found = proc_stat.parse(b"12 (" + name + b")" + TAIL % (7, 4242))

    assert found is not None
    assert (found.parent, found.started) == (7, 4242)


def test_it_reads_the_real_thing() -> None:
    found = proc_stat.parse(Path("/proc/self/stat").read_bytes())

    assert found is not None
    assert found.parent == os.getppid()


@pytest.mark.parametrize("raw", [b"", b"12", b"12 (x", b"12 (x) S", b"12 (x) S a" + b" 1" * 30])
def test_what_is_no_stat_line_is_nothing(raw: bytes) -> None:
    assert proc_stat.parse(raw) is None


PROCESSES = {
    1: ProcStat("init", 0, 0),
    10: ProcStat("agent", 1, 100),
    20: ProcStat("sh", 10, 200),
    30: ProcStat("h", 20, 300),
}


def test_a_child_of_a_child_descends() -> None:
    assert proc_stat.ancestors(30, PROCESSES.get) == (30, 20, 10, 1)
    assert proc_stat.descends(30, (10,), PROCESSES.get)
    assert not proc_stat.descends(10, (30,), PROCESSES.get)


def test_a_parent_younger_than_its_child_is_another_process() -> None:
    reused = PROCESSES | {10: ProcStat("newcomer", 1, 250)}

    assert not proc_stat.descends(30, (10,), reused.get)


def test_a_circle_of_parents_ends() -> None:
    circle = {2: ProcStat("a", 3, 5), 3: ProcStat("b", 2, 5)}

    assert not proc_stat.descends(2, (9,), circle.get)


def test_a_process_replaced_while_we_looked_is_not_believed() -> None:
    told = iter([PROCESSES[30], PROCESSES[30], PROCESSES[20], PROCESSES[10], PROCESSES[1], ProcStat("new", 10, 999)])

    assert not proc_stat.descends(30, (10,), lambda pid: next(told))


def test_a_process_that_is_gone_descends_from_nobody() -> None:
    assert not proc_stat.descends(99, (99,), PROCESSES.get)
