"""What a process holds open."""

from desktop.domain.ids import SessionId
from desktop.watchers.runner import Runner, StandIn
from tests.fakes.fake_agent_record import FAKE


def test_a_stand_in_is_a_session_of_its_process() -> None:
    runner = Runner(FAKE, 12, "7", "/home", 0.0, 0.0)
    assert runner.sessions() == set()

    runner.stand_in = StandIn(SessionId("fake:pid-12"))

    assert runner.sessions() == {"fake:pid-12"}
