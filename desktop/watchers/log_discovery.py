"""Where an agent's files are: its homes, its live-state directory, the transcript of a session."""

import os
import re
from collections.abc import Mapping

from desktop.domain.agent import Agent
from desktop.watchers import own_files
from desktop.watchers.catch_up import BAD_RECORD

# An agent's own id becomes part of a path: whatever could lead elsewhere is no id.
_PLAIN_ID = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}")


def is_plain_id(native: str) -> bool:
    """Whether an agent's own id of a session may become part of a path."""
    return _PLAIN_ID.fullmatch(native) is not None


def expanded(path: str, environment: Mapping[str, str]) -> str:
    """*path* with ``~`` and ``$NAME`` filled in from *environment*; empty when one of them is not known."""
    if path.startswith("~"):
        path = (environment.get("HOME") or os.path.expanduser("~")) + path[1:]
    filled = re.sub(r"\$(\w+)", lambda name: environment.get(name[1], "\0"), path)
    return "" if "\0" in filled else filled


def naming_home(agent: Agent, home: str, environment: Mapping[str, str]) -> Mapping[str, str]:
    """*environment* as a process of the agent in *home* has it."""
    return {**environment, agent.home_variable: home} if agent.home_variable and home else environment


def default_home(agent: Agent, environment: Mapping[str, str]) -> str:
    """The home of sessions that name no other; empty when the agent has none."""
    return os.path.abspath(expanded(agent.default_home, environment)) if agent.default_home else ""


def home_of(agent: Agent, process_environment: Mapping[str, str], fallback: str) -> str:
    """The home that a running agent uses."""
    named = process_environment.get(agent.home_variable, "") if agent.home_variable else ""
    if not os.path.isabs(named) or "\0" in named:
        return fallback
    return os.path.normpath(os.path.join(named, agent.home_below))


def candidates(agent: Agent, home: str, native: str, cwd: str) -> list[str]:
    """Where the transcript should be; only paths inside the agent's transcript directory are believed."""
    if agent.transcript_paths is None or not is_plain_id(native):
        return []
    root = os.path.normpath(os.path.join(home, agent.transcript_dir))
    try:
        paths = [os.path.normpath(path) for path in agent.transcript_paths(home, native, cwd)]
    except BAD_RECORD:
        return []
    return [path for path in paths if path.startswith(root + os.sep)]


def find_transcript(agent: Agent, home: str, native: str, cwd: str) -> str:
    """The transcript by its likely names; empty when none is there yet."""
    return next((path for path in candidates(agent, home, native, cwd) if _is_transcript(path)), "")


def search_transcript(agent: Agent, home: str, native: str) -> str:
    """The transcript wherever it is below the home: one look into each folder."""
    if not agent.transcript_dir or not is_plain_id(native):
        return ""
    root = os.path.join(home, agent.transcript_dir)
    try:
        folders = sorted(os.listdir(root))
    except OSError:
        return ""
    paths = (os.path.join(root, folder, f"{native}.jsonl") for folder in folders)
    return next((path for path in paths if _is_transcript(path)), "")


def nearest_existing(directory: str, stop: str) -> str:
    """The first directory from *directory* upwards that exists, not above *stop*; empty when there is none."""
    while not os.path.isdir(directory):
        if directory == stop or len(directory) <= len(stop):
            return ""
        directory = os.path.dirname(directory)
    return directory


def _is_transcript(path: str) -> bool:
    try:
        return own_files.is_own(os.stat(path, follow_symlinks=False))
    except OSError:
        return False
