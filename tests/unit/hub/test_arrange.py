"""Rows under headings of another sort."""

from dataclasses import replace

import pytest

from desktop.domain.board import Group, Row
from desktop.domain.phase import Phase
from desktop.domain.settings import GroupBy
from desktop.hub.arrange import arranged
from desktop.hub.shelves import Shelves
from tests.unit.hub.test_shelves import board, row


def told(rows: list[Row], by: GroupBy) -> list[tuple[str, list[str]]]:
    shelves = Shelves()
    for item in rows:
        shelves.put(item)
    return [(group.title, [item.name for item in group.rows]) for group in arranged(board(shelves).groups, by)]


def of(name: str, phase: Phase = Phase.WORKING, minutes: int = 1, **fields: str) -> Row:
    return replace(row(name, phase, minutes), **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("by", "field"),
    [
        (GroupBy.PROJECT, "project"),
        (GroupBy.AGENT, "agent_label"),
        (GroupBy.MODEL, "model"),
        (GroupBy.TASK, "task"),
    ],
)
def test_who_needs_the_person_comes_first_and_the_rest_by_name(by: GroupBy, field: str) -> None:
    rows = [
        of("one", **{field: "zebra"}),
        of("two", **{field: "Apple"}),
        of("three", Phase.NEEDS_APPROVAL, **{field: "zebra"}),
        of("four", **{field: "mango"}),
        of("five", **{field: ""}),
        of("six", Phase.ENDED, 2, **{field: "Apple"}),
    ]

    found = told(rows, by)

    assert found[0] == ("zebra", ["three", "one"])
    assert [title for title, _ in found[1:]] == sorted([title for title, _ in found[1:-1]], key=str.casefold) + [
        "Ended"
    ]
    assert ("Apple", ["two"]) in found
    assert any(names == ["five"] and title.startswith("No ") for title, names in found)


def test_working_trees_of_one_repository_stand_together_and_namesakes_are_told_apart() -> None:
    rows = [
        of("main tree", repository="/home/dev/shop", cwd="/home/dev/shop"),
        of("other tree", repository="/home/dev/shop", cwd="/home/dev/shop-fix"),
        of("namesake", repository="/srv/old/shop", cwd="/srv/old/shop"),
        of("no repository", cwd="/tmp/notes"),
        of("nowhere"),
    ]

    found = dict(told(rows, GroupBy.REPOSITORY))

    assert sorted(found["dev/shop"]) == ["main tree", "other tree"]
    assert found["old/shop"] == ["namesake"]
    assert found["notes"] == ["no repository"]
    assert found["No directory known"] == ["nowhere"]


def test_by_need_nothing_changes() -> None:
    groups = (Group(Phase.WORKING, "Working", (row("one"),)),)

    assert arranged(groups, GroupBy.NEED) == groups
