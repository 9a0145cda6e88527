"""How long a background subagent's request is held: alone, and while a person has it open. Takes about two minutes.

``python -m tests.journeys.by_hand.hold_of_a_subagent`` from the root of the checkout.
"""

import time

from tests.journeys import packages
from tests.journeys.person import Person, dialog_is_open
from tests.journeys.real_agent import until
from tests.journeys.stage import standing

OPEN_FOR_S = 40


def main() -> None:
    with standing((packages.LATEST,)) as stage:
        person = Person(stage)
        agent = stage.agent()
        agent.prompt("helper: bash: touch alone.txt")
        person.wait_asked(agent, "alone.txt")
        asked = time.time()
        until(lambda: dialog_is_open(agent), "the terminal's own dialog", 60)
        print(f"held {time.time() - asked:.1f} s while nobody had it open, then the terminal asked")
        person.wait_asked(agent, "alone.txt", answerable=False)
        print("shown as waiting in the terminal")
        agent.answer("1")
        until(lambda: not person.request(agent), "the request to be gone")

        agent = stage.agent()
        agent.prompt("helper: bash: touch looked_at.txt")
        person.wait_asked(agent, "looked_at.txt")
        person.open(agent)
        asked = time.time()
        until(lambda: dialog_is_open(agent) or time.time() - asked > OPEN_FOR_S, "", 60)
        print(f"held {time.time() - asked:.1f} s while it was open; dialog in the terminal: {dialog_is_open(agent)}")
        at = person.allow(agent)
        until((stage.project / "looked_at.txt").exists, "the command to run")
        print(f"allowed then; the command ran {time.time() - at:.2f} s later")


if __name__ == "__main__":
    main()
