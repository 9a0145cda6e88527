"""opencode: its processes, our plugin in them, its database, and what it takes as an answer.

Opens no file, starts no thread, asks no clock. What a newer version writes and nobody here knows means nothing.
"""

from collections.abc import Sequence

from desktop.agents import opencode_plugin
from desktop.agents.opencode_asks import KIND
from desktop.agents.opencode_database import DATABASE
from desktop.agents.opencode_server import SERVER
from desktop.domain.agent import Ability, Agent, HookSetup, Means, OwnFile
from desktop.formats import session_starts
from desktop.formats.command_line import file_name

# fmt: off
_PASSING = frozenset({
    "add", "agent", "attach", "auth", "completion", "db", "debug", "export", "generate", "github", "i", "import",
    "install", "mcp", "models", "plugin", "pm", "pr", "providers", "session", "stats", "uninstall", "upgrade", "x",
})
# fmt: on
_SERVING = frozenset({"serve", "web", "acp"})
_SHOWING = frozenset({"--version", "-v", "--help", "-h"})
_WITH_VALUE = frozenset(
    {"--port", "--hostname", "--model", "-m", "--session", "-s", "--prompt", "--agent", "--log-level", "--mdns-domain"}
)


def is_session_process(exe: str, argv: Sequence[str]) -> bool:
    """Whether a process of the agent may hold a conversation; what attaches to another, or only passes, does not."""
    # The npm package calls its native program opencode.exe on every system.
    if file_name(exe) != "opencode":
        return False
    return _command(argv) not in _PASSING and not any(word in _SHOWING for word in argv[1:])


def is_headless(argv: Sequence[str]) -> bool:
    """Whether a session answers to a program: it prints, refuses by itself whatever it would ask, and ends."""
    return _command(argv) == "run"


def is_host(argv: Sequence[str]) -> bool:
    """Whether a process serves conversations that others show."""
    return _command(argv) in _SERVING


def _command(argv: Sequence[str]) -> str:
    words = iter(argv[1:])
    for word in words:
        if word in _WITH_VALUE:
            next(words, None)
        elif not word.startswith("-"):
            return word
    return ""


# No hook of its own can be answered; a plugin is one file in its configuration directory, loaded at each start.
HOOKS = HookSetup(
    file="",
    events=(),
    command_name=KIND,
    own_files=(OwnFile("plugins/agent-tray.js", "plugins/opencode.js"),),
)

_ANSWERED = "by our plugin in every session, or over its own server where it listens"
MEANS = (
    Means(Ability.SEE, "by its process and its database; by our plugin or its own server at once"),
    Means(Ability.KNOW_IT_WAITS, _ANSWERED, "without either only a guess: its database says nothing of it"),
    Means(Ability.KNOW_WHAT_IT_ASKS, _ANSWERED),
    Means(Ability.ALLOW, f"{_ANSWERED}: once, or always for the patterns shown; its own prompt stands all the while"),
    Means(Ability.DENY, f"{_ANSWERED}, with a reason"),
    Means(Ability.ANSWER, f"{_ANSWERED}, with its choices or in own words"),
    Means(Ability.PROMPT, _ANSWERED, "before its first prompt there is no conversation to speak to"),
    Means(Ability.INTERRUPT, _ANSWERED),
    Means(Ability.JUMP, "terminal"),
)

AGENT = Agent(
    kind=KIND,
    label="opencode",
    executables=frozenset({"opencode", "opencode.exe"}),
    tried_with=("1.18.33",),
    default_home="~/.config/opencode",
    home_variable="XDG_CONFIG_HOME",
    home_below="opencode",
    is_session_process=is_session_process,
    is_headless=is_headless,
    is_host=is_host,
    read_hook=opencode_plugin.read_hook,
    write_hook_reply=opencode_plugin.write_reply,
    asks_by_hook=opencode_plugin.asks,
    database=DATABASE,
    server=SERVER,
    hook_setup=HOOKS,
    line=opencode_plugin.LINE,
    is_hook_inside=True,
    resume_words=("opencode", "--session"),
    means=MEANS,
    setup_note="Start opencode again: it loads plugins only when it starts.",
    start=session_starts.over_acp("opencode", "acp"),
)
