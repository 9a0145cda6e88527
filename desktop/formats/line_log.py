"""A log of one JSON object a line, read record by record: what every reader of such a log has in common."""

from collections.abc import Mapping
from datetime import datetime

from desktop.domain.events import Event, SessionDescribed, TurnFinished, TurnStarted
from desktop.domain.ids import AgentKind, SessionId
from desktop.domain.session import Ending, NameSource
from desktop.formats import text
from desktop.formats.foreign_json import parse_object
from desktop.formats.stamps import BEFORE_ALL


class LineLog:
    """A ``TranscriptReader``; whoever inherits says what one record means."""

    def __init__(self, session: SessionId, agent: AgentKind) -> None:
        self.session = session
        self.agent = agent
        self.at: datetime = BEFORE_ALL  # of the newest record with a time
        self.words = ""  # the agent's last ones
        self.in_turn: bool | None = None  # None until a record tells
        self._is_decided = False
        self._skipped = 0
        self._told: dict[str, str] = {}  # facts already passed on

    @property
    def is_decided(self) -> bool:
        """Whether the lines so far tell where the session stands."""
        return self._is_decided

    @property
    def skipped(self) -> int:
        """How many lines could not be read."""
        return self._skipped

    def feed(self, line: bytes) -> list[Event]:
        """Translate one line."""
        if not line.strip():
            return []
        record = parse_object(line)
        if record is None:
            self._skipped += 1
            return []
        return self.translate(record)

    def skim(self, log: bytes, top: int = 0, *, is_last_try: bool) -> list[Event] | None:
        """Translate the end of a log; None when it does not reach back to the start of a turn and more can be had."""
        events = [event for line in log[top:].split(b"\n") for event in self.feed(line)]
        return events if self._is_decided or is_last_try else None

    def translate(self, record: Mapping[str, object]) -> list[Event]:
        """What one record means."""
        raise NotImplementedError

    def unknown(self) -> list[Event]:
        """Count a record of a kind that nobody knows; it means nothing."""
        self._skipped += 1
        return []

    # -- words that most records come down to

    def started(self, prompt: str = "") -> list[Event]:
        """A prompt gave the agent the floor."""
        self.in_turn, self._is_decided, self.words = True, True, ""
        return [TurnStarted(self.session, self.at, text.one_line(prompt))]

    def went_on(self) -> list[Event]:
        """The agent works without a prompt that we saw: the tail begins inside its turn, or it went on by itself."""
        if self.in_turn:
            return []
        self.in_turn = True
        return [TurnStarted(self.session, self.at)]

    def finished(
        self, ending: Ending = Ending.FINISHED, error: str = "", *, hook_tells_too: bool = False
    ) -> list[Event]:
        """The agent yielded the floor."""
        self.in_turn, self._is_decided = False, True
        words = text.clean(self.words)
        return [TurnFinished(self.session, self.at, ending, text.one_line(error, 500), words, hook_tells_too)]

    def facts(
        self, *, cwd: str = "", branch: str = "", version: str = "", model: str = "", prompt: str = "", title: str = ""
    ) -> list[Event]:
        """What is told of the session itself and was not told before."""
        given = {"cwd": cwd, "branch": branch, "version": version, "model": model}
        new = {key: value for key, value in given.items() if value and self._told.get(key) != value}
        named = (NameSource.TITLE, text.one_line(title)) if title else (NameSource.PROMPT, text.one_line(prompt))
        name = named if named[1] and self._told.get(named[0]) != named[1] else None
        if not new and name is None:
            return []
        self._told |= new
        if name is not None:
            self._told[name[0]] = name[1]
        return [
            SessionDescribed(
                self.session,
                self.agent,
                self.at,
                cwd=new.get("cwd"),
                branch=new.get("branch"),
                version=new.get("version"),
                model=new.get("model"),
                name=name,
            )
        ]
