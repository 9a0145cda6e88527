"""The person's settings in use: loaded at start, saved when they change; problems are said in the window."""

from desktop.app import clock
from desktop.app.window_state import WindowState
from desktop.domain.events import HealthReported
from desktop.domain.ports import Sink
from desktop.domain.settings import Settings
from desktop.storage import paths
from desktop.storage.settings_fields import SettingsUnreadable
from desktop.storage.settings_file import SettingsFile

PART = "settings"


class Preferences:
    """Settings and the file they live in."""

    def __init__(self, sink: Sink) -> None:
        places = paths.places()
        self._sink = sink
        self._file = SettingsFile(places.settings, places.state / "settings.last-good.toml")
        self.windows = WindowState(places.state / "windows.json")
        self.is_new = not places.settings.exists() and not places.ledger.exists()
        self.settings, problems = self._file.load()
        if problems:
            sink(HealthReported(PART, clock.now(), " ".join(str(problem) for problem in problems)))

    def save(self, settings: Settings) -> None:
        """Take *settings* into use, and keep them if that is possible."""
        self.settings = settings
        try:
            self._file.save(settings)
        except SettingsUnreadable as error:
            self._sink(HealthReported(PART, clock.now(), f"They hold until the end of this run. {error}"))
        except OSError as error:
            trouble = f"They hold until the end of this run: {error.filename}: {error.strerror}."
            self._sink(HealthReported(PART, clock.now(), trouble, "Make the file writable."))
        else:
            self._sink(HealthReported(PART, clock.now(), ""))
