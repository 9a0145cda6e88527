"""Finds the files of resources/ in a checkout."""

from functools import cache
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2] / "resources"


@cache
def resource_text(name: str) -> str:
    """The text of the resource called *name*, with forward slashes."""
    return (_ROOT / name).read_text(encoding="utf-8")
