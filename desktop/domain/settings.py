"""What the person chose: one frozen record a section, each field with default, bounds and a sentence of help."""

from dataclasses import field
from enum import StrEnum

from desktop.domain.record import dataclass


class AllowFromNotification(StrEnum):
    """When a notification carries an Allow button."""

    SHORT = "when the full text fits"
    READ_ONLY = "only for commands that read"
    NEVER = "never"


class ColourScheme(StrEnum):
    """Which ground the windows are drawn on."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class GroupBy(StrEnum):
    """What the rows of the sessions window are grouped by."""

    NEED = "need"
    PROJECT = "project"
    REPOSITORY = "repository"
    AGENT = "agent"
    MODEL = "model"
    TASK = "task"


class Backend(StrEnum):
    """What shows notifications."""

    AUTOMATIC = "automatic"
    BASIC = "basic"
    NONE = "none"


def _help(label: str, text: str, low: int | None = None, high: int | None = None) -> dict[str, object]:
    return {"label": label, "help": text, "low": low, "high": high}


@dataclass(frozen=True, slots=True)
class Notifications:
    """Which news is shown as a desktop notification, and what its buttons may do."""

    backend: Backend = field(
        default=Backend.AUTOMATIC,
        metadata=_help("Shown by", "Automatic takes the best that works here; basic shows text only."),
    )
    decisions: bool = field(default=True, metadata=_help("Decisions", "A session waits for an approval or an answer."))
    failures: bool = field(default=True, metadata=_help("Failures", "A session stopped with an error."))
    reviews: bool = field(default=True, metadata=_help("Reviews", "A turn ended and files changed."))
    finished: bool = field(default=False, metadata=_help("Finished turns", "A turn ended and nothing changed."))
    allow: AllowFromNotification = field(
        default=AllowFromNotification.SHORT,
        metadata=_help(
            "Allow button",
            "A text that does not fit, or that can do great harm, is always reviewed in the window first.",
        ),
    )
    settle_ms: int = field(
        default=300,
        metadata=_help("Settle time (ms)", "A request that closes sooner than this raises nothing.", 0, 5000),
    )
    per_hour: int = field(default=12, metadata=_help("Most per hour", "Decisions do not count towards this.", 1, 200))


@dataclass(frozen=True, slots=True)
class Look:
    """How windows and icon look."""

    scheme: ColourScheme = field(
        default=ColourScheme.SYSTEM, metadata=_help("Colours", "Light, dark or as the system.")
    )
    group_by: GroupBy = field(
        default=GroupBy.NEED,
        metadata=_help("Group by", "Whoever needs you comes first in every order."),
    )
    mini_window: bool = field(default=False, metadata=_help("Mini window", "Keep the small pinned window open."))
    mini_opacity: int = field(default=100, metadata=_help("Mini window opacity (%)", "How solid it is.", 30, 100))
    show_ended_minutes: int = field(
        default=10, metadata=_help("Show ended sessions (min)", "How long an ended session stays listed.", 0, 1440)
    )


@dataclass(frozen=True, slots=True)
class Answering:
    """How replies are given."""

    arming_ms: int = field(
        default=700, metadata=_help("Arming time (ms)", "Allow can be pressed this long after it is shown.", 300, 5000)
    )
    hidden_hold_s: int = field(
        default=20,
        metadata=_help(
            "Hold of hidden prompts (s)",
            "Where the terminal hides a prompt while we hold it, it is let go after this.",
            5,
            60,
        ),
    )
    quick_replies: tuple[str, ...] = field(
        default=("continue", "run the tests first", "explain why"),
        metadata=_help("Quick replies", "Offered under the reply box, one a line."),
    )


@dataclass(frozen=True, slots=True)
class Task:
    """A piece of work of the person's own, which sessions of several agents and directories belong to.

    A session belongs to it by hand, or by rule: every sort of rule that is given must hold, each with any one of its
    shell patterns.
    """

    name: str
    directories: tuple[str, ...] = field(
        default=(), metadata=_help("Directories", "A directory stands for all below it too.")
    )
    branches: tuple[str, ...] = field(default=(), metadata=_help("Branches", "Such as fix/*."))
    names: tuple[str, ...] = field(default=(), metadata=_help("Names", "Of sessions, such as *refund*."))


@dataclass(frozen=True, slots=True)
class Remote:
    """Another machine, or a container, whose agents may ask here: the name of a socket that only it is given."""

    name: str = field(metadata=_help("Name", "What ssh knows it by; it is shown beside its sessions."))


@dataclass(frozen=True, slots=True)
class DescribedAgent:
    """An agent that we know nothing of but what the person tells: how it runs, where it logs, what its lines mean."""

    name: str
    executables: tuple[str, ...] = field(
        default=(), metadata=_help("Programs", "The names of its executables, as the system lists them.")
    )
    logs: tuple[str, ...] = field(
        default=(), metadata=_help("Logs", "Files or patterns, such as ~/.mytool/logs/*.jsonl; ** for any depth.")
    )
    json_field: str = field(
        default="",
        metadata=_help("JSON field", "Where a line tells what happened, such as event.type; empty for the whole line."),
    )
    text_field: str = field(default="", metadata=_help("JSON field of the text", "What is shown of a line."))
    working: tuple[str, ...] = field(default=(), metadata=_help("It works", "Regular expressions, one a line."))
    waiting: tuple[str, ...] = field(default=(), metadata=_help("It waits for approval", "Regular expressions."))
    question: tuple[str, ...] = field(default=(), metadata=_help("It asks a question", "Regular expressions."))
    done: tuple[str, ...] = field(default=(), metadata=_help("Its turn is over", "Regular expressions."))
    failed: tuple[str, ...] = field(default=(), metadata=_help("It failed", "Regular expressions."))


@dataclass(frozen=True, slots=True)
class Settings:
    """All of it."""

    notifications: Notifications = Notifications()
    look: Look = Look()
    answering: Answering = Answering()
    tasks: tuple[Task, ...] = field(default=(), metadata={"record": Task})
    remotes: tuple[Remote, ...] = field(default=(), metadata={"record": Remote})
    agents: tuple[DescribedAgent, ...] = field(default=(), metadata={"record": DescribedAgent})
