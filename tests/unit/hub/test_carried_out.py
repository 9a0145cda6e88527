"""What was allowed in a terminal is seen to run."""

import pytest

from desktop.domain.events import CommandStarted, EvidenceGiven, RequestOpened, TurnStarted
from desktop.domain.phase import Phase
from desktop.domain.requests import Reach, RequestKind
from desktop.domain.session import Claim, Evidence, Source
from tests.helpers.story import PID, SESSION, Story, permission


@pytest.fixture
def asking(story: Story) -> Story:
    """An agent whose hook tells that it asks, and which then says nothing until the call is over."""
    story.live(Claim.SILENT)
    story.sees(
        EvidenceGiven(SESSION, Evidence(Source.PROCESS, Claim.ALIVE, story.now, "", str(PID))),
        EvidenceGiven(SESSION, Evidence(Source.HOOK, Claim.WORKING, story.now, "its hook tells")),
        TurnStarted(SESSION, story.now, "build it"),
    )
    return story


def opens(story: Story, reach: Reach = Reach.TERMINAL, kind: RequestKind = RequestKind.PERMISSION) -> None:
    seconds = (story.now - permission().opened_at).total_seconds()
    story.sees(RequestOpened(permission(seconds=seconds, text="make all", reach=reach, kind=kind)))
    story.waits(5)


def test_an_agent_whose_command_runs_waits_no_more(asking: Story) -> None:
    opens(asking)
    assert asking.phase is Phase.NEEDS_APPROVAL

    asking.sees(CommandStarted(PID, asking.now, ("bash", "-c", "make all")))

    assert asking.phase is Phase.WORKING


@pytest.mark.parametrize(
    ("pid", "argv"),
    [(PID, ("bash", "-c", "make clean")), (PID + 1, ("bash", "-c", "make all"))],
    ids=["another command", "another agent"],
)
def test_what_else_runs_answers_nothing(asking: Story, pid: int, argv: tuple[str, ...]) -> None:
    opens(asking)

    asking.sees(CommandStarted(pid, asking.now, argv))

    assert asking.phase is Phase.NEEDS_APPROVAL


@pytest.mark.parametrize(
    ("reach", "kind"), [(Reach.HOOK, RequestKind.PERMISSION), (Reach.TERMINAL, RequestKind.QUESTION)]
)
def test_a_request_that_is_held_here_or_is_none_for_a_command_stays(
    asking: Story, reach: Reach, kind: RequestKind
) -> None:
    opens(asking, reach, kind)

    asking.sees(CommandStarted(PID, asking.now, ("make", "all")))

    assert asking.row.request is not None


def test_what_ran_before_it_was_asked_answers_nothing(asking: Story) -> None:
    before = asking.now
    asking.waits(5)
    opens(asking)

    asking.sees(CommandStarted(PID, before, ("make", "all")))

    assert asking.phase is Phase.NEEDS_APPROVAL
