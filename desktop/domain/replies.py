"""What a person can send. A reply to a request names the request and the digest of what was shown."""

from desktop.domain.ids import RequestId, SessionId
from desktop.domain.record import dataclass


@dataclass(frozen=True, slots=True)
class Allow:
    """Let the call run once; *suggestions* are indexes of the agent's own rules to take with it."""

    session: SessionId
    request: RequestId
    digest: str
    suggestions: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Deny:
    """Refuse the call, or send a plan back; *reason* reaches the model; *stops* ends the turn too."""

    session: SessionId
    request: RequestId
    digest: str
    reason: str = ""
    stops: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer every question of a request: per question the chosen labels, or one free text."""

    session: SessionId
    request: RequestId
    digest: str
    answers: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class ApprovePlan:
    """Let the plan be carried out, in *mode* if one is named."""

    session: SessionId
    request: RequestId
    digest: str
    mode: str = ""


@dataclass(frozen=True, slots=True)
class Prompt:
    """Say something to a session whose turn it is."""

    session: SessionId
    text: str


@dataclass(frozen=True, slots=True)
class Interrupt:
    """Break off the turn that runs."""

    session: SessionId


@dataclass(frozen=True, slots=True)
class Stop:
    """End the session's process."""

    session: SessionId


RequestReply = Allow | Deny | Answer | ApprovePlan
SessionReply = Prompt | Interrupt | Stop
Reply = RequestReply | SessionReply


@dataclass(frozen=True, slots=True)
class MarkSeen:
    """The person looked at a session."""

    session: SessionId


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """The person has this very request before them, or (None) nothing any more."""

    request: RequestId | None


@dataclass(frozen=True, slots=True)
class Jump:
    """The person wants to see a session's own terminal."""

    session: SessionId


@dataclass(frozen=True, slots=True)
class Rename:
    """The person calls a session so; an empty name gives the agent's own back."""

    session: SessionId
    name: str


@dataclass(frozen=True, slots=True)
class AssignTask:
    """The person puts a session into a task of theirs; an empty one leaves it to the rules again."""

    session: SessionId
    task: str


Intent = Reply | MarkSeen | OpenRequest | Jump | Rename | AssignTask
