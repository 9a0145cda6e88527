"""Rules and modes that an agent offers beside a plain allow, in words that hide nothing."""

from collections.abc import Mapping

from desktop.domain.requests import Suggestion
from desktop.formats import tool_calls
from desktop.formats.foreign_json import objects_of, text_of

_SCOPES = {
    "session": "in this session",
    "localSettings": "in this project, for you",
    "projectSettings": "in this project, for all who work on it",
    "userSettings": "in all your projects",
}
_MODES = {
    "default": "ask each time",
    "acceptEdits": "accept edits",
    "plan": "plan only",
    "auto": "auto mode decides",
    "dontAsk": "deny what would be asked",
    "bypassPermissions": "never ask again for anything",
}
_RULE_KEYS = {"type", "rules", "behavior", "destination"}
_RULE_VERBS = {"addRules": "", "replaceRules": "replace all rules by ", "removeRules": "no longer "}
_BEHAVIOURS = {"allow": "", "deny": "always deny ", "ask": "always ask for "}


def suggestions(fields: Mapping[str, object]) -> tuple[Suggestion, ...]:
    """The agent's own suggestions, in its order: an index here is an index there."""
    offered = fields.get("permission_suggestions")
    return tuple(Suggestion(_words(item)) for item in offered) if isinstance(offered, list) else ()


def _words(item: object) -> str:
    """Say all of a suggestion; one that holds anything unknown is shown as it came."""
    words = _known_words(item) if isinstance(item, dict) else ""
    return words or tool_calls.pretty(item, indent=None)


def _known_words(item: Mapping[str, object]) -> str:
    match item:
        case {"type": "addRules" | "replaceRules" | "removeRules"} if set(item) == _RULE_KEYS:
            words = _rules(item)
        case {"type": "setMode", "mode": str(mode), "destination": _} if len(item) == 3:
            words = _MODES.get(mode, "")
        case {"type": "addDirectories", "directories": list(paths), "destination": _} if len(item) == 3:
            words = _directories(paths)
        case {"type": "removeDirectories", "directories": list(paths), "destination": _} if len(item) == 3:
            words = f"no longer {_directories(paths)}" if _directories(paths) else ""
        case _:
            words = ""
    scope = _SCOPES.get(text_of(item, "destination"), "")
    return f"{words} — {scope}" if words and scope else ""


def _directories(paths: list[object]) -> str:
    named = [path for path in paths if isinstance(path, str)]
    return f"directory {', '.join(named)}" if named and len(named) == len(paths) else ""


def _rules(item: Mapping[str, object]) -> str:
    rules = item.get("rules")
    verb = _RULE_VERBS[text_of(item, "type")]
    behaviour = _BEHAVIOURS.get(text_of(item, "behavior"))
    if not isinstance(rules, list) or not rules or behaviour is None:
        return ""
    read = []
    for rule in objects_of(item, "rules"):
        match rule:
            case {"toolName": str(tool), "ruleContent": str(content)} if len(rule) == 2:
                read.append(f"{tool}: {content}")
            case {"toolName": str(tool)} if len(rule) == 1:
                read.append(f"{tool}: anything")
    return f"{verb}{behaviour}{', '.join(read)}" if len(read) == len(rules) else ""
