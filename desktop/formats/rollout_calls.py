"""The tool calls of a rollout: their command lines and patches, and what its family's hooks call them."""

import re
from collections.abc import Mapping

from desktop.formats import text, tool_calls
from desktop.formats.foreign_json import text_of

COMMAND_TOOL = "Bash"  # as this family's hooks call it, whatever the log says
PATCH_TOOL = "apply_patch"

Fields = Mapping[str, object]

_COMMANDS = frozenset({"exec_command", "shell", "shell_command", "container.exec", "local_shell"})
_PATCH_BEGINS, _PATCH_ENDS = "*** Begin Patch\n", "*** End Patch"
_PATCHED = re.compile(r"^\*\*\* (?:Add File|Update File|Delete File|Move to): (.+)$", re.MULTILINE)


def command_of(given: Fields) -> str:
    """The command line of a call that runs one."""
    for key in ("cmd", "command"):
        value = given.get(key)
        if isinstance(value, str):
            return value
        if isinstance(value, list) and all(isinstance(word, str) for word in value):
            is_shell = len(value) == 3 and value[1] in ("-lc", "-c")
            return value[2] if is_shell else " ".join(value)
    return ""


def patch_in(words: str) -> str:
    """The patch within a call, however it is wrapped; empty when there is none."""
    begin = words.find(_PATCH_BEGINS)
    end = words.find(_PATCH_ENDS, begin) if begin >= 0 else -1
    return words[begin : end + len(_PATCH_ENDS)] if end >= 0 else ""


def patched_paths(patch: str) -> tuple[str, ...]:
    """The files that a patch touches, as it names them."""
    return tuple(dict.fromkeys(path.strip() for path in _PATCHED.findall(patch)))


def as_hooks_say(name: str, given: Fields) -> tuple[str, Fields]:
    """A call's tool and input as this family's hooks tell of the same call."""
    command = command_of(given) if name in _COMMANDS else text_of(given, "input")
    patch = patch_in(command) if name == PATCH_TOOL or PATCH_TOOL in command[:200] else ""
    if patch:
        return PATCH_TOOL, {"command": patch}
    return (COMMAND_TOOL, {"command": command}) if name in _COMMANDS else (name, given)


def activity(name: str, tool: str, shown: Fields, cwd: str) -> str:
    """What the agent does while the call *name* runs, which hooks tell of as *tool* and *shown*."""
    if tool == PATCH_TOOL:
        paths = patched_paths(text_of(shown, "command"))
        return text.one_line(f"editing {paths[0]}" if len(paths) == 1 else f"editing {len(paths)} files")
    match name:
        case "request_user_input":
            return "asking"
        case "update_plan":
            return "planning its tasks"
        case _:
            return tool_calls.activity(tool, shown, cwd)
