from datetime import UTC, datetime, timedelta

from desktop.domain.agent import ServedSession
from desktop.watchers.session_owners import Owner, paired

START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def owner(pid: int, seconds: float, cwd: str = "/shop") -> Owner:
    return Owner(pid, cwd, at(seconds))


def session(native: str, seconds: float | None, cwd: str = "/shop") -> ServedSession:
    return ServedSession(native, cwd, at(seconds) if seconds is not None else None)


def test_a_lone_process_shows_the_newest_conversation_of_its_directory() -> None:
    sessions = [session("old", 11), session("new", 60), session("other", 70, "/else")]

    assert paired([owner(1, 10)], sessions, {}, at(80)) == {1: "new"}


def test_two_processes_of_one_directory_each_have_what_began_after_them() -> None:
    sessions = [session("b", 101), session("a", 11)]

    assert paired([owner(1, 10), owner(2, 100)], sessions, {}, at(110)) == {1: "a", 2: "b"}


def test_a_pair_of_two_processes_is_kept_whatever_else_begins() -> None:
    before = {1: "a", 2: "b"}
    sessions = [session("a", 11), session("b", 101), session("c", 105)]

    assert paired([owner(1, 10), owner(2, 100)], sessions, before, at(110)) == before


def test_what_is_older_than_its_process_is_taken_for_its_own_only_when_it_is_the_only_one_and_time_has_passed() -> None:
    resumed = [session("old", -500)]

    assert paired([owner(1, 0)], resumed, {}, at(5)) == {}
    assert paired([owner(1, 0)], resumed, {}, at(25)) == {1: "old"}
    assert paired([owner(1, 0)], [*resumed, session("older", -900)], {}, at(25)) == {}
    assert paired([owner(1, 0)], [*resumed, session("older", None)], {1: "old"}, at(25)) == {1: "old"}


def test_what_is_left_over_of_two_processes_is_paired_when_it_is_one_of_each() -> None:
    sessions = [session("a", 11), session("old", -500)]

    assert paired([owner(1, 0), owner(2, 10)], sessions, {}, at(15)) == {2: "a"}
    assert paired([owner(1, 0), owner(2, 10)], sessions, {}, at(40)) == {1: "old", 2: "a"}
    assert paired([owner(1, 0), owner(2, 10)], [session("old", -5), session("older", -9)], {}, at(40)) == {}


def test_a_directory_is_the_same_with_a_slash_at_its_end() -> None:
    assert paired([owner(1, 0, "/shop/")], [session("a", 1)], {}, at(2)) == {1: "a"}
