"""Read the small files in which an agent itself writes down how its sessions stand, one per process."""

import fnmatch
import hashlib
import os

from desktop.domain.agent import Agent, LiveState
from desktop.domain.record import dataclass
from desktop.watchers import log_discovery, own_files
from desktop.watchers.catch_up import BAD_RECORD

# An honest file has less than 4 KiB.
LARGEST = 1024 * 1024
# More files than that in one directory are not looked at; a person runs a few dozen sessions.
MOST_FILES = 4096


@dataclass(frozen=True, slots=True)
class Removed:
    """The file is not there any more."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """The file is there and says nothing that can be understood, perhaps because it is being written."""


@dataclass(slots=True)
class _Known:
    signature: tuple[int, int, int, int]
    digest: bytes
    state: LiveState | None


class StateFiles:
    """The live-state files of one home of one agent. Says only what changed."""

    def __init__(self, agent: Agent, home: str) -> None:
        self.agent = agent
        self.home = home
        self.directory = os.path.join(home, agent.live_state_dir)
        self._known: dict[str, _Known] = {}

    def names(self) -> set[str]:
        """Those that are there, and those that were."""
        try:
            there = [name for name in os.listdir(self.directory) if self.is_live_state(name)]
        except OSError:
            there = []
        return {*there[:MOST_FILES], *self._known}

    def is_live_state(self, name: str) -> bool:
        """Whether this is the name of such a file: a pid, and nothing else of the agent's."""
        return fnmatch.fnmatchcase(name, self.agent.live_state_pattern) and name.partition(".")[0].isdigit()

    def check(self, name: str) -> LiveState | Removed | Unreadable | None:
        """What is new about one file; None when nothing is."""
        path = os.path.join(self.directory, name)
        known = self._known.get(name)
        try:
            status = os.stat(path, follow_symlinks=False)
            signature = (status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
            if known is not None and known.signature == signature:
                return None
            content, status = own_files.read_small(path, LARGEST)
            signature = (status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
        except FileNotFoundError:
            return Removed() if self._known.pop(name, None) is not None else None
        except OSError:
            return None  # a link, a pipe, a directory, another user's: nothing an agent leaves there
        digest = hashlib.sha256(content).digest()
        if known is not None and known.digest == digest:
            known.signature = signature
            return None
        state = self._read(content, name)
        self._known[name] = _Known(signature, digest, state)
        return Unreadable() if state is None else state

    def forget(self, name: str) -> None:
        """Take the file for new when it is looked at again."""
        self._known.pop(name, None)

    def _read(self, content: bytes, name: str) -> LiveState | None:
        if self.agent.read_live_state is None:
            return None
        try:
            state = self.agent.read_live_state(content, self.home)
        except BAD_RECORD:
            return None
        if state is None or not log_discovery.is_plain_id(state.native_session):
            return None
        # The name and what is inside must agree: nobody speaks for another process.
        return state if name.partition(".")[0] == str(state.pid) else None
