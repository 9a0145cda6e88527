"""Find what ships in ``resources/``: in a checkout, in an installed wheel, in a frozen program."""

from pathlib import Path
from typing import TYPE_CHECKING

import desktop

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

_kept: dict[str, bytes] = {}


def resource_bytes(name: str) -> bytes:
    """Read the resource *name*, a path such as ``phases/idle.svg``.

    A name that leads outside is a ``ValueError``; one that is missing is a ``FileNotFoundError`` that says where we
    looked. Neither is ever answered with an empty file.
    """
    parts = name.split("/")
    if not name or "\\" in name or any(part in ("", ".", "..") for part in parts):
        raise ValueError(f"not a resource name: {name!r}")
    if name in _kept:
        return _kept[name]
    roots = _roots()
    for root in roots:
        found = root.joinpath(*parts)
        if found.is_file():
            return found.read_bytes()
    raise FileNotFoundError(f"resource {name!r} is in none of {', '.join(map(str, roots))}")


def keep(*folders: str) -> None:
    """Read all of *folders* into memory: an upgrade takes the files away from under a running program."""
    for folder in folders:
        for root in reversed(_roots()):
            if root.joinpath(folder).is_dir():
                files_there = (found for found in root.joinpath(folder).iterdir() if found.is_file())
                _kept.update({f"{folder}/{found.name}": found.read_bytes() for found in files_there})


def resource_text(name: str) -> str:
    """Read the resource *name* as UTF-8."""
    return resource_bytes(name).decode()


def resource_path(name: str) -> str:
    """Where the resource *name* lies as a file, for programs that read it themselves; empty when it lies in none."""
    for root in _roots():
        found = root.joinpath(*name.split("/"))
        if isinstance(found, Path) and found.is_file():
            return str(found.resolve())
    return ""


def _roots() -> "tuple[Traversable, ...]":
    package = _package()
    # The wheel carries them inside the package; a checkout, and so an editable install, has them beside it.
    return (package.joinpath("_resources"), package.joinpath("..", "resources"))


def _package() -> "Traversable":
    directory = Path(desktop.__path__[0])
    if directory.is_dir():
        return directory
    from importlib.resources import files  # for archives; with it comes zipfile, 3 ms that the icon need not wait for

    return files(desktop)
