"""What the surfaces say."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.domain.board import Board
from desktop.domain.phase import Phase
from desktop.domain.session import Source
from desktop.formats import words
from tests.widgets.boards import row

NOW = datetime(2030, 5, 6, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-30, "0 s"),
        (0, "0 s"),
        (12.9, "12 s"),
        (19, "15 s"),
        (59, "55 s"),
        (60, "1 min"),
        (4 * 60 + 59, "4 min"),
        (3600, "1 h"),
        (2.5 * 3600, "2 h"),
        (24 * 3600, "yesterday"),
        (72 * 3600, "3 days"),
    ],
)
def test_ages_are_told_as_people_tell_them(seconds: float, said: str) -> None:
    assert words.age(timedelta(seconds=seconds)) == said


def test_a_coarse_age_has_no_seconds() -> None:
    assert words.coarse_age(timedelta(seconds=59)) == "under 1 min"
    assert words.coarse_age(timedelta(seconds=61)) == "1 min"


@given(st.integers(min_value=0, max_value=400_000).map(lambda tenths: timedelta(seconds=tenths / 10)))
def test_an_age_changes_no_sooner_than_foretold(delta: timedelta) -> None:
    rest = words.until_next_age(delta)

    assert rest > timedelta(0)
    assert words.age(delta + rest - timedelta(microseconds=1)) == words.age(delta)


@given(st.integers(min_value=0, max_value=50_000).map(lambda tenths: timedelta(seconds=tenths / 10)))
def test_an_age_changes_when_foretold(delta: timedelta) -> None:
    assert words.age(delta + words.until_next_age(delta)) != words.age(delta)
    assert words.coarse_age(delta + words.until_next_coarse_age(delta)) != words.coarse_age(delta)


@pytest.mark.parametrize(
    ("needs_you", "said"), [(0, "Nothing needs you"), (1, "1 session needs you"), (2, "2 sessions need you")]
)
def test_the_headline_says_whether_anyone_needs_the_person(needs_you: int, said: str) -> None:
    assert words.headline(Board(NOW, counts=((Phase.WORKING, 1),), needs_you=needs_you)) == said


def test_without_sessions_the_headline_and_the_tooltip_say_so() -> None:
    assert words.headline(Board(NOW)) == words.tooltip(Board(NOW), NOW) == "No sessions"
    assert words.subline(Board(NOW), NOW) == ""


def test_the_subline_says_since_when_and_what_the_rest_does() -> None:
    board = Board(
        NOW,
        counts=((Phase.NEEDS_APPROVAL, 2), (Phase.NEEDS_REVIEW, 1), (Phase.WORKING, 3), (Phase.IDLE, 9)),
        needs_you=2,
        oldest_wait=NOW - timedelta(minutes=4),
    )

    assert words.subline(board, NOW) == "oldest 4 min · 3 working · 1 to review"
    assert words.tooltip(board, NOW) == "2 need you, oldest 4 min; 3 working; 1 to review"


def test_one_session_needs_and_two_need() -> None:
    assert words.tooltip(Board(NOW, counts=((Phase.FAILED, 1),), needs_you=1), NOW) == "1 needs you"
    assert words.phase_count(Phase.NEEDS_ANSWER, 1) == "1 needs an answer"
    assert words.phase_count(Phase.NEEDS_ANSWER, 2) == "2 need an answer"


def test_idle_sessions_are_told_when_there_is_nothing_else() -> None:
    board = Board(NOW, counts=((Phase.IDLE, 2), (Phase.ENDED, 1)))

    assert words.tooltip(board, NOW) == "Nothing needs you; 2 idle"


@pytest.mark.parametrize("phase", Phase)
def test_every_phase_has_its_word_count_and_heading(phase: Phase) -> None:
    assert words.phase_word(phase).lower() == phase.value
    assert words.phase_count(phase, 7).startswith("7 ")
    assert words.group_title(phase)[0].isupper()


@pytest.mark.parametrize(
    ("blocked", "interruptions", "said"),
    [
        (timedelta(seconds=59), 0, ""),
        (timedelta(seconds=59), 1, "Today  0 min blocked · 1 interruption"),
        (timedelta(minutes=59), 0, "Today  59 min blocked · 0 interruptions"),
        (timedelta(minutes=61), 2, "Today  1 h 1 min blocked · 2 interruptions"),
    ],
)
def test_the_day_is_summed_up_once_it_cost_something(blocked: timedelta, interruptions: int, said: str) -> None:
    assert words.today(blocked, interruptions) == said


def test_fault_9_an_age_from_the_future_is_looked_at_again_soon() -> None:
    assert words.until_next_age(timedelta(seconds=-5)) == timedelta(seconds=1)


def test_a_moment_of_another_day_is_told_with_its_date() -> None:
    assert words.moment(NOW.replace(hour=9, minute=5), NOW) == "09:05"
    assert words.moment(NOW - timedelta(days=400), NOW).startswith(f"{(NOW - timedelta(days=400)).day} ")


@pytest.mark.parametrize("source", list(Source))
def test_no_source_is_named_in_our_own_jargon(source: Source) -> None:
    assert not {"live state", "hook", "transcript"} & {words.source_words(source)}


@pytest.mark.parametrize(
    ("project", "host", "said"),
    [("shop", "", "shop"), ("shop", "build-box", "shop on build-box"), ("", "build-box", "on build-box"), ("", "", "")],
)
def test_a_place_names_its_machine_only_when_it_is_another(project: str, host: str, said: str) -> None:
    assert words.place(replace(row(1), project=project, host=host)) == said
