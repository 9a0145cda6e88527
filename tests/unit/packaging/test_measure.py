import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

MEASURE = Path(__file__).parents[3] / "packaging" / "bench" / "measure.py"


@pytest.fixture
def measure(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("measure_under_test", MEASURE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    return module


def _in_turn(*numbers: float) -> Callable[[], float]:
    left: Iterator[float] = iter(numbers)
    return lambda: next(left)


def test_a_ratio_is_taken_within_its_round_and_its_median_counts(measure: ModuleType) -> None:
    row = measure.Row("r", _in_turn(3.0, 30.0, 2.0), 2.0, _in_turn(2.0, 10.0, 1.0), rounds=3)

    for number in range(3):
        row.run_round(number)

    assert row.scores == [1.5, 3.0, 2.0]
    assert row.verdict == "kept"


def test_a_missed_bar_says_by_how_much(measure: ModuleType) -> None:
    row = measure.Row("r", _in_turn(5.0), 2.0, _in_turn(2.0), rounds=1)

    row.run_round(0)

    assert row.verdict == "MISSED by 0.5"
    assert row.cells() == ("r", "2 ms", "5 ms", "2.5x (2.5-2.5)", "2x", "MISSED by 0.5")


def test_a_difference_and_a_bare_number_keep_their_unit(measure: ModuleType) -> None:
    over = measure.Row("over", _in_turn(90.0), 20.0, _in_turn(80.0), unit="MB", is_difference=True)
    bare = measure.Row("bare", _in_turn(400.0), 500.0)

    over.run_round(0)
    bare.run_round(0)

    assert over.cells()[3:5] == ("10 MB (10-10)", "20 MB")
    assert bare.cells()[1:5] == ("-", "400 ms", "400 ms (400-400)", "500 ms")


def test_floor_and_ours_take_turns_in_going_first(measure: ModuleType) -> None:
    order: list[str] = []
    row = measure.Row("r", lambda: order.append("ours") or 1.0, 2.0, lambda: order.append("floor") or 1.0, rounds=2)

    for number in range(3):
        row.run_round(number)

    assert order == ["floor", "ours", "ours", "floor"]


def test_a_broken_arm_costs_its_row_alone(measure: ModuleType) -> None:
    def breaks() -> float:
        raise OSError("no such thing")

    row = measure.Row("r", breaks, 2.0)

    row.run_round(0)

    assert row.verdict == "BROKEN OSError: no such thing"
    assert row.cells()[1:4] == ("-", "-", "-")
