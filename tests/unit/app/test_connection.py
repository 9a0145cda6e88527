"""Connecting an agent: which homes, which version, what changes, and what must be there before it does."""

import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from desktop.app import connection
from desktop.domain.session import Session
from desktop.relay import main as relay
from desktop.storage import paths
from desktop.storage.hook_setup import SetupError
from tests.fakes.hook_agent import AGENT, KIND, SESSION

ROBOT = replace(AGENT, default_home="~/.robot", home_variable="ROBOT_HOME")
ONE = Session(SESSION, KIND, datetime(2026, 5, 6, tzinfo=UTC))


@pytest.fixture
def home() -> Path:
    made = Path.home() / ".robot"
    made.mkdir()
    return made


def test_the_homes_are_the_one_of_the_person_and_those_of_its_running_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    sessions = [
        replace(ONE, home="/srv/robot"),
        replace(ONE, home="/srv/robot"),
        replace(ONE, home=""),
        replace(ONE, home="/other", agent=type(KIND)("other")),
    ]

    assert connection.homes_of(ROBOT, sessions) == (Path.home() / ".robot", Path("/srv/robot"))
    monkeypatch.setenv("ROBOT_HOME", "~/elsewhere")
    assert connection.homes_of(ROBOT) == (Path.home() / "elsewhere",)
    assert connection.homes_of(replace(ROBOT, home_below="robot")) == (Path.home() / "elsewhere" / "robot",)


@pytest.mark.parametrize(
    ("versions", "oldest"),
    [
        ([], ()),
        (["2.1.10", "2.1.9"], (2, 1, 9)),
        (["", "2.1.9"], (2, 1, 9)),
        (["2.1.9-beta", "dev"], ()),
    ],
)
def test_the_version_is_the_oldest_that_runs(versions: list[str], oldest: tuple[int, ...]) -> None:
    sessions = [replace(ONE, version=version) for version in versions]

    assert connection.version_of(ROBOT, sessions) == oldest


def test_connecting_puts_the_relay_in_its_place_and_the_hook_into_the_settings(home: Path) -> None:
    made = connection.plans(ROBOT, [home], removes=False)
    assert not (home / "settings.json").exists()
    assert not paths.places().relay.exists()

    connection.carry_out(made)

    assert paths.places().relay.read_bytes() == Path(relay.__file__).read_bytes()
    assert str(paths.places().relay) in (home / "settings.json").read_text()
    assert connection.connected([ROBOT]) == {KIND: True}


def test_planning_again_changes_nothing_and_disconnecting_leads_back(home: Path) -> None:
    (home / "settings.json").write_text('{"mine": 1}\n')
    connection.carry_out(connection.plans(ROBOT, [home], removes=False))
    assert connection.plans(ROBOT, [home], removes=False) == []

    connection.carry_out(connection.plans(ROBOT, [home], removes=True))

    assert (home / "settings.json").read_text() == '{"mine": 1}\n'
    assert connection.plans(ROBOT, [home], removes=True) == []
    assert connection.connected([ROBOT]) == {KIND: False}


def test_one_of_several_homes_without_the_hook_is_not_connected(home: Path, tmp_path: Path) -> None:
    connection.carry_out(connection.plans(ROBOT, [home], removes=False))
    other = replace(ONE, home=str(tmp_path))

    assert connection.connected([ROBOT], [other]) == {KIND: False}
    connection.carry_out(connection.plans(ROBOT, connection.homes_of(ROBOT, [other]), removes=False))
    assert connection.connected([ROBOT], [other]) == {KIND: True}


def test_a_home_that_is_not_there_is_not_connected_and_does_not_count_against_others(home: Path) -> None:
    assert not connection.is_connected(ROBOT, [home / "gone"])
    connection.carry_out(connection.plans(ROBOT, [home], removes=False))
    assert connection.is_connected(ROBOT, [home, home / "gone"])


def test_an_agent_that_has_no_hook_is_neither() -> None:
    assert connection.connected([replace(ROBOT, hook_setup=None)]) == {}


def test_settings_that_cannot_be_parsed_stop_the_planning_and_are_left_alone(home: Path) -> None:
    (home / "settings.json").write_text("{ not json")

    with pytest.raises(SetupError, match=r"settings\.json"):
        connection.plans(ROBOT, [home], removes=False)

    assert (home / "settings.json").read_text() == "{ not json"


def test_a_relay_that_cannot_be_put_in_its_place_leaves_the_settings_alone(home: Path) -> None:
    data = paths.places().data
    data.parent.mkdir(parents=True, exist_ok=True)
    data.write_text("a file in the place of our folder")
    made = connection.plans(ROBOT, [home], removes=False)

    with pytest.raises(SetupError, match="could not be written"):
        connection.carry_out(made)

    assert os.listdir(home) == []


def test_disconnecting_needs_no_relay(home: Path) -> None:
    connection.carry_out(connection.plans(ROBOT, [home], removes=False))
    paths.places().relay.unlink()

    connection.carry_out(connection.plans(ROBOT, [home], removes=True))

    assert not paths.places().relay.exists()
    assert connection.connected([ROBOT]) == {KIND: False}


def test_settings_that_changed_since_they_were_shown_are_not_overwritten(home: Path) -> None:
    made = connection.plans(ROBOT, [home], removes=False)
    (home / "settings.json").write_text('{"just": "typed"}')

    with pytest.raises(SetupError):
        connection.carry_out(made)

    assert json.loads((home / "settings.json").read_text()) == {"just": "typed"}


def test_the_diff_is_clean_text_with_every_line_of_every_plan(home: Path, tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text('{"x": "\u202e\x1b[2J"}\n'.replace("\x1b", "\\u001b"))

    told = connection.diff_of(connection.plans(ROBOT, [home, tmp_path], removes=False))

    assert told.count('+            "command":') >= 2
    assert "\u202e" not in told
