"""Where a directory belongs, told from repositories that git itself made."""

import os
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from desktop.domain.events import Event, SessionDescribed
from desktop.domain.ids import AgentKind, SessionId
from desktop.watchers import repository
from desktop.watchers.repository import Checkout, Located, find

NOW = datetime(2026, 1, 1, tzinfo=UTC)

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def git(directory: Path, *words: str) -> None:
    identity = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.org", "-c", "init.defaultBranch=main")
    environment = {"PATH": os.environ["PATH"], "HOME": str(directory), "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(["git", *identity, *words], cwd=directory, env=environment, check=True, capture_output=True)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    place = tmp_path / "shop"
    (place / "deep" / "down").mkdir(parents=True)
    git(place, "init")
    git(place, "commit", "--allow-empty", "-m", "begin")
    return place


def described(cwd: Path | str, branch: str | None = None) -> SessionDescribed:
    return SessionDescribed(SessionId("fake:one"), AgentKind("fake"), NOW, cwd=str(cwd), branch=branch)


def test_a_directory_belongs_to_the_repository_above_it(shop: Path) -> None:
    assert find(str(shop / "deep" / "down")) == Checkout(str(shop), str(shop), "main")


def test_worktrees_belong_to_one_repository_and_have_their_own_branch(shop: Path, tmp_path: Path) -> None:
    beside = tmp_path / "beside"
    git(shop, "worktree", "add", "-b", "feature/tax", str(beside))

    assert find(str(beside)) == Checkout(str(shop), str(beside), "feature/tax")


def test_a_worktree_of_a_bare_repository_belongs_to_it(shop: Path, tmp_path: Path) -> None:
    bare, tree = tmp_path / "shop.git", tmp_path / "tree"
    git(tmp_path, "clone", "--bare", str(shop), str(bare))
    git(bare, "worktree", "add", str(tree), "main")

    assert find(str(tree)) == Checkout(str(bare), str(tree), "main")


def test_a_submodule_is_a_repository_of_its_own(shop: Path, tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    whole.mkdir()
    git(whole, "init")
    git(whole, "-c", "protocol.file.allow=always", "submodule", "add", str(shop), "part")

    assert find(str(whole / "part")) == Checkout(str(whole / "part"), str(whole / "part"), "main")


def test_without_a_branch_none_is_told(shop: Path) -> None:
    git(shop, "checkout", "--detach")

    assert find(str(shop)) == Checkout(str(shop), str(shop), "")


@pytest.mark.parametrize("words", ["", "gitdir: ", "nonsense", "gitdir: ../../../../../../etc", "\0" * 9000])
def test_a_mark_that_says_nothing_of_use_is_no_repository_elsewhere(tmp_path: Path, words: str) -> None:
    (tmp_path / ".git").write_text(words)

    found = find(str(tmp_path))

    assert found is None or found == Checkout(str(tmp_path), str(tmp_path), "")


def test_a_pipe_or_a_path_that_is_none_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    os.mkfifo(tmp_path / ".git" / "HEAD")

    assert find(str(tmp_path)) == Checkout(str(tmp_path), str(tmp_path), "")
    assert find("relative/path") is None
    assert find("/") is None


def test_what_is_said_of_a_session_gains_its_repository_and_keeps_its_own_branch(shop: Path) -> None:
    heard: list[Event] = []
    located = Located(heard.append)

    located(described(shop))
    located(described(shop, "told by the agent"))
    located(described("/nowhere/at/all"))

    told = [(event.repository, event.branch) for event in heard if isinstance(event, SessionDescribed)]
    assert told == [(str(shop), "main"), (str(shop), "told by the agent"), (None, None)]


def test_a_directory_is_looked_at_once_in_a_while_and_again_later(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[str] = []
    now = [0.0]
    monkeypatch.setattr(repository, "find", lambda directory: looks.append(directory))
    monkeypatch.setattr(repository.time, "monotonic", lambda: now[0])
    located = Located(lambda event: None)

    for _ in range(5):
        located(described(shop))
    now[0] = 11.0
    located(described(shop))
    for number in range(600):
        located(described(f"/{number}"))
    located(described(shop))

    assert looks.count(str(shop)) == 3, "once, again when it is old, again when it was forgotten among so many"
