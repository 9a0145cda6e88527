"""What a session asks of a person: permission requests, questions, plans and elicitations."""

from datetime import datetime
from enum import StrEnum

from desktop.domain.ids import RequestId, SessionId
from desktop.domain.record import dataclass


class RequestKind(StrEnum):
    """What sort of reply a request takes."""

    PERMISSION = "permission"
    QUESTION = "question"
    PLAN = "plan"
    ELICITATION = "elicitation"


class Reach(StrEnum):
    """Where a request can be answered."""

    HOOK = "hook"  # a relay waits on our socket: answerable here
    SERVER = "server"  # the agent's own server takes the first answer of all; its terminal asks too: answerable here
    TERMINAL = "terminal"  # only the agent's own prompt can take the answer


@dataclass(frozen=True, slots=True)
class Choice:
    """One option of a question."""

    label: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a request; a request may carry several."""

    text: str
    header: str = ""
    choices: tuple[Choice, ...] = ()
    is_multiple: bool = False


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A rule or mode that the agent itself offers beside a plain allow; *text* is its whole meaning in words."""

    text: str


@dataclass(frozen=True, slots=True)
class Request:
    """A session stops until a person answers this.

    *text* is all of what will run or is asked, verbatim and not cleaned: whoever draws it cleans it. *digest* is the
    SHA-256 (hex) of the bytes the agent gave us; a reply carries it back, so that what was read is what is answered.
    """

    id: RequestId
    session: SessionId
    kind: RequestKind
    opened_at: datetime
    tool: str = ""
    text: str = ""
    summary: str = ""  # a sentence of ours: "wants to run a command"
    questions: tuple[Question, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    modes: tuple[str, ...] = ()  # what may follow an approved plan
    writes: tuple[str, ...] = ()  # files it would write, as the agent names them
    digest: str = ""
    call_key: str = ""  # equal for the same tool with the same input, to match hook and transcript
    reach: Reach = Reach.TERMINAL
    why_not: str = ""  # why it cannot be answered here, as a sentence with the remedy
    subagent: str = ""  # role of the subagent that asks; empty for the session itself
    subagent_id: str = ""
    hides_prompt: bool = False  # its agent's terminal asks nothing while it is held here
    is_verified: bool = True  # the asking process descends from the session's own
    is_parallel: bool = False  # others of the same asker may be open beside it
    is_answering: bool = False
    answer_by: datetime | None = None  # a reply is on its way: it failed if nothing was seen by then
    confirm_by: datetime | None = None  # let go by the hook: closed unless the agent says by then that it waits
    trouble: str = ""  # why the last reply did not arrive

    @property
    def is_answerable(self) -> bool:
        """Whether a reply from here can reach the agent."""
        return self.reach is not Reach.TERMINAL and self.is_verified
