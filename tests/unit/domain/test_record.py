"""Records are what the standard library makes of them, only sooner."""

import dataclasses
from dataclasses import field
from typing import ClassVar

import pytest

from desktop.domain.record import dataclass, replace


@dataclass(frozen=True, slots=True)
class Ours:
    """Every kind of field."""

    kind: ClassVar[str] = "sample"
    pid: int
    name: str = ""
    pids: list[int] = field(default_factory=list)
    secret: str = field(default="", repr=False)

    @property
    def is_named(self) -> bool:
        """A question."""
        return bool(self.name)


@dataclasses.dataclass(frozen=True, slots=True)
class Standard:
    """The same by the standard library."""

    kind: ClassVar[str] = "sample"
    pid: int
    name: str = ""
    pids: list[int] = field(default_factory=list)
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Single:
    """One field, checked."""

    number: int

    def __post_init__(self) -> None:
        if self.number < 0:
            raise ValueError("negative")


@dataclass(frozen=True, slots=True)
class Empty:
    """No field."""


@dataclass(frozen=True, slots=True)
class Wider(Single):
    """One field more."""

    name: str = ""


def test_fields_defaults_and_text_are_those_of_the_standard() -> None:
    assert [(item.name, item.default) for item in dataclasses.fields(Ours)] == [
        (item.name, item.default) for item in dataclasses.fields(Standard)
    ]
    assert repr(Ours(1, "a", [2], "x")).replace("Ours", "Standard") == repr(Standard(1, "a", [2], "x"))
    assert dataclasses.asdict(Ours(1)) == dataclasses.asdict(Standard(1))
    assert Ours.__match_args__ == Standard.__match_args__
    assert Ours.__slots__ == Standard.__slots__
    assert (Ours.__doc__, Ours.__qualname__, Ours.__module__) == ("Every kind of field.", "Ours", __name__)
    assert Ours.kind == "sample"


@dataclass(frozen=True, slots=True)
class Alike:
    """Compares and tells of itself in its own way."""

    name: str

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Alike) and self.name.lower() == other.name.lower()

    def __hash__(self) -> int:
        return hash(self.name.lower())

    def __repr__(self) -> str:
        return f"<{self.name}>"


def test_what_a_record_does_in_its_own_way_it_keeps_doing() -> None:
    assert Alike("A") == Alike("a")
    assert hash(Alike("A")) == hash(Alike("a"))
    assert repr(Alike("A")) == "<A>"


@pytest.mark.parametrize("options", [{"slots": False}, {"slots": True, "frozen": True, "eq": False}])
def test_any_other_dataclass_is_refused(options: dict[str, bool]) -> None:
    with pytest.raises(TypeError, match="only records with slots"):
        dataclass(**options)  # type: ignore[call-overload]


@dataclass(slots=True)
class Tally:
    """May change."""

    count: int
    seen: list[str] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Door:
    """Equal to itself alone."""

    name: str


def test_a_record_that_may_change_changes_and_is_no_key() -> None:
    tally = Tally(1)

    tally.count += 1

    assert tally == Tally(2)
    assert repr(tally) == "Tally(count=2, seen=[])"
    with pytest.raises(TypeError, match="unhashable"):
        hash(tally)
    with pytest.raises(AttributeError):
        tally.other = 1  # type: ignore[attr-defined]


def test_a_record_that_does_not_compare_is_itself_alone() -> None:
    door = Door("a")

    assert door != Door("a")
    assert {door: 1}[door] == 1


def test_a_record_without_words_is_told_of_by_its_name() -> None:
    @dataclass(slots=True)
    class Bare:
        pid: int

    assert Bare.__doc__ == "Bare"


def test_every_record_gets_a_default_of_its_own_from_a_factory() -> None:
    assert Ours(1).pids == []
    assert Ours(1).pids is not Ours(1).pids


def test_equal_values_of_one_class_are_equal_and_hash_alike() -> None:
    assert Single(1) == Single(1)
    assert hash(Single(1)) == hash(Single(1))
    assert Single(1) != Single(2)
    assert Single(1) != Wider(1)
    assert Empty() == Empty()
    assert len({Wider(1, "a"), Wider(1, "a"), Wider(1, "b")}) == 2


def test_nothing_of_a_record_can_be_changed_added_or_taken_away() -> None:
    record = Single(1)

    for name in ("number", "other"):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(record, name, 2)
    with pytest.raises(dataclasses.FrozenInstanceError):
        del record.number
    assert record.number == 1


def test_a_record_is_replaced_matched_and_checked_like_any_other() -> None:
    assert dataclasses.replace(Wider(1, "a"), number=2) == Wider(2, "a")
    assert dataclasses.is_dataclass(Wider)
    match Ours(3, "b"):
        case Ours(pid, name=name):
            assert (pid, name) == (3, "b")
    with pytest.raises(ValueError, match="negative"):
        dataclasses.replace(Single(1), number=-1)
    with pytest.raises(TypeError):
        Single()  # type: ignore[call-arg]
    assert Ours(1, "a").is_named


def test_a_copy_has_the_changes_and_everything_else_of_the_record() -> None:
    record = Ours(1, "a", [2], "x")

    assert replace(record, name="b", pids=[]) == Ours(1, "b", [], "x")
    assert replace(record) == record
    assert replace(record) is not record
    assert replace(Standard(1), name="c") == Standard(1, "c")
    assert record.name == "a"


def test_a_copy_with_a_value_that_no_field_takes_is_refused() -> None:
    with pytest.raises(TypeError):
        replace(Single(1), size=2)  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="negative"):
        replace(Single(1), number=-1)
