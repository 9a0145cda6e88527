"""Gemini CLI: its log of messages, its hooks, and what they can do.

Its log does not tell a waiting call from a running one, and its hooks can refuse a call only before anybody knows
whether it needs leave: to hold them there would delay every call and show waits that are none. So requests are shown
with their full text, and answered in the terminal.
"""

from desktop.agents.gemini_cli_calls import KIND
from desktop.agents.gemini_cli_hooks import HOOKS, read_hook
from desktop.agents.gemini_cli_log import LOGS, log_dirs, open_transcript, read_log_head
from desktop.domain.agent import Ability, Agent, Means
from desktop.formats import session_starts
from desktop.formats.command_line import Program

LABEL = "Gemini CLI"

MEANS = (
    Means(Ability.SEE, "process, log and hooks"),
    Means(
        Ability.KNOW_IT_WAITS, "hook", "That it was allowed there is known when the command runs, or the call is over."
    ),
    Means(Ability.KNOW_WHAT_IT_ASKS, "hook", "Of a tool of an MCP server only the name."),
    Means(
        Ability.ALLOW,
        why_not="No hook may answer its prompt, and a gate without prompts would let all run when it fails.",
    ),
    Means(
        Ability.DENY, why_not="Its hook may refuse only before it is known that it asks, and would delay every call."
    ),
    Means(Ability.ANSWER, why_not="No hook may answer its questions."),
    Means(Ability.PROMPT, "terminal"),
    Means(Ability.INTERRUPT, "terminal"),
    Means(Ability.JUMP, "terminal"),
)

PROGRAM = Program(
    scripts=("/bin/gemini", "/.bin/gemini", "gemini-cli/bundle/gemini.js", "gemini-cli/dist/index.js"),
    commands=frozenset({"mcp", "extensions", "extension", "skills", "hooks", "gemma"}),
    passing=frozenset({"--version", "-v", "--help", "-h", "--list-sessions", "--list-extensions", "-l"}),
    headless=frozenset({"-p", "--prompt", "--acp", "--experimental-acp"}),
)

AGENT = Agent(
    kind=KIND,
    label=LABEL,
    executables=frozenset({"gemini"}),
    tried_with=("0.61.0",),
    default_home="~/.gemini",
    transcript_dir=LOGS,
    open_transcript=open_transcript,
    is_session_process=PROGRAM.is_session,
    starts_itself_again=True,
    read_hook=read_hook,
    hook_setup=HOOKS,
    resume_words=("gemini", "--resume"),
    # Its hint in an empty input line is of a colour of its own, not faint: then it belongs to the mark.
    prompt_marks=(">   Type your message or @path/to/file", "> "),
    is_headless=PROGRAM.is_headless,
    interrupt_keys=("Escape",),
    log_dirs=log_dirs,
    log_names="session-*.jsonl",
    read_log_head=read_log_head,
    means=MEANS,
    start=session_starts.over_acp("gemini", "--acp"),
)
