"""Homes and transcripts, and nothing outside them."""

from dataclasses import replace
from pathlib import Path

import pytest

from desktop.watchers import log_discovery
from tests.fakes.fake_agent_record import FAKE


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with one transcript."""
    folder = tmp_path / "logs" / "-project"
    folder.mkdir(parents=True)
    (folder / "one.jsonl").write_bytes(b"{}\n")
    return tmp_path


def test_the_default_home_is_below_the_users() -> None:
    assert log_discovery.default_home(FAKE, {"HOME": "/home/dev"}) == "/home/dev/.fake"


def test_a_variable_that_is_not_set_names_no_directory() -> None:
    assert log_discovery.expanded("$NOWHERE/x", {}) == ""
    assert log_discovery.expanded("$HERE/x", {"HERE": "/a"}) == "/a/x"


@pytest.mark.parametrize(
    ("named", "home"), [("/cfg/", "/cfg"), ("", "/default"), ("relative", "/default"), ("/a\0b", "/default")]
)
def test_a_process_names_its_home_by_an_absolute_path(named: str, home: str) -> None:
    assert log_discovery.home_of(FAKE, {"FAKE_HOME": named}, "/default") == home


def test_a_home_may_lie_below_what_a_process_names() -> None:
    agent = replace(FAKE, home_below="fake")

    assert log_discovery.home_of(agent, {"FAKE_HOME": "/cfg"}, "/default") == "/cfg/fake"


def test_a_transcript_is_found_by_its_likely_name(home: Path) -> None:
    assert log_discovery.find_transcript(FAKE, str(home), "one", "/project") == str(
        home / "logs" / "-project" / "one.jsonl"
    )
    assert log_discovery.find_transcript(FAKE, str(home), "two", "/project") == ""


def test_a_transcript_in_an_unlikely_folder_is_found_by_searching(home: Path) -> None:
    assert log_discovery.search_transcript(FAKE, str(home), "one").endswith("/-project/one.jsonl")
    assert log_discovery.search_transcript(FAKE, str(home / "no"), "one") == ""


@pytest.mark.parametrize("native", ["../one", "a/../../b", "", "\n", "x" * 500])
def test_attack_44_an_id_never_leads_out_of_the_home(home: Path, native: str) -> None:
    assert log_discovery.candidates(FAKE, str(home), native, "/project") == []
    assert log_discovery.search_transcript(FAKE, str(home), native) == ""


def test_paths_outside_the_transcript_directory_are_not_believed(home: Path) -> None:
    astray = replace(FAKE, transcript_paths=lambda _home, _native, _cwd: ["/etc/passwd", f"{home}/logs/../x.jsonl"])

    assert log_discovery.candidates(astray, str(home), "one", "/project") == []


def test_attack_42_a_link_is_no_transcript(home: Path) -> None:
    folder = home / "logs" / "-project"
    (folder / "two.jsonl").symlink_to(folder / "one.jsonl")

    assert log_discovery.find_transcript(FAKE, str(home), "two", "/project") == ""


def test_the_nearest_directory_that_exists_is_not_above_the_limit(home: Path) -> None:
    deep = home / "logs" / "a" / "b"

    assert log_discovery.nearest_existing(str(deep), str(home)) == str(home / "logs")
    assert log_discovery.nearest_existing("/nonexistent/a/b", "/nonexistent/a") == ""
