"""A real agent of any kind in a pane of tmux, led by keys and read from its screen; found in what the tray tells."""

import os
import signal
import time
from collections.abc import Mapping, Sequence

from tests.journeys.real_agent import until
from tests.journeys.stage import Stage

STARTS_WITHIN_S = 40.0
# An Enter soon after a text is taken for a part of what was pasted.
PASTED_S = 0.6


class PaneSession:
    """A session as the person who sits before it sees it."""

    def __init__(
        self,
        stage: Stage,
        kind: str,
        command: Sequence[str],
        variables: Mapping[str, str],
        ready: str,
        first_prompt: str = "",  # for agents that name no session before it
    ) -> None:
        self._stage = stage
        self.kind = kind
        known = {str(row["id"]) for row in self.rows()}
        set_here = [f"{name}={value}" for name, value in variables.items()]
        self.begun_at = time.time()
        self.pane_id = stage.tmux(
            "new-window", "-d", "-t", "journeys:", "-P", "-F", "#{pane_id}", "-c", str(stage.project),
            "env", *set_here, *command,
        ).strip()  # fmt: skip
        self.ready_at = self.wait_screen(ready, STARTS_WITHIN_S)
        if first_prompt:
            self.prompt(first_prompt)

        def named() -> str:
            fresh = (row for row in self.rows() if row["id"] not in known and row["phase"] != "ended")
            return next((str(row["id"]) for row in fresh if ":pid-" not in str(row["id"]) and row["pid"]), "")

        self.session = until(named, lambda: f"a session of its own among {self.rows()}", STARTS_WITHIN_S)

    def rows(self) -> list[dict[str, object]]:
        """What the tray tells of all sessions of this kind."""
        rows = self._stage.status()["sessions"]
        assert isinstance(rows, list)
        return [row for row in rows if row["agent"] == self.kind]

    def row(self) -> dict[str, object]:
        """What the tray tells of this session."""
        return next((row for row in self.rows() if row["id"] == self.session), {})

    @property
    def request(self) -> dict[str, object]:
        """What it is shown to ask; empty when it asks nothing."""
        found = self.row().get("request")
        return found if isinstance(found, dict) else {}

    def screen(self) -> str:
        return self._stage.tmux("capture-pane", "-p", "-t", self.pane_id)

    def wait_screen(self, words: str, timeout_s: float = 20.0) -> float:
        """Wait until the terminal shows *words*; return when it did."""
        until(lambda: words in self.screen(), lambda: f"{words!r} on\n{self.screen()}", timeout_s)
        return time.time()

    def key(self, *keys: str) -> float:
        """Press keys by their names in tmux; return when."""
        at = time.time()
        self._stage.tmux("send-keys", "-t", self.pane_id, *keys)
        return at

    def leave(self, words: str, key: str = "Escape") -> float:
        """Press *key* until *words* are gone: a dialog that was just drawn may not hear yet; return when it did."""
        for _ in range(5):
            at = self.key(key)
            try:
                until(lambda: words not in self.screen(), f"{words!r} to go", 2.0)
            except AssertionError:
                continue
            return at
        raise AssertionError(f"{key} did not take {words!r} away:\n{self.screen()}")

    def prompt(self, text: str) -> float:
        """Type a prompt and send it; return when."""
        self._stage.tmux("send-keys", "-t", self.pane_id, "-l", "--", text)
        self.wait_screen(text[-30:])
        time.sleep(PASTED_S)
        return self.key("Enter")

    def kill(self) -> float:
        """End it without a chance to tidy up; return when."""
        at, pid = time.time(), self.row()["pid"]
        assert isinstance(pid, int)
        os.kill(pid, signal.SIGKILL)
        return at

    def quit(self) -> None:
        """Close its terminal, if it is still there."""
        if self.pane_id in self._stage.tmux("list-panes", "-a", "-F", "#{pane_id}").split():
            self._stage.tmux("kill-pane", "-t", self.pane_id)
