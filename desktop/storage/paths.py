"""Where things live, on each platform. The only module that knows, but for the relay, which must stand alone."""

import os
import stat
import sys
from collections.abc import Mapping
from pathlib import Path

from desktop.domain.record import dataclass

APP = "agent-tray"
SOCKET = "tray.sock"
LOCK = "lock"
# sun_path holds 104 bytes on macOS and 108 on Linux, the closing zero included; one limit keeps one rule.
LONGEST_SOCKET_PATH = 103


class UnsafeDirectoryError(Exception):
    """A directory of ours cannot be trusted; the text says which, why and what to do."""


@dataclass(frozen=True, slots=True)
class Places:
    """Our directories. Nothing is made by naming them."""

    config: Path
    data: Path
    state: Path

    @property
    def settings(self) -> Path:
        """What the person chose."""
        return self.config / "settings.toml"

    @property
    def ledger(self) -> Path:
        """What we remember."""
        return self.state / "ledger.sqlite3"

    @property
    def relay(self) -> Path:
        """The copy of the hook program that agents call; it stays put when we are upgraded or moved."""
        return self.data / "relay.py"

    @property
    def hook_records(self) -> Path:
        """What each agent's settings file was before we wrote to it."""
        return self.state / "hooks"


def places() -> Places:
    """Name our directories as the platform and its variables have them."""
    import platformdirs  # 4 ms that the icon does not wait for

    return Places(
        config=platformdirs.user_config_path(APP, appauthor=False),
        data=platformdirs.user_data_path(APP, appauthor=False),
        state=platformdirs.user_state_path(APP, appauthor=False),
    )


def runtime_candidates(environ: Mapping[str, str] = os.environ) -> tuple[Path, ...]:
    """The directories in which the tray may listen, best first; the relay tries the same ones in the same order.

    An agent may run with other variables than the tray (another login, a terminal multiplexer that outlived its
    session), so each place that is safe is a candidate, whichever of them is in use.
    """
    if sys.platform == "win32":
        return ()
    uid = os.getuid()
    bases: list[str] = []
    for base in (environ.get("XDG_RUNTIME_DIR", ""), f"/run/user/{uid}"):
        if base.startswith("/") and base not in bases and _is_private(base, uid, 0o022):
            bases.append(base)
    found = [f"{base.rstrip('/')}/{APP}" for base in bases]
    found.append(f"/tmp/{APP}-{uid}")  # noqa: S108  # sticky, and our directory in it is checked by lstat
    return tuple(Path(path) for path in found if len(os.fsencode(path)) + len(SOCKET) + 1 <= LONGEST_SOCKET_PATH)


def _is_private(path: str | Path, uid: int, forbidden: int) -> bool:
    try:
        found = os.lstat(path)
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == uid and not found.st_mode & forbidden


def is_ours_alone(directory: Path) -> bool:
    """Whether nobody else can have put anything into *directory*: to be asked before what listens there is believed."""
    return sys.platform != "win32" and _is_private(directory, os.getuid(), 0o077)


def make_runtime_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """Make the directory of the socket and the lock, or find it as we left it: ours alone, no link."""
    candidates = runtime_candidates(environ)
    if not candidates:
        raise UnsafeDirectoryError("There is no place for a socket on this system, so hooks cannot reach us.")
    directory = candidates[0]
    try:
        directory.mkdir(mode=0o700)
    except FileExistsError:
        pass
    except OSError as error:
        raise UnsafeDirectoryError(f"{directory} could not be made ({error.strerror}).") from error
    if not is_ours_alone(directory):
        raise UnsafeDirectoryError(
            f"{directory} is not a directory of yours alone, so hooks will not be served there. "
            "Remove it, then start again."
        )
    return directory
