import pytest

from desktop.formats import rollout_calls
from desktop.formats.rollout_calls import COMMAND_TOOL, PATCH_TOOL

PATCH = "*** Begin Patch\n*** Update File: a\n*** Move to: b\n*** Update File: a\n*** End Patch"


def test_the_files_of_a_patch_are_named_once_each() -> None:
    assert rollout_calls.patched_paths(rollout_calls.patch_in(f"x\n{PATCH}\ny")) == ("a", "b")
    assert rollout_calls.patch_in("no patch") == ""
    assert rollout_calls.patch_in("*** Begin Patch\nno end") == ""


@pytest.mark.parametrize(
    ("given", "command"),
    [
        ({"cmd": "touch a"}, "touch a"),
        ({"command": ["bash", "-lc", "touch a"]}, "touch a"),
        ({"command": ["touch", "a"]}, "touch a"),
        ({"command": ["touch", 7]}, ""),
        ({"workdir": "/"}, ""),
    ],
)
def test_a_command_line_is_found_however_it_is_written(given: dict[str, object], command: str) -> None:
    assert rollout_calls.command_of(given) == command


def test_a_call_is_told_as_the_hooks_tell_it() -> None:
    assert rollout_calls.as_hooks_say("shell", {"command": ["touch", "a"]}) == (COMMAND_TOOL, {"command": "touch a"})
    assert rollout_calls.as_hooks_say(PATCH_TOOL, {"input": PATCH}) == (PATCH_TOOL, {"command": PATCH})
    assert rollout_calls.as_hooks_say("shell", {"cmd": f"apply_patch <<'EOF'\n{PATCH}\nEOF"})[0] == PATCH_TOOL
    assert rollout_calls.as_hooks_say("update_plan", {"plan": []}) == ("update_plan", {"plan": []})


@pytest.mark.parametrize(
    ("name", "tool", "shown", "said"),
    [
        ("apply_patch", PATCH_TOOL, {"command": "*** Update File: a"}, "editing a"),
        ("apply_patch", PATCH_TOOL, {"command": "*** Update File: a\n*** Add File: b"}, "editing 2 files"),
        ("request_user_input", "request_user_input", {}, "asking"),
        ("update_plan", "update_plan", {}, "planning its tasks"),
        ("shell", COMMAND_TOOL, {"command": "touch a"}, "running touch a"),
    ],
)
def test_what_it_does_is_said_in_a_few_words(name: str, tool: str, shown: dict[str, object], said: str) -> None:
    assert rollout_calls.activity(name, tool, shown, "/home/dev") == said
