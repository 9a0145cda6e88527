"""The rows of a board under other headings than what each needs."""

from collections.abc import Iterable, Sequence
from typing import assert_never

from desktop.domain.board import Group, Row
from desktop.domain.phase import Phase
from desktop.domain.settings import GroupBy


def arranged(groups: Sequence[Group], by: GroupBy) -> tuple[Group, ...]:
    """Put the rows of *groups*, which are by need, under headings of another sort.

    Where somebody needs the person comes first; the others keep still, by name. Ended sessions stay at the end.
    """
    if by is GroupBy.NEED:
        return tuple(groups)
    living = [row for group in groups if group.phase is not Phase.ENDED for row in group.rows]
    rows_by_key: dict[str, list[Row]] = {}
    for row in living:
        rows_by_key.setdefault(_key(row, by), []).append(row)
    titles = _titles(rows_by_key, by)
    made = [Group(rows[0].phase, titles[key], tuple(rows)) for key, rows in rows_by_key.items()]
    needing = [group for group in made if group.phase.needs_person]
    others = sorted((group for group in made if not group.phase.needs_person), key=lambda group: group.title.casefold())
    return (*needing, *others, *(group for group in groups if group.phase is Phase.ENDED))


def _key(row: Row, by: GroupBy) -> str:
    match by:
        case GroupBy.PROJECT | GroupBy.NEED:
            return row.project
        case GroupBy.REPOSITORY:
            return row.repository or row.cwd
        case GroupBy.AGENT:
            return row.agent_label
        case GroupBy.MODEL:
            return row.model
        case GroupBy.TASK:
            return row.task
        case _:
            assert_never(by)


_WITHOUT = {
    GroupBy.NEED: "",
    GroupBy.PROJECT: "No directory known",
    GroupBy.REPOSITORY: "No directory known",
    GroupBy.AGENT: "No agent known",
    GroupBy.MODEL: "No model known",
    GroupBy.TASK: "No task",
}


def _titles(keys: Iterable[str], by: GroupBy) -> dict[str, str]:
    """What to call each group; two repositories of one name are told apart by where they lie."""
    if by is not GroupBy.REPOSITORY:
        return {key: key or _WITHOUT[by] for key in keys}
    parts = {key: [part for part in key.replace("\\", "/").split("/") if part] for key in keys}
    last = [words[-1] for words in parts.values() if words]
    return {
        key: _WITHOUT[by] if not words else "/".join(words[-2:]) if last.count(words[-1]) > 1 else words[-1]
        for key, words in parts.items()
    }
