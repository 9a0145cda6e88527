"""How a session is begun in each protocol."""

import subprocess
import sys
from datetime import UTC, datetime

import pytest

from desktop.domain.agent import SessionStart
from desktop.domain.ids import AgentKind, RequestId, SessionId
from desktop.domain.replies import Allow
from desktop.domain.requests import Request, RequestKind
from desktop.formats import session_starts
from desktop.formats.acp_talk import AcpTalk
from desktop.formats.stream_json_talk import StreamJsonTalk

SESSION = SessionId("any:one")
NOTHING = Request(RequestId("r"), SESSION, RequestKind.PERMISSION, datetime(2026, 1, 2, tzinfo=UTC))


@pytest.mark.parametrize(
    ("start", "talk"),
    [
        (session_starts.over_acp("agent", "--acp"), AcpTalk),
        (session_starts.over_stream_json("agent", "--acp"), StreamJsonTalk),
    ],
)
def test_a_start_has_its_command_its_talk_and_what_writes_its_answers(start: SessionStart, talk: type) -> None:
    assert start.command == ("agent", "--acp")
    assert isinstance(start.open_talk(AgentKind("any"), "/shop", "fix it"), talk)
    assert start.write_reply(b"{}", NOTHING, Allow(SESSION, RequestId("r"), "")) is None
    assert start.trusts is None


def test_what_nobody_begins_is_not_loaded() -> None:
    look = (
        "import sys, desktop.app.agents as agents; agents.load_agents(); print([n for n in sys.modules if 'talk' in n])"
    )

    told = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True).stdout

    assert "acp_talk" not in told
    assert "stream_json_talk" not in told
