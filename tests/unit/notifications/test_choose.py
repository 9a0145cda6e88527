"""Which backend serves."""

from collections.abc import Callable

import pytest

from desktop.domain.ids import NoticeKey
from desktop.domain.notices import Capabilities, Notice, NoticeActed
from desktop.domain.settings import Backend
from desktop.notifications.choose import Candidate, ChosenNotifier, candidates
from tests.fakes.notices import decision


class Lamp:
    """A backend that can be told whether it works."""

    def __init__(self, name: str, refusal: str = "") -> None:
        self.name = name
        self.refusal = refusal
        self.shown: list[Notice] = []
        self.starts = 0
        self.stops = 0
        self.acted: Callable[[NoticeActed], None] | None = None
        self.changed: Callable[[str], None] = lambda reason: None

    def start(self, acted: Callable[[NoticeActed], None], changed: Callable[[str], None]) -> str:
        self.starts += 1
        self.acted, self.changed = acted, changed
        return self.refusal

    def stop(self) -> None:
        self.stops += 1
        self.shown.clear()

    def capabilities(self) -> Capabilities:
        return Capabilities(self.name)

    def raise_notice(self, notice: Notice) -> None:
        self.shown.append(notice)

    def withdraw(self, key: NoticeKey) -> None:
        self.shown = [notice for notice in self.shown if notice.key != key]


class House:
    """A chosen notifier over lamps."""

    def __init__(self, *lamps: Lamp) -> None:
        self.changes: list[str] = []
        self.acted: list[NoticeActed] = []
        self.notifier = ChosenNotifier([Candidate(lamp.name, lambda lamp=lamp: lamp) for lamp in lamps])
        self.reason = self.notifier.start(self.acted.append, self.changes.append)

    @property
    def serving(self) -> str:
        return self.notifier.capabilities().backend


@pytest.mark.parametrize(
    ("platform", "preference", "names"),
    [
        ("linux", Backend.AUTOMATIC, ["freedesktop", "plyer", "none"]),
        ("darwin", Backend.AUTOMATIC, ["desktop-notifier", "plyer", "none"]),
        ("win32", Backend.AUTOMATIC, ["desktop-notifier", "plyer", "none"]),
        ("linux", Backend.BASIC, ["plyer", "none"]),
        ("linux", Backend.NONE, ["none"]),
    ],
)
def test_what_is_tried_where(platform: str, preference: Backend, names: list[str]) -> None:
    assert [candidate.name for candidate in candidates(platform, preference)] == names


def test_the_first_that_works_serves_and_every_refusal_is_kept() -> None:
    house = House(Lamp("best", "no bus"), Lamp("basic"), third := Lamp("none"))

    assert (house.reason, house.serving) == ("", "basic")
    assert house.notifier.refusals == (("best", "no bus"),)
    assert third.starts == 0


def test_when_one_breaks_the_next_takes_over_and_all_is_raised_again() -> None:
    house = House(best := Lamp("best"), basic := Lamp("basic"))

    best.changed("it broke")

    assert house.changes == [""]
    house.notifier.raise_notice(decision())
    assert (house.serving, basic.shown) == ("basic", [decision()])
    assert house.notifier.refusals == (("best", "it broke"),)


def test_when_the_better_one_recovers_it_serves_again() -> None:
    house = House(best := Lamp("best"), basic := Lamp("basic"))
    best.changed("it broke")
    house.notifier.raise_notice(decision())

    best.changed("")

    assert (house.serving, house.changes, house.notifier.refusals) == ("best", ["", ""], ())
    assert (basic.stops, basic.shown) == (1, [])
    best.changed("again")
    assert (house.serving, basic.starts) == ("basic", 2)


def test_a_worse_one_that_recovers_changes_nothing() -> None:
    house = House(best := Lamp("best", "absent"), basic := Lamp("basic"), Lamp("none"))
    basic.changed("broke")
    best.changed("")
    house.changes.clear()

    basic.changed("")

    assert (house.serving, house.changes) == ("best", [])


def test_where_nobody_shows_anything_the_basic_one_says_nothing_that_could_not_be_taken_back() -> None:
    best, basic, none = Lamp("best"), Lamp("basic"), Lamp("none")
    house = House(best)
    house.notifier.prefer(
        [
            Candidate("best", lambda: best),
            Candidate("basic", lambda: basic, leans_on_service=True),
            Candidate("none", lambda: none),
        ]
    )

    best.changed("the notification service went away")

    assert (house.serving, basic.starts) == ("none", 0)
    assert [name for name, _ in house.notifier.refusals] == ["best", "basic"]
    best.changed("")
    assert (house.serving, house.notifier.refusals) == ("best", ())
    best.changed("the notification service refuses: AccessDenied")
    assert (house.serving, basic.starts) == ("basic", 1)


def test_a_server_that_is_replaced_is_passed_on() -> None:
    house = House(best := Lamp("best"))

    best.changed("")

    assert house.changes == [""]


def test_when_nothing_works_the_reasons_are_told() -> None:
    house = House(Lamp("best", "no bus"), Lamp("basic", "no program"))

    assert house.reason == "best: no bus; basic: no program"
    house.notifier.raise_notice(decision())
    assert not house.notifier.capabilities().has_buttons


def test_another_wish_of_the_person_is_followed_at_once() -> None:
    house = House(best := Lamp("best"))
    none = Lamp("none")

    house.notifier.prefer([Candidate("none", lambda: none)])

    assert (house.serving, best.stops, house.changes) == ("none", 1, [""])


def test_a_press_is_passed_on() -> None:
    house = House(best := Lamp("best"))
    press = NoticeActed(decision(), decision().buttons[0].act)
    assert best.acted is not None

    best.acted(press)

    assert house.acted == [press]


def test_stopping_stops_those_that_only_listen_too() -> None:
    house = House(best := Lamp("best", "absent"), basic := Lamp("basic"))

    house.notifier.stop()

    assert (best.stops, basic.stops) == (1, 1)
