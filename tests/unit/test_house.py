"""Rules of the house that no tool knows: every module has its tests, and an agent is named in its own file alone."""

import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import desktop.agents

ROOT = Path(__file__).parents[2]
MODULES = sorted(
    path.relative_to(ROOT / "desktop") for path in (ROOT / "desktop").rglob("*.py") if path.name != "__init__.py"
)
WITHOUT_TESTS = {
    Path("__main__.py"): "two lines that call app.main",
    # Words and records: a test of them would repeat them. What is made of them is tested where it is made.
    Path("domain/ids.py"): "names of types",
    Path("domain/events.py"): "records",
    Path("domain/replies.py"): "records",
    Path("domain/agent.py"): "a record and protocols",
    Path("domain/ports.py"): "protocols",
    Path("channels/panes.py"): "a record and a protocol",
    Path("hub/effects.py"): "records",
    Path("policy/danger_words.py"): "words; tests/unit/policy/test_danger.py looks for them in commands",
}
AGENT_MODULES = sorted(
    found.name
    for found in pkgutil.iter_modules(desktop.agents.__path__)
    if hasattr(importlib.import_module(f"desktop.agents.{found.name}"), "AGENT")
)


def _accepted_places(module: Path) -> list[Path]:
    """Where the tests of *module* may live, for those that need a real machine or a real widget too."""
    tree, name = module.parent, f"test_{module.stem}.py"
    with_package = f"test_{module.parent.name}_{module.stem}.py"
    places = [Path("unit") / tree / name]
    for kind in ("widgets", "machine", "contract", "journeys"):
        places += [Path(kind) / tree / name, Path(kind) / name, Path(kind) / with_package]
    return places


def test_every_module_has_a_test_file() -> None:
    missing = [
        f"desktop/{module}"
        for module in MODULES
        if module not in WITHOUT_TESTS
        if not any((ROOT / "tests" / place).is_file() for place in _accepted_places(module))
    ]

    assert missing == [], f"{len(missing)} modules without a test file: {' '.join(missing)}"


def test_the_list_of_modules_without_tests_is_kept_short() -> None:
    assert set(MODULES) >= WITHOUT_TESTS.keys()


@pytest.mark.parametrize("name", AGENT_MODULES)
def test_an_agent_is_named_in_its_own_module_alone(name: str) -> None:
    agent = importlib.import_module(f"desktop.agents.{name}").AGENT
    words = "|".join(re.escape(word) for word in (agent.kind, name, agent.label))
    named = re.compile(rf"(?<![A-Za-z&])(?:{words})(?![A-Za-z])", re.IGNORECASE)  # a short name is part of many words
    others = [ROOT / "packaging" / "dev.py", *(ROOT / "desktop" / path for path in MODULES)]

    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in others
        if path.parent != ROOT / "desktop" / "agents" or not f"{path.stem}_".startswith(f"{name}_")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if named.search(line)
    ]

    assert found == []


def test_every_module_of_the_agents_is_an_adapter_or_a_part_of_one() -> None:
    names = {found.name for found in pkgutil.iter_modules(desktop.agents.__path__)}

    strays = {name for name in names if not any(f"{name}_".startswith(f"{agent}_") for agent in AGENT_MODULES)}

    assert strays == set()


def test_there_are_agents_to_check() -> None:
    assert AGENT_MODULES
