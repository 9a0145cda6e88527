"""What can be done about the sessions of each agent, and why not more, as the adapters tell it: a table and its notes.

``python -m desktop.app.abilities`` prints what stands in the README; a test compares the two.
"""

from collections.abc import Iterable, Sequence

from desktop.app.agents import load_agents
from desktop.domain.agent import Ability, Agent, Means

BEGIN = "<!-- what each agent allows: written by python -m desktop.app.abilities -->"
END = "<!-- end of what each agent allows -->"
NOT_RUN = "not run"

_HEADS = {
    Ability.SEE: "see",
    Ability.KNOW_IT_WAITS: "that it waits",
    Ability.KNOW_WHAT_IT_ASKS: "what it asks",
    Ability.ALLOW: "allow",
    Ability.DENY: "deny",
    Ability.ANSWER: "answer",
    Ability.PROMPT: "prompt",
    Ability.INTERRUPT: "interrupt",
    Ability.JUMP: "jump",
}
_YES, _IN_PART, _NO = "yes", "in part", "–"


def means_of(agent: Agent, ability: Ability) -> Means:
    """How *agent* has *ability*; what its adapter does not name is lacked."""
    return next((means for means in agent.means if means.ability is ability), Means(ability))


def mark(means: Means) -> str:
    """One word for it."""
    if not means.how:
        return _NO
    return _IN_PART if means.why_not else _YES


def reasons(agent: Agent) -> list[tuple[tuple[Ability, ...], str]]:
    """Why not more: each reason once, with the abilities it is for."""
    found: dict[str, list[Ability]] = {}
    for ability in Ability:
        why = means_of(agent, ability).why_not
        if why:
            found.setdefault(why, []).append(ability)
    return [(tuple(abilities), why) for why, abilities in found.items()]


def markdown(agents: Iterable[Agent]) -> str:
    """The table and its notes for the README."""
    listed = sorted(agents, key=lambda agent: (not agent.tried_with, agent.label.lower()))
    rows = [("agent", *_HEADS.values(), "tried with"), ("---",) * (len(_HEADS) + 2)]
    for agent in listed:
        marks = (mark(means_of(agent, ability)) for ability in _HEADS)
        rows.append((agent.label, *marks, ", ".join(agent.tried_with) or NOT_RUN))
    lines = [f"| {' | '.join(row)} |" for row in rows]
    lines += ["", "How, and why not more:", ""]
    return "\n".join([*lines, *(f"- **{agent.label}**: {_note(agent)}" for agent in listed)]) + "\n"


def lines(agent: Agent) -> list[str]:
    """The same of one agent, for a terminal."""
    can = [f"{_HEADS[means.ability]} ({means.how})" for means in agent.means if means.how]
    return [
        f"can: {', '.join(can) or 'nothing'}",
        *(f"{_named(abilities)}: {why}" for abilities, why in reasons(agent)),
    ]


def _note(agent: Agent) -> str:
    how: dict[str, list[Ability]] = {}
    for ability in Ability:
        means = means_of(agent, ability)
        if means.how:
            how.setdefault(means.how.rstrip("."), []).append(ability)
    said = [f"*{_named(abilities)}*: {words}" for words, abilities in how.items()]
    whys = [f"*{_named(abilities)}*: {why.rstrip('.')}" for abilities, why in reasons(agent)]
    return f"{'; '.join(said)}." + (f" Not more: {'; '.join(whys)}." if whys else "")


def _named(abilities: Sequence[Ability]) -> str:
    return ", ".join(_HEADS[ability] for ability in abilities)


if __name__ == "__main__":
    print(f"{BEGIN}\n\n{markdown(load_agents())}\n{END}")
