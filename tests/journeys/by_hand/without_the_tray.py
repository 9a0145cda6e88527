"""Compares an agent that calls a relay whose tray is not there with one that knows nothing of us: screens and steps.

``python -m tests.journeys.by_hand.without_the_tray`` from the root of the checkout.
"""

import re

from tests.journeys import packages
from tests.journeys.person import dialog_is_open
from tests.journeys.real_agent import until
from tests.journeys.stage import Stage, standing

PROMPTS = (("bash: touch same.txt", "1"), ("ask: one", "2"), ("plain words", ""))
VARIES = re.compile(r"✻ \S+ for \d+s · done [\d:]+ [AP]M")


def played(stage: Stage, config: str) -> tuple[list[str], list[object]]:
    """The screens of a session, and what the model was led to send."""
    before = len(stage.sent())
    agent = stage.agent(config=config)
    screens = []
    for prompt, key in PROMPTS:
        agent.prompt(prompt)
        if key:
            until(lambda: dialog_is_open(agent), "the dialog")
            screens.append(VARIES.sub("", agent.screen()))
            agent.answer(key)
        agent.wait_status("idle")
        until(agent.has_empty_prompt, "the prompt box")
        screens.append(VARIES.sub("", agent.screen()))
    agent.quit()
    (stage.project / "same.txt").unlink()
    return screens, [sent["sent"] for sent in stage.sent()[before:]]


def main() -> None:
    with standing((packages.LATEST,)) as stage:
        stage.stop_tray()
        hooked, plain = played(stage, "one"), played(stage, "two")
        for number, (ours, theirs) in enumerate(zip(hooked[0], plain[0], strict=True)):
            print(f"screen {number}:", "same" if ours == theirs else f"differs:\n{ours}\n{theirs}")
        print("what the model was led to:", "same" if hooked[1] == plain[1] else (hooked[1], plain[1]))
        stage.start_tray()


if __name__ == "__main__":
    main()
