"""Whether an agent was told to trust a directory, by what it wrote down of that itself.

Begun without a terminal it does not ask, and what lies in the directory may run before anything is asked here.
"""

from collections.abc import Mapping
from pathlib import Path

from desktop.domain.agent import SessionStart
from desktop.watchers import log_discovery, repository


def is_trusted(start: SessionStart, directory: str, environment: Mapping[str, str]) -> bool:
    """Whether a session may begin in *directory*, a real path; a repository is trusted as a whole, as by the agent."""
    if start.trusts is None:
        return True
    found = (log_discovery.expanded(place, environment) for place in start.trust_places)
    try:
        content = Path(next(filter(None, found), "")).read_bytes()
    except OSError:
        return False
    checkout = repository.find(directory)
    return start.trusts(content, directory) or (checkout is not None and start.trusts(content, checkout.worktree))
