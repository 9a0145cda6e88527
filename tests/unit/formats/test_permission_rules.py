"""Tests of the agent's own rules in words."""

import json

import pytest

from desktop.formats import permission_rules


def words(*offered: object) -> list[str]:
    return [suggestion.text for suggestion in permission_rules.suggestions({"permission_suggestions": list(offered)})]


RULE = {
    "type": "addRules",
    "rules": [{"toolName": "Bash", "ruleContent": "mkdir:*"}, {"toolName": "Read"}],
    "behavior": "allow",
    "destination": "session",
}


@pytest.mark.parametrize(
    ("offered", "said"),
    [
        (RULE, "Bash: mkdir:*, Read: anything — in this session"),
        ({**RULE, "destination": "userSettings"}, "Bash: mkdir:*, Read: anything — in all your projects"),
        ({**RULE, "behavior": "deny"}, "always deny Bash: mkdir:*, Read: anything — in this session"),
        ({**RULE, "type": "removeRules"}, "no longer Bash: mkdir:*, Read: anything — in this session"),
        ({"type": "setMode", "mode": "acceptEdits", "destination": "session"}, "accept edits — in this session"),
        (
            {"type": "addDirectories", "directories": ["/x", "/y"], "destination": "localSettings"},
            "directory /x, /y — in this project, for you",
        ),
        (
            {"type": "removeDirectories", "directories": ["/x"], "destination": "session"},
            "no longer directory /x — in this session",
        ),
    ],
)
def test_a_known_suggestion_is_said_in_full(offered: object, said: str) -> None:
    assert words(offered) == [said]


@pytest.mark.parametrize(
    "offered",
    [
        {**RULE, "surprise": "rm -rf /"},
        {**RULE, "rules": [{"toolName": "Bash", "ruleContent": "ls", "unless": "x"}]},
        {**RULE, "rules": [{"toolName": "Bash"}, 7]},
        {**RULE, "rules": []},
        {**RULE, "behavior": "sometimes"},
        {**RULE, "destination": "everywhere"},
        {"type": "setMode", "mode": "fromTheFuture", "destination": "session"},
        {"type": "addDirectories", "directories": ["/x", 7], "destination": "session"},
        {"type": "fromTheFuture"},
        "x",
        7,
        None,
    ],
)
def test_a_suggestion_with_anything_unknown_in_it_is_shown_as_it_came(offered: object) -> None:
    assert [json.loads(text) for text in words(offered)] == [offered]


def test_suggestions_keep_the_agents_order_and_count() -> None:
    assert len(words(7, RULE, {})) == 3


@pytest.mark.parametrize("offered", [None, {}, "x", 7])
def test_no_list_offers_nothing(offered: object) -> None:
    assert permission_rules.suggestions({"permission_suggestions": offered}) == ()
