"""The example of a described agent that ships with us: the description, and a log that it reads."""

import tomllib

from desktop.domain.settings import DescribedAgent
from desktop.formats.resources import resource_bytes, resource_text
from desktop.storage import settings_records


def example() -> tuple[DescribedAgent, bytes]:
    """The description and the sample."""
    (table,) = tomllib.loads(resource_text("examples/described-agent.toml"))["agents"]
    made = settings_records.record(table, DescribedAgent)
    assert isinstance(made, DescribedAgent)
    return made, resource_bytes("examples/described-agent.jsonl")
