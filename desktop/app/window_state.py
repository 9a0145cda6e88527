"""Where windows were and how large: state, not settings. A lost file costs a drag of the mouse."""

import json
import logging
import os
from collections.abc import Mapping
from pathlib import Path

log = logging.getLogger(__name__)


class WindowState:
    """A small JSON file, rewritten whole."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._values: dict[str, object] = {}
        try:
            loaded = json.loads(path.read_bytes())
        except (OSError, ValueError):
            return
        if isinstance(loaded, dict):
            self._values = loaded

    @property
    def is_new(self) -> bool:
        """Whether the program never ran here before."""
        return not self._values

    def get(self, name: str) -> Mapping[str, object]:
        """What was kept under *name*."""
        found = self._values.get(name)
        return found if isinstance(found, dict) else {}

    def put(self, name: str, value: Mapping[str, object]) -> None:
        """Keep *value*."""
        if self._values.get(name) == value:
            return
        self._values[name] = dict(value)
        temporary = self._path.with_name(self._path.name + ".new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            temporary.write_text(json.dumps(self._values), encoding="utf-8")
            os.replace(temporary, self._path)
        except OSError as error:
            log.warning("the places of windows could not be kept: %s", error.strerror)
