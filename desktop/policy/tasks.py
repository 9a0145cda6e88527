"""Which of the person's tasks a session belongs to by rule."""

import fnmatch
from collections.abc import Iterable, Sequence

from desktop.domain.session import Session
from desktop.domain.settings import Task


def task_of(session: Session, tasks: Iterable[Task]) -> str:
    """The first task whose rules the session meets; empty when there is none."""
    return next((task.name for task in tasks if _belongs(session, task)), "")


def renaming(before: Sequence[Task], after: Sequence[Task]) -> tuple[str, str] | None:
    """The old and the new name where one task of a list was given another; None where more was changed, or nothing."""
    old, new = [task.name for task in before], [task.name for task in after]
    changed = [(was, now) for was, now in zip(old, new, strict=False) if was != now]
    if len(old) != len(new) or len(changed) != 1:
        return None
    was, now = changed[0]
    return None if was in new or now in old else (was, now)


def _belongs(session: Session, task: Task) -> bool:
    given: list[bool] = []
    if task.directories:
        given.append(any(_is_below(session.cwd, pattern) for pattern in task.directories))
    if task.branches:
        given.append(any(_fits(session.branch, pattern) for pattern in task.branches))
    if task.names:
        given.append(any(_fits(session.name.casefold(), pattern.casefold()) for pattern in task.names))
    return bool(given) and all(given)  # a task without rules is filled by hand alone


def _fits(word: str, pattern: str) -> bool:
    return bool(word) and fnmatch.fnmatchcase(word, pattern)


def _is_below(directory: str, pattern: str) -> bool:
    """Whether *directory*, or one above it, is what *pattern* means."""
    if not directory:
        return False
    place, pattern = directory.rstrip("/\\"), pattern.rstrip("/\\")
    if place == pattern or place.startswith((f"{pattern}/", f"{pattern}\\")):
        return True
    return fnmatch.fnmatchcase(place, pattern) or fnmatch.fnmatchcase(place, f"{pattern}/*")
