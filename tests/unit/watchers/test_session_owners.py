from datetime import UTC, datetime, timedelta

from desktop.domain.agent import ServedSession
from desktop.watchers.session_owners import Owner, paired

START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def owner(pid: int, seconds: float, cwd: str = "/shop") -> Owner:
    return Owner(pid, cwd, at(seconds))


def session(native: str, seconds: float | None, cwd: str = "/shop", used: float | None = None) -> ServedSession:
    begun = at(seconds) if seconds is not None else None
    return ServedSession(native, cwd, begun, at(used) if used is not None else None)


def test_a_lone_process_shows_the_newest_conversation_of_its_directory() -> None:
    sessions = [session("old", 11), session("new", 60), session("other", 70, "/else")]

    assert paired([owner(1, 10)], sessions, {}) == {1: "new"}


def test_two_processes_of_one_directory_each_have_what_began_after_them() -> None:
    sessions = [session("b", 101), session("a", 11)]

    assert paired([owner(1, 10), owner(2, 100)], sessions, {}) == {1: "a", 2: "b"}


def test_a_pair_of_two_processes_is_kept_whatever_else_begins() -> None:
    before = {1: "a", 2: "b"}
    sessions = [session("a", 11), session("b", 101), session("c", 105)]

    assert paired([owner(1, 10), owner(2, 100)], sessions, before) == before


def test_a_process_that_is_met_late_gets_back_what_it_began() -> None:
    sessions = [session("a", 11), session("b", 101)]

    assert paired([owner(1, 10), owner(2, 100)], sessions, {1: "b"}) == {1: "a", 2: "b"}


def test_what_is_older_than_its_process_is_its_own_only_when_it_alone_was_used_since() -> None:
    old, resumed = session("old", -500, used=-400), session("resumed", -500, used=30)

    assert paired([owner(1, 0)], [old], {}) == {}
    assert paired([owner(1, 0)], [old, resumed], {}) == {1: "resumed"}
    assert paired([owner(1, 0)], [resumed, session("too", None, used=31)], {}) == {}
    assert paired([owner(1, 0)], [old, resumed], {1: "old"}) == {1: "old"}


def test_of_two_processes_the_one_left_over_has_what_was_used_since() -> None:
    sessions = [session("a", 11), session("old", -500, used=40)]

    assert paired([owner(1, 0), owner(2, 10)], sessions, {}) == {1: "old", 2: "a"}
    assert paired([owner(1, 0), owner(2, 10)], [session("a", 11), session("old", -500)], {}) == {2: "a"}
    assert paired([owner(1, 0), owner(2, 10)], [session("x", -5, used=9), session("y", -9, used=9)], {}) == {}


def test_a_directory_is_the_same_with_a_slash_at_its_end() -> None:
    assert paired([owner(1, 0, "/shop/")], [session("a", 1)], {}) == {1: "a"}
