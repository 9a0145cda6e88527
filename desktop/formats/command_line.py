"""Command lines: whether one holds a conversation or carries out a command, and what goes on with a conversation."""

import shlex
from collections.abc import Sequence

from desktop.domain.record import dataclass
from desktop.formats import hook_payload

NODE = ("node", "bun")
PYTHON = ("python",)
_SHELLS = frozenset({"sh", "bash", "dash", "zsh", "fish"})
# What an interpreter is told of itself comes before the script, or behind it where a program starts itself again.
_OF_THE_INTERPRETER = "--max-old-space-size"


def file_name(path: str) -> str:
    """The last part of a path of any system, in lower case and without what Windows adds to a program."""
    return path.replace("\\", "/").rpartition("/")[2].lower().removesuffix(".exe")


@dataclass(frozen=True, slots=True)
class Program:
    """How an agent's program is called, and which of its words begin no conversation."""

    names: frozenset[str] = frozenset()  # of its executable
    scripts: tuple[str, ...] = ()  # the ends of the paths of its script, where an interpreter is the executable
    interpreters: tuple[str, ...] = NODE  # the beginnings of their names
    commands: frozenset[str] = frozenset()  # as the first word: does something else and ends
    beginning: frozenset[str] = frozenset()  # the only first words that begin one, where other programs share the name
    passing: frozenset[str] = frozenset()  # anywhere: says something and ends
    headless: frozenset[str] = frozenset()  # anywhere: answers to a program

    def words(self, exe: str, argv: Sequence[str]) -> Sequence[str] | None:
        """What follows the program; None when it is another one."""
        name = file_name(exe)
        if name in self.names:
            return argv[1:]
        if not self.scripts or not name.startswith(self.interpreters):
            return None
        words = [word for word in argv[1:] if not word.startswith(_OF_THE_INTERPRETER)]
        return words[1:] if words and words[0].replace("\\", "/").endswith(self.scripts) else None

    def is_session(self, exe: str, argv: Sequence[str]) -> bool:
        """Whether a process holds a conversation; its passing commands do not."""
        words = self.words(exe, argv)
        return words is not None and self.begins(words)

    def begins(self, words: Sequence[str]) -> bool:
        """Whether the words after the program begin a conversation."""
        first = words[0] if words else ""
        if first in self.commands or (self.beginning and first and first not in self.beginning):
            return False
        return not any(word in self.passing for word in words)

    def is_headless(self, argv: Sequence[str]) -> bool:
        """Whether a session answers to a program: it prints and ends, or speaks a protocol."""
        return any(word in self.headless for word in argv[1:])


def carries_out(argv: Sequence[str], command: str) -> bool:
    """Whether a process runs *command*: as a shell's script, as lines of one of its own, or in the shell's place.

    What only contains it, or is written otherwise, is taken for another: better not to know than to be wrong.
    """
    command = command.strip()
    if not command:
        return False
    if len(argv) > 2 and file_name(argv[0]) in _SHELLS and argv[1].startswith("-") and argv[1].endswith("c"):
        return f"\n{command}\n" in f"\n{argv[2].strip()}\n"
    return shlex.join(argv) == command


def resume(words: Sequence[str], native: str, cwd: str) -> str:
    """What a person types into a shell to go on with a conversation; *words* are the agent's own, the id follows them.

    A directory is named by whoever made it: quoted such that a shell finds nothing in it to carry out.
    """
    if not words or not hook_payload.is_plain_id(native):
        return ""
    command = shlex.join([*words, native])
    return f"cd {shlex.quote(cwd)} && {command}" if cwd else command
