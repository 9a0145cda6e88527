"""Homes: which are kept, and what is heard of them."""

from dataclasses import replace
from pathlib import Path

import pytest

from desktop.watchers.homes import MOST_HOMES, Homes
from desktop.watchers.runner import Runner
from tests.fakes.fake_agent_record import FAKE, KIND

BEARING = replace(FAKE, birth_dirs=("$FAKE_HOME/locks", "$FAKE_BIRTHS"))


@pytest.fixture
def homes(tmp_path: Path) -> Homes:
    """Homes of a person who has none yet."""
    return Homes([BEARING], {"HOME": str(tmp_path), "FAKE_BIRTHS": str(tmp_path / "births")})


def runner(home: Path) -> Runner:
    return Runner(BEARING, 1, "7", str(home), 0.0, 0.0)


def test_a_home_is_taken_in_once_and_a_flood_is_bounded(homes: Homes) -> None:
    assert homes.add(BEARING, "/a") is not None
    assert homes.add(BEARING, "/a") is None

    for number in range(100):
        homes.add(BEARING, f"/{number}")

    assert len(homes) == len(homes.values()) == MOST_HOMES


def test_a_home_is_kept_while_a_process_uses_it_and_the_default_one_for_ever(homes: Homes, tmp_path: Path) -> None:
    default = homes.default(BEARING)
    homes.add(BEARING, default)
    homes.add(BEARING, "/other")

    assert not homes.drop_unused([runner(Path("/other"))])
    assert homes.drop_unused([])

    assert list(homes) == [(KIND, default)]
    assert homes.get(KIND, "/other") is None


def test_the_nearest_directory_above_live_state_is_heard_until_it_is_there(homes: Homes, tmp_path: Path) -> None:
    files = homes.add(BEARING, str(tmp_path / ".fake"))
    assert set(homes.interests([])) == {str(tmp_path)}
    assert homes.files_heard_of(str(tmp_path)) == [files]

    (tmp_path / ".fake" / "live").mkdir(parents=True)

    assert set(homes.interests([])) == {str(tmp_path / ".fake" / "live")}
    assert homes.files_heard_of(str(tmp_path)) == ()


def test_births_are_heard_in_the_default_home_and_in_that_of_each_process(homes: Homes, tmp_path: Path) -> None:
    wanted = [tmp_path / ".fake" / "locks", tmp_path / "other" / "locks", tmp_path / "births"]
    for directory in wanted:
        directory.mkdir(parents=True)
    (tmp_path / "births").rmdir()

    homes.interests([runner(tmp_path / "other"), runner(tmp_path / "no-such-home")])

    assert homes.births == {str(directory) for directory in wanted[:2]}
