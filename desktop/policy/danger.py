"""What a command could do at worst, judged conservatively from its text alone. Never a reason to allow or deny.

Two looks at the same text, and each may raise the alarm: patterns over all of it, blind to quotes; and the single
calls that it makes. A false alarm costs a click on "Review…"; a miss costs more.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from desktop.domain.requests import Request, RequestKind
from desktop.policy import shell_calls
from desktop.policy.danger_words import (
    CREDENTIALS,
    FEAR_BY_PROGRAM,
    FOUND,
    HIDDEN,
    LASTS,
    OUTSIDE,
    UNCLEAR,
    patterns,
)
from desktop.policy.shell_calls import Call

# Programs that run what stands in their words, or what comes through a pipe.
_INTERPRETERS = re.compile(
    r"(ba|z|da|k|fi|c|tc|a)?sh|busybox|python[\d.]*|pypy[\d.]*|perl|ruby|node|nodejs|deno|bun|php|lua\w*|tclsh|osascript"
    r"|powershell|pwsh|cmd|wscript|cscript|irb|ghci|gdb|expect|vim?|nvim|ed|ex|emacs|sqlite3|psql|mysql|r|rscript|julia"
)
_CODE_OPTION = re.compile(
    r"-\w*[ceprsi]\w*|--(eval|print|execute|command|init|rcfile|require|import)\b.*|-|/[ck]", re.IGNORECASE
)
# Programs whose first words say how, and whose later words are a call.
_WRAPPERS = frozenset(
    (
        *("env", "nohup", "nice", "ionice", "time", "timeout", "stdbuf", "setsid", "command", "builtin", "exec"),
        *("chrt", "watch", "flock", "unbuffer", "script", "strace", "ltrace", "taskset", "caffeinate", "xvfb-run"),
    )
)
_WRITERS = frozenset(
    (
        *("rm", "rmdir", "unlink", "cp", "mv", "ln", "install", "tee", "touch", "mkdir", "truncate", "rsync", "tar"),
        *("unzip", "zip", "7z", "cpio", "patch", "sed", "curl", "wget", "sort", "split", "chmod", "gzip", "gunzip"),
        *("git", "make", "cmake", "npm", "pip", "go", "cargo", "mkfifo", "mktemp", "rename", "uniq", "cd", "pushd"),
    )
)
_RISKY_VARIABLES = re.compile(
    r"PATH|IFS|ENV|BASH_\w+|LD_\w+|DYLD_\w+|PYTHON\w+|PERL\w+|RUBY\w+|NODE_\w+|GIT_\w+|\w*(PAGER|EDITOR|SHELL|BROWSER)"
    r"|PROMPT_COMMAND|PS4|HOME|XDG_\w+|SSH_\w+|\w*PROXY",
    re.IGNORECASE,
)
_RISKY_WORD = re.compile(rf"({_RISKY_VARIABLES.pattern})=|-S|--split", re.IGNORECASE)
_PLAIN_PROGRAM = re.compile(r"[A-Za-z0-9_./+@-]+|\[\[?|:")
_TEMPORARY = "/tmp/"  # noqa: S108  # a place in a command, not a file of ours
_HARMLESS_TARGET = re.compile(r"/dev/(null|stdout|stderr|tty)|&?\d")

# Programs that only read, with options that keep it so; anything else in the line makes it "not only reading".
_READERS = frozenset(
    (
        *("ls", "pwd", "cat", "head", "tail", "wc", "stat", "du", "df", "whoami", "id", "uname", "which", "echo"),
        *("printf", "true", "test", "basename", "dirname", "realpath", "readlink", "cut", "grep", "rg", "diff", "cmp"),
    )
)
_GIT_READERS = frozenset(("status", "log", "diff", "show", "blame", "describe", "rev-parse", "ls-files"))
_SHELL_SIGNS = re.compile(r"[;|&$`\\<>(){}\n\r\"'*?\[\]!#~]")
_WRITING_OPTIONS = ("-c", "--ou", "-o", "--pre", "--host", "--ext", "--textconv")
_LONGEST_READ = 160
# More than any notification shows, and little enough for every pattern here.
_LONGEST = 4000


# A row is made anew with every sign of its session's life, and the longest command costs milliseconds.
@lru_cache(maxsize=64)
def fears(command: str, cwd: str = "") -> tuple[str, ...]:
    """Name what *command*, run in *cwd*, could do that nobody should allow in passing; empty when nothing was found."""
    if len(command) > _LONGEST:
        return (UNCLEAR,)
    flat = shell_calls.flattened(command)
    found = [words for pattern, words in patterns() if pattern.search(flat)]
    if shell_calls.computes(command):
        found.append(HIDDEN)
    calls = shell_calls.calls(command)
    if calls is None:
        found.append(UNCLEAR)
    for call in calls or ():
        found += [OUTSIDE for path in call.writes if _is_feared_target(path, cwd)]
        found += [HIDDEN for name in call.variables if _RISKY_VARIABLES.fullmatch(name)]
        for inner in _inner_calls(call):
            found += _fears_of_call(inner, cwd)
    return tuple(dict.fromkeys(found))


def fears_of_request(request: Request, cwd: str) -> tuple[str, ...]:
    """Name what is to be feared of what *request* asks leave for; nothing for what is no permission."""
    if request.kind is not RequestKind.PERMISSION:
        return ()
    if request.writes:  # then the text is a file's, and no command
        return tuple(dict.fromkeys(words for path in request.writes for words in fears_of_file(path, cwd)))
    return fears(request.text, cwd)


def warnings(request: Request, cwd: str) -> tuple[str, ...]:
    """Those fears that are worth words beside the whole text, which a person reads there anyway."""
    found = fears_of_request(request, cwd)
    if request.text.startswith(f"{request.tool}\n\n{{"):
        # The input of a tool that is no shell: that it does not read as a command says nothing of it.
        return tuple(words for words in found if words not in (HIDDEN, UNCLEAR))
    return found


def fears_of_file(path: str, cwd: str) -> tuple[str, ...]:
    """Name what is to be feared of a file written at *path*: where it lies, and what would read it."""
    found = [words for pattern, words in patterns() if words in (CREDENTIALS, LASTS) and pattern.search(path)]
    if writes_outside(path, cwd):
        found.append(OUTSIDE)
    below = path.removeprefix(cwd.rstrip("/") + "/")
    if any(part.startswith(".") and part not in (".", "..") for part in below.split("/")):
        found.append(LASTS)  # where programs look for what to do
    return tuple(dict.fromkeys(found))


def writes_outside(path: str, cwd: str) -> bool:
    """Whether *path* lies outside *cwd*; an unclear one does."""
    if not cwd.strip("/") or not path or path.startswith("~") or "$" in path:
        return True
    is_windows = re.match(r"[A-Za-z]:", cwd) is not None
    if is_windows:
        path, cwd = path.replace("\\", "/").lower(), cwd.replace("\\", "/").lower()
    if "\\" in path or (is_windows and path.startswith("/")):
        return True
    is_whole = path.startswith("/") or re.match(r"[A-Za-z]:", path) is not None
    return not _resolved(path if is_whole else f"{cwd}/{path}").startswith(_resolved(cwd))


def only_reads(command: str) -> bool:
    """Whether *command* is one plain call of a program known to read and no more."""
    if len(command) > _LONGEST_READ or not command.isascii() or _SHELL_SIGNS.search(command):
        return False
    words = command.split()
    if not words or any(word.startswith(_WRITING_OPTIONS) for word in words[1:]):
        return False
    if words[0] == "git":
        return len(words) > 1 and words[1] in _GIT_READERS
    return words[0] in _READERS


def _inner_calls(call: Call) -> list[Call]:
    """The call, and whatever a program that runs other programs may be given to run."""
    words = call.words
    if not words or _name(words[0]) not in _WRAPPERS:
        return [call] if words else []
    starts = [start for start, word in enumerate(words) if start == 0 or re.match(r"[A-Za-z.~$/]", word)]
    return [replace(call, words=words[start:]) for start in starts if "=" not in words[start]]


def _fears_of_call(call: Call, cwd: str) -> list[str]:
    found: list[str] = []
    first, *others = call.words
    program = _name(first)
    if not _PLAIN_PROGRAM.fullmatch(first) or program in (".", ""):
        found.append(HIDDEN)
    elif "/" in first and not _is_system_program(first) and writes_outside(first, cwd):
        found.append(HIDDEN)  # a program from somewhere else
    if program in FEAR_BY_PROGRAM:
        found.append(FEAR_BY_PROGRAM[program])
    if _INTERPRETERS.fullmatch(program) and _runs_its_words(call):
        found.append(HIDDEN)
    if program in _WRAPPERS and any(_RISKY_WORD.match(word) for word in others):
        found.append(HIDDEN)
    if program in _WRITERS:
        found += _fears_of_writer(program, others, cwd)
    return found


def _name(word: str) -> str:
    return word.rpartition("/")[2].lower().removesuffix(".exe")


def _fears_of_writer(program: str, words: Sequence[str], cwd: str) -> list[str]:
    found = []
    if program == "rm" and any(re.search(r"[*?\[{]", word) for word in words):
        found.append(FOUND)
    if program in ("cd", "pushd") and not [word for word in words if word != "--"]:
        found.append(OUTSIDE)  # home
    for word in words:
        path = word.partition("=")[2] if word.startswith("--") else re.sub(r"^-[A-Za-z]+(?=[/~.$])", "", word)
        is_path = path.startswith(("/", "~", "$", "..")) or "/../" in path or path.endswith("/..") or path == "-"
        if is_path and _is_feared_target(path, cwd):
            found.append(OUTSIDE)
    return found


def _runs_its_words(call: Call) -> bool:
    """Whether an interpreter is given code, instead of the name of a file or module of the project."""
    words = call.words[1:]
    if call.takes_piped or not words:
        return True
    # Options end where the script's own words begin; "-m module" names what is installed.
    for word in words:
        if word == "-m":
            return False
        if not word.startswith(("-", "/")):
            return word.lower() in ("eval", "repl") or word.startswith(("~", "$", "http"))
        if _CODE_OPTION.fullmatch(word):
            return True
    return words[-1].startswith("-") and "--version" not in words and "-V" not in words


def _is_feared_target(path: str, cwd: str) -> bool:
    if _HARMLESS_TARGET.fullmatch(path):
        return False
    is_temporary = path.startswith("/") and "$" not in path and _resolved(path).startswith(_TEMPORARY)
    return not is_temporary and writes_outside(path, cwd)


def _is_system_program(path: str) -> bool:
    return re.fullmatch(r"/(usr/(local/)?)?s?bin/[^/]+", path) is not None


def _resolved(path: str) -> str:
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            if parts:
                parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/" + "/".join(parts) + "/"
