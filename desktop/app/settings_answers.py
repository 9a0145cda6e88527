"""Answers what the settings window asks of the machine: whether an agent can be used, what a file holds."""

from pathlib import Path

from PySide6.QtCore import QObject, Slot

from desktop.app import remote_command
from desktop.app.agents import load_agents
from desktop.app.described import agents_of
from desktop.app.described_example import example
from desktop.app.sample import read_sample
from desktop.domain.settings import DescribedAgent, Remote, Settings
from desktop.storage import paths
from desktop.windows.settings_window import SettingsWindow


class SettingsAnswers(QObject):
    """Belongs to one settings window."""

    def __init__(self, window: SettingsWindow, settings: Settings) -> None:
        super().__init__(window)
        self._window = window
        self._settings = settings
        # Without a place for sockets there are no hooks either, which the window says elsewhere.
        self._runtime = next(iter(paths.runtime_candidates()), None)
        window.description_offered.connect(self._on_description_offered)
        window.remote_offered.connect(self._on_remote_offered)
        window.sample_asked.connect(self._on_sample_asked)
        window.example_asked.connect(self._on_example_asked)
        self.show_settings(settings)

    def show_settings(self, settings: Settings) -> None:
        """Take new settings into use."""
        self._settings = settings
        runtime = self._runtime
        if runtime is not None:
            names = [remote.name for remote in settings.remotes]
            self._window.show_commands(
                {
                    name: remote_command.command_for(name, runtime)
                    for name in names
                    if not remote_command.trouble_with(name, runtime)
                }
            )

    @Slot(object, str)
    def _on_description_offered(self, described: DescribedAgent, replaced: str) -> None:
        others = [known for known in self._settings.agents if known.name != replaced]
        _, refused = agents_of([*others, described], [agent.kind for agent in load_agents()])
        why = next((why for name, why in refused if name == described.name), "")
        self._window.answer_description(described, why)

    @Slot(object)
    def _on_remote_offered(self, remote: Remote) -> None:
        trouble = "This system has no sockets that could be forwarded."
        if self._runtime is not None:
            trouble = remote_command.trouble_with(remote.name, self._runtime)
        self._window.answer_remote(remote, trouble)

    @Slot(str)
    def _on_sample_asked(self, path: str) -> None:
        self._window.show_sample(*read_sample(Path(path)))

    @Slot()
    def _on_example_asked(self) -> None:
        self._window.show_example(*example())
