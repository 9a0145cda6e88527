"""Tasks by rule."""

from datetime import UTC, datetime

import pytest

from desktop.domain.ids import AgentKind, SessionId
from desktop.domain.session import NameSource, Session
from desktop.domain.settings import Task
from desktop.policy.tasks import renaming, task_of

SESSION = Session(
    SessionId("fake:one"),
    AgentKind("fake"),
    datetime(2026, 1, 1, tzinfo=UTC),
    names=((NameSource.TITLE, "Refunds for May"),),
    cwd="/home/dev/shop/api",
    branch="fix/refunds",
)


@pytest.mark.parametrize(
    ("task", "is_of_it"),
    [
        (Task("x"), False),
        (Task("x", directories=("/home/dev/shop",)), True),
        (Task("x", directories=("/home/dev/shop/",)), True),
        (Task("x", directories=("/home/dev/shop/api",)), True),
        (Task("x", directories=("/home/dev/sho",)), False),
        (Task("x", directories=("/home/*/shop",)), True),
        (Task("x", directories=("*/web", "*/api")), True),
        (Task("x", directories=("/home/dev/shop/api/deep",)), False),
        (Task("x", branches=("fix/*",)), True),
        (Task("x", branches=("main",)), False),
        (Task("x", names=("*refund*",)), True),
        (Task("x", names=("refund",)), False),
        (Task("x", directories=("/home/dev",), branches=("main",)), False),
        (Task("x", directories=("/home/dev",), branches=("fix/*",), names=("*may",)), True),
    ],
)
def test_every_sort_of_rule_given_must_hold_with_one_of_its_patterns(task: Task, is_of_it: bool) -> None:
    assert task_of(SESSION, (task,)) == ("x" if is_of_it else "")


def test_the_first_task_that_fits_has_it() -> None:
    tasks = (Task("by hand"), Task("first", branches=("*",)), Task("second", names=("*",)))

    assert task_of(SESSION, tasks) == "first"


def test_of_a_session_of_which_nothing_is_known_no_rule_holds() -> None:
    blank = Session(SessionId("fake:two"), AgentKind("fake"), datetime(2026, 1, 1, tzinfo=UTC))

    assert task_of(blank, (Task("x", directories=("*",)), Task("y", branches=("*",)))) == ""


@pytest.mark.parametrize(
    ("before", "after", "names"),
    [
        ("May June", "May July", ("June", "July")),
        ("May", "May", None),
        ("May June", "June May", None),
        ("May June", "June", None),
        ("May", "May June", None),
        ("May June", "April July", None),
        ("May June", "May May", None),
        ("", "", None),
    ],
)
def test_one_name_that_changed_in_its_place_is_a_renaming(
    before: str, after: str, names: tuple[str, str] | None
) -> None:
    assert renaming([Task(name) for name in before.split()], [Task(name) for name in after.split()]) == names
