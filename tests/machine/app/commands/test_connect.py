"""``agent-tray connect`` and ``disconnect``: nothing is changed that was not shown and agreed to."""

import io
import json
from pathlib import Path

import pytest

from desktop.app.commands import connect
from desktop.storage import paths
from tests.fakes import asking_agent


@pytest.fixture
def settings(home_of_its_own: Path) -> Path:
    home = Path(asking_agent.AGENT.default_home).expanduser()
    home.mkdir(parents=True)
    (home / "settings.json").write_text('{"mine": 1}\n')
    return home / "settings.json"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_with_yes_the_diff_is_shown_and_the_agent_is_connected(
    settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert connect.run(asking_agent.KIND, removes=False, is_agreed=True) == 0

    told = capsys.readouterr().out
    assert "+" in told
    assert "is connected" in told
    assert "hooks" in json.loads(settings.read_text())
    assert paths.places().relay.exists()


def test_without_yes_and_without_a_terminal_it_is_shown_and_not_done(
    settings: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))

    assert connect.run(asking_agent.KIND, removes=False, is_agreed=False) == 1

    told = capsys.readouterr()
    assert '"hooks"' in told.out
    assert "Nothing was changed." in told.out
    assert "Say --yes to agree." in told.err
    assert settings.read_text() == '{"mine": 1}\n'


@pytest.mark.parametrize(
    ("typed", "is_done"), [("y\n", True), ("Yes\n", True), ("\n", False), ("n\n", False), ("yep\n", False)]
)
def test_a_person_at_a_terminal_is_asked(
    settings: Path, monkeypatch: pytest.MonkeyPatch, typed: str, is_done: bool
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(typed))

    assert connect.run(asking_agent.KIND, removes=False, is_agreed=False) == (0 if is_done else 1)

    assert ("hooks" in settings.read_text()) is is_done


def test_a_terminal_that_ends_at_the_question_agrees_to_nothing(
    settings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(""))

    assert connect.run(asking_agent.KIND, removes=False, is_agreed=False) == 1

    assert settings.read_text() == '{"mine": 1}\n'


def test_disconnecting_restores_the_file(settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    connect.run(asking_agent.KIND, removes=False, is_agreed=True)

    assert connect.run(asking_agent.KIND, removes=True, is_agreed=True) == 0

    assert settings.read_text() == '{"mine": 1}\n'
    assert "is disconnected" in capsys.readouterr().out


def test_what_is_done_already_is_not_done_again_but_the_relay_is_brought_up_to_date(
    settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    connect.run(asking_agent.KIND, removes=False, is_agreed=True)
    paths.places().relay.write_text("an old relay")
    before = settings.read_bytes()

    assert connect.run(asking_agent.KIND, removes=False, is_agreed=False) == 0

    assert "connected already" in capsys.readouterr().out
    assert settings.read_bytes() == before
    assert paths.places().relay.read_text() != "an old relay"


def test_disconnecting_what_is_not_connected_says_so(settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert connect.run(asking_agent.KIND, removes=True, is_agreed=True) == 0

    assert "is not connected; nothing to do." in capsys.readouterr().out


def test_an_agent_nobody_knows_is_refused_with_those_that_can_be(capsys: pytest.CaptureFixture[str]) -> None:
    assert connect.run("no such", removes=False, is_agreed=True) == 2

    assert capsys.readouterr().err == "No agent called 'no such' can be connected. These can: fake.\n"


def test_settings_that_cannot_be_parsed_are_left_alone_with_a_clear_error(
    settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.write_text("{ not json")

    assert connect.run(asking_agent.KIND, removes=False, is_agreed=True) == 1

    assert str(settings) in capsys.readouterr().err
    assert settings.read_text() == "{ not json"
