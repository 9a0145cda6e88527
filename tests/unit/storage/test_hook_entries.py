import json
import shlex
from dataclasses import replace

import pytest

from desktop.domain.agent import HookEvent, HookSetup, HookShape
from desktop.storage import hook_entries
from desktop.storage.hook_entries import BadSettings

COMMAND = ("/usr/bin/python3", "-I", "-S", "/home/a dev/agent-tray/relay.py")
LINE = "/usr/bin/python3 -I -S '/home/a dev/agent-tray/relay.py' robot"
EVENTS = (HookEvent("Ask", 60, matcher="*", status_message="Waiting"), HookEvent("Stop", 5, is_async=True))
WORDS = HookSetup("x.json", EVENTS, "robot")
MILLISECONDS = replace(
    WORDS,
    shape=HookShape(is_one_line=True, is_in_ms=True, name="agent-tray", has_status_message=False, has_async=False),
)
FLAT = replace(
    WORDS,
    shape=HookShape(
        is_grouped=False,
        is_one_line=True,
        command_key="bash",
        timeout_key="timeoutSec",
        has_status_message=False,
        has_async=False,
        version=1,
    ),
)
BARE = replace(FLAT, shape=replace(FLAT.shape, has_type=False, command_key="command", timeout_key="timeout"))
SETUPS = [
    pytest.param(setup, id=name)
    for name, setup in (("words", WORDS), ("milliseconds", MILLISECONDS), ("flat", FLAT), ("bare", BARE))
]


def put(text: str, setup: HookSetup, created: set[str] | None = None) -> str:
    for event, item in hook_entries.wanted(setup, COMMAND, ()):
        text = hook_entries.with_item(text, setup, event, item, set() if created is None else created)
    return text


def test_a_group_with_the_command_as_words() -> None:
    assert json.loads(put("{}", WORDS))["hooks"]["Ask"] == [
        {
            "matcher": "*",
            "hooks": [
                {
                    "type": "command",
                    "command": COMMAND[0],
                    "args": [*COMMAND[1:], "robot"],
                    "timeout": 60,
                    "statusMessage": "Waiting",
                }
            ],
        }
    ]


def test_a_group_with_one_line_and_milliseconds() -> None:
    assert json.loads(put("{}", MILLISECONDS))["hooks"] == {
        "Ask": [
            {
                "matcher": "*",
                "hooks": [{"type": "command", "name": "agent-tray", "command": LINE, "timeout": 60_000}],
            }
        ],
        "Stop": [{"hooks": [{"type": "command", "name": "agent-tray", "command": LINE, "timeout": 5_000}]}],
    }


def test_a_bare_list_in_a_file_with_a_version() -> None:
    assert json.loads(put("{}", FLAT)) == {
        "version": 1,
        "hooks": {
            "Ask": [{"matcher": "*", "type": "command", "bash": LINE, "timeoutSec": 60}],
            "Stop": [{"type": "command", "bash": LINE, "timeoutSec": 5}],
        },
    }
    assert json.loads(put("{}", BARE))["hooks"]["Stop"] == [{"command": LINE, "timeout": 5}]


@pytest.mark.parametrize("setup", SETUPS)
def test_ours_are_found_again_and_taken_out_without_a_trace(setup: HookSetup) -> None:
    theirs = '{\n  "version": 1,\n  "hooks": {"Ask": [{"command": "x"}, 7, {"hooks": [{"command": "x"}]}], "odd": 3}\n}'
    created: set[str] = set()

    text = put(theirs, setup, created)

    assert [event for event, _ in hook_entries.ours(text, setup)] == ["Ask", "Stop"]
    assert hook_entries.ours(text, setup) == hook_entries.wanted(setup, COMMAND, ())
    assert created == {"Stop"}
    assert hook_entries.without_ours(text, setup, created) == theirs


@pytest.mark.parametrize("setup", SETUPS)
def test_containers_that_we_made_go_with_ours(setup: HookSetup) -> None:
    created: set[str] = set()

    text = put('{"a": 1}', setup, created)

    assert json.loads(hook_entries.without_ours(text, setup, created)) == {"a": 1}


def test_ours_come_behind_the_others_so_that_their_places_hold() -> None:
    text = put('{"hooks": {"Ask": [{"hooks": [{"type": "command", "command": "x"}]}]}}', WORDS)

    first, second = json.loads(text)["hooks"]["Ask"]

    assert first == {"hooks": [{"type": "command", "command": "x"}]}
    assert second["matcher"] == "*"


@pytest.mark.parametrize(
    "line",
    [
        "/p -I -S /x/other/relay.py robot",
        "/p -I -S /x/agent-tray/relay.py other",
        "/p '-I -S /x/agent-tray/relay.py robot",
        "/x/agent-tray/relay.py robot; rm -rf /",
        "robot",
        "",
    ],
)
def test_a_line_that_only_looks_like_ours_stays(line: str) -> None:
    text = json.dumps({"hooks": {"Ask": [{"hooks": [{"type": "command", "command": line}]}]}})

    assert hook_entries.ours(text, MILLISECONDS) == []
    assert hook_entries.without_ours(text, MILLISECONDS, None) == text


@pytest.mark.parametrize(
    "words",
    [
        ("/a b/py", "-I", "it's", "robot"),
        ("/a/$(touch x)`y`/py", "&&", "robot"),
        ('/a"b', "ünï\u202e", "*", "robot"),
    ],
)
def test_a_line_for_a_shell_is_read_as_these_very_words(words: tuple[str, ...]) -> None:
    assert tuple(shlex.split(hook_entries.one_line(words, is_windows=False))) == words


def test_a_line_for_windows_is_quoted_where_it_must_be() -> None:
    words = (r"C:\Program Files\py.exe", "-I", r"C:\agent-tray\relay.py", "robot")

    line = hook_entries.one_line(words, is_windows=True)

    assert line == r'"C:\Program Files\py.exe" -I C:\agent-tray\relay.py robot'
    text = json.dumps({"hooks": {"Ask": [{"hooks": [{"type": "command", "command": line}]}]}})
    assert len(hook_entries.ours(text, MILLISECONDS)) == 1


@pytest.mark.parametrize("word", [r"C:\%PATH%\py", 'C:\\a"b', "C:\\$x", "C:\\`x", "C:\\a b\\"])
def test_a_path_that_a_shell_of_windows_would_change_is_refused(word: str) -> None:
    with pytest.raises(BadSettings, match="plainer path"):
        hook_entries.one_line((word, "robot"), is_windows=True)


@pytest.mark.parametrize(
    ("text", "says"),
    [("[]", "object"), ('{"hooks": {"Ask": 1}}', "Ask"), ("{,}", "JSON"), ('{"hooks": 1}', "line 1")],
)
def test_what_cannot_hold_hooks_is_said_so(text: str, says: str) -> None:
    with pytest.raises(BadSettings, match=says):
        hook_entries.root_of(text, WORDS)


def test_an_odd_value_that_we_do_not_touch_does_not_matter() -> None:
    assert json.loads(put('{"hooks": {"enabled": true}}', WORDS))["hooks"]["enabled"] is True
