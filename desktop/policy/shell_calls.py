"""A shell command taken apart into the simple calls it makes, as far as that can be told without a shell."""

import re
import shlex
from collections.abc import Iterator

from desktop.domain.record import dataclass

_OPERATOR = re.compile(r"[;&|()<>\n]+")
_REDIRECTION = re.compile(r"[<>]")
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)\+?=")
_RESERVED = frozenset(
    ("if", "then", "else", "elif", "fi", "do", "done", "while", "until", "for", "in", "case", "esac", "!", "{", "}")
)
# Characters that make the shell compute text which is not on the screen.
_COMPUTES = re.compile(r"`|\$[({'\"\[]|[<>]\(|<<")


@dataclass(frozen=True, slots=True)
class Call:
    """One program with its words, the variables set for it, and the files it is redirected to."""

    words: tuple[str, ...]
    variables: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    takes_piped: bool = False  # its input is the output of the call before


def joined(command: str) -> str:
    """The command with its continued lines put together, as the shell reads it."""
    return command.replace("\\\r\n", "").replace("\\\n", "")


def flattened(command: str) -> str:
    """The command without what only quotes: what a pattern must see through."""
    return re.sub(r"[\"'\\]", "", joined(command))


def computes(command: str) -> bool:
    """Whether the shell would fill in text that nobody can read here."""
    return _COMPUTES.search(joined(command)) is not None


def calls(command: str) -> tuple[Call, ...] | None:
    """The calls that *command* makes, in order; None when it cannot be told."""
    lexer = shlex.shlex(joined(command), posix=True, punctuation_chars=";&|()<>\n")
    lexer.whitespace = " \t\r"
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        tokens = list(lexer)
    except ValueError:  # a quote without its end
        return None
    return tuple(_calls(tokens))


def _calls(tokens: list[str]) -> Iterator[Call]:
    words: list[str] = []
    variables: list[str] = []
    writes: list[str] = []
    is_piped = awaits_file = False
    for token in [*tokens, ";"]:
        if awaits_file and not _OPERATOR.fullmatch(token):
            awaits_file = False
            writes.append(token)
        elif _OPERATOR.fullmatch(token) and _REDIRECTION.search(token):
            awaits_file = ">" in token
        elif _OPERATOR.fullmatch(token):
            if words or variables or writes:
                yield Call(tuple(words), tuple(variables), tuple(writes), is_piped)
            words, variables, writes = [], [], []
            is_piped = "|" in token and "||" not in token
            awaits_file = False
        elif not words and (name := _ASSIGNMENT.match(token)):
            variables.append(name[1])
        elif words or token not in _RESERVED:
            words.append(token)
