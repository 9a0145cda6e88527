"""What stands on the screen, remembered for the next run."""

import pytest

from desktop.notifications.on_screen import OnScreen, ScreenMemory


@pytest.fixture
def kept() -> list[OnScreen]:
    return []


@pytest.fixture
def memory(kept: list[OnScreen]) -> ScreenMemory:
    return ScreenMemory(OnScreen("bus1 :1.5", frozenset({3, 4})), kept.append)


def test_what_was_left_counts_on_its_own_server_alone(memory: ScreenMemory) -> None:
    assert memory.left_on("bus1 :1.5") == {3, 4}
    assert memory.left_on("bus2 :1.5") == frozenset()
    assert memory.left_on("bus1 :1.6") == frozenset()


def test_every_change_is_kept_and_what_stays_is_not_kept_again(memory: ScreenMemory, kept: list[OnScreen]) -> None:
    for ids in ({5}, {5}, {5, 6}):
        memory.note("bus1 :1.5", frozenset(ids))

    assert kept == [OnScreen("bus1 :1.5", frozenset({5})), OnScreen("bus1 :1.5", frozenset({5, 6}))]


def test_an_empty_screen_is_that_of_no_server(memory: ScreenMemory, kept: list[OnScreen]) -> None:
    memory.note("bus1 :1.5", frozenset())
    memory.note("bus1 :1.6", frozenset())

    assert kept == [OnScreen()]
    assert memory.left_on("bus1 :1.5") == frozenset()


def test_without_a_server_nothing_is_learnt_and_nothing_found(memory: ScreenMemory, kept: list[OnScreen]) -> None:
    memory.note("", frozenset())

    assert kept == []
    assert memory.left_on("") == frozenset()
    assert memory.left_on("bus1 :1.5") == {3, 4}
    assert ScreenMemory().left_on("") == frozenset()
