"""Write down what the adapters make of the captured data: ``python -m tests.data.record``.

Read the difference before committing it: every changed line is a changed promise.
"""

import json

from desktop.app.agents import load_agents
from tests.helpers import recorded


def main() -> None:
    for agent in load_agents():
        for sort, ending in (("transcripts", ".jsonl"), ("hooks", ".json"), ("live", ".json")):
            for capture in recorded.captures(agent, sort, ending):
                told = recorded.plain(recorded.events_of(agent, capture))
                text = "[\n" + ",\n".join(json.dumps(event, ensure_ascii=False) for event in told) + "\n]\n"
                recorded.expected_file(capture).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
