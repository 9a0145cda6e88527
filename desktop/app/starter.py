"""Begins sessions when the person says so in the window for it, and keeps them as long as the tray runs."""

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Slot

from desktop.app.trust import is_trusted
from desktop.domain.agent import Agent, SessionStart
from desktop.domain.ids import AgentKind
from desktop.domain.ports import Sink
from desktop.watchers.started_agents import StartedAgents
from desktop.windows.start_window import Startable, StartWindow
from desktop.windows.theme import Theme


class Starter(QObject):
    """The window, and what was begun from it."""

    def __init__(
        self,
        agents: Sequence[Agent],
        theme: Theme,
        sink: Sink,
        call: Callable[[Callable[[], None]], None],
        parent: QObject | None = None,
    ) -> None:
        """*call* runs something on the main thread."""
        super().__init__(parent)
        self._agents = {agent.kind: (agent, agent.start) for agent in agents if agent.start is not None}
        self._theme = theme
        self._call = call
        self._window: StartWindow | None = None
        self.sessions = StartedAgents(sink)

    def open(self, kind: str = "", directory: str = "", prompt: str = "") -> None:
        """Show the form, filled in with what is given; what was typed before stays where nothing is."""
        window = self._window
        if window is None:
            window = self._window = StartWindow(self._theme)
            window.start_asked.connect(self._on_window_start_asked)
            directory = directory or str(Path.home())
        window.show_agents(tuple(_startable(agent, start) for agent, start in self._agents.values()))
        window.propose(kind, directory, prompt)
        window.show()
        window.raise_()
        window.activateWindow()

    def stop(self, deadline_s: float) -> None:
        """End what was begun here."""
        self.sessions.stop(deadline_s)
        if self._window is not None:
            self._window.close()

    @Slot(object, str, str)
    def _on_window_start_asked(self, kind: AgentKind, directory: str, prompt: str) -> None:
        assert self._window is not None
        agent, start = self._agents[kind]
        place = Path(directory).expanduser()
        if not place.is_absolute() or not place.is_dir():
            self._window.show_trouble(f"{directory} is not a directory. Choose one that is there.")
            return
        place = place.resolve()
        if not is_trusted(start, str(place), os.environ):
            self._window.show_trouble(
                f"{agent.label} was not told yet whether to trust {directory}. Start it there once in a terminal and "
                "answer that: begun from here it would not ask."
            )
            return
        program = shutil.which(start.command[0])
        if program is None or not os.path.isabs(program):
            self._window.show_trouble(_startable(agent, start)[2] or "Its program was not found.")
            return

        def failed(why: str) -> None:
            self._call(lambda: self._failed(agent, directory, prompt, why))

        talk = start.open_talk(kind, str(place), prompt)
        try:
            self.sessions.start((program, *start.command[1:]), str(place), os.environ, talk, failed)
        except OSError as error:
            self._window.show_trouble(f"{program} could not be started: {error.strerror}.")
            return
        self._window.show_started()

    def _failed(self, agent: Agent, directory: str, prompt: str, why: str) -> None:
        """Nothing that was typed is lost: the form comes back with it."""
        said = f"{agent.label} did not begin: {why}. Start it once in a terminal and see what it says."
        self.open(agent.kind, directory, prompt)
        if self._window is not None:
            self._window.show_trouble(said)


def _startable(agent: Agent, start: SessionStart) -> Startable:
    program = start.command[0]
    found = shutil.which(program)
    why = "" if found is not None else f"{program} is not on the PATH that Agent Tray was started with."
    return agent.kind, agent.label, why
