"""Which directories a session may begin in."""

from dataclasses import replace
from pathlib import Path

import pytest

from desktop.app.trust import is_trusted
from desktop.formats import session_starts

ASKS_NOT = session_starts.over_stream_json(
    "agent",
    trust_places=("$AGENT_HOME/trusted", "~/trusted"),
    trusts=lambda content, directory: directory.encode() in content.splitlines(),
)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A repository with a directory in it."""
    (tmp_path / "shop" / ".git").mkdir(parents=True)
    (tmp_path / "shop" / "src").mkdir()
    return tmp_path / "shop"


def trusts(home: Path, *directories: Path) -> dict[str, str]:
    (home / "trusted").write_text("\n".join(map(str, directories)))
    return {"HOME": str(home)}


def test_what_the_agent_was_told_to_trust_is_trusted_and_its_repository_as_a_whole(shop: Path) -> None:
    told = trusts(shop.parent, shop)

    assert is_trusted(ASKS_NOT, str(shop), told)
    assert is_trusted(ASKS_NOT, str(shop / "src"), told)


def test_what_lies_above_or_below_it_is_not(shop: Path) -> None:
    assert not is_trusted(ASKS_NOT, str(shop), trusts(shop.parent, shop / "src"))
    assert not is_trusted(ASKS_NOT, str(shop), trusts(shop.parent, shop.parent))
    assert not is_trusted(ASKS_NOT, str(shop.parent), trusts(shop.parent, shop))


def test_without_a_word_of_the_agent_nothing_is(shop: Path) -> None:
    assert not is_trusted(ASKS_NOT, str(shop), {"HOME": str(shop)})
    assert not is_trusted(replace(ASKS_NOT, trust_places=()), str(shop), {})


def test_the_home_that_is_named_counts_and_no_other(shop: Path, tmp_path: Path) -> None:
    told = trusts(shop.parent, shop)

    assert not is_trusted(ASKS_NOT, str(shop), told | {"AGENT_HOME": str(shop)})
    assert is_trusted(ASKS_NOT, str(shop), {"HOME": "/nowhere", "AGENT_HOME": str(shop.parent)})


def test_an_agent_that_need_not_be_told_begins_anywhere(shop: Path) -> None:
    assert is_trusted(replace(ASKS_NOT, trusts=None), str(shop), {})
