import threading
from datetime import UTC, datetime

import pytest

from desktop.domain.agent import HookCall
from desktop.domain.events import ActivitySeen, HealthReported, RequestOpened
from tests.fakes import hook_agent
from tests.fakes.hook_agent import AGENT, SESSION, Events

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def test_its_calls_say_what_they_were_made_to_say() -> None:
    assert AGENT.read_hook is not None
    assert AGENT.asks_by_hook is not None
    asks, tells = hook_agent.call(), hook_agent.call(asks=False, command="done")

    (opened,) = AGENT.read_hook(HookCall(asks, 1, NOW, request_nonce="n"))
    assert isinstance(opened, RequestOpened)
    assert (opened.request.session, opened.request.id) == (SESSION, "n")
    assert AGENT.read_hook(HookCall(tells, 1, NOW)) == [ActivitySeen(SESSION, NOW, "done")]
    assert (AGENT.asks_by_hook(asks), AGENT.asks_by_hook(tells)) == (True, False)


def test_events_from_another_thread_are_waited_for() -> None:
    events = Events()
    thread = threading.Thread(target=events, args=(HealthReported("x", NOW, "later"),))
    thread.start()

    assert events.wait(HealthReported).text == "later"
    thread.join()


def test_waiting_in_vain_fails() -> None:
    with pytest.raises(AssertionError, match="no RequestOpened"):
        Events().wait(RequestOpened, deadline_s=0.01)
    with pytest.raises(AssertionError, match="did not happen"):
        hook_agent.until(lambda: False, deadline_s=0.01)
