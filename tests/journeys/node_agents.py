"""Agents that run on node and keep one settings file: what they are given, and how a session of theirs is started."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.fakes import chat_model, gemini_model
from tests.journeys import packages
from tests.journeys.pane_session import PaneSession
from tests.journeys.stage import Program, Stage

READY = "Type your message"
Start = Callable[[], PaneSession]


@dataclass(frozen=True)
class NodeAgent:
    """How one of them is led."""

    kind: str
    package: str
    folder: str
    settings: Mapping[str, object]
    options: tuple[str, ...]
    model: str  # the program that serves its model
    address_variable: str
    address_end: str
    key_variable: str

    def prepare(self, stage: Stage, **more: object) -> None:
        """Write its settings, and connect it."""
        home = stage.home / self.folder
        home.mkdir(exist_ok=True)
        (home / "settings.json").write_text(json.dumps({**self.settings, **more}))
        stage.command("connect", self.kind, "--yes")

    def start(self, stage: Stage, program: Path, url: str) -> PaneSession:
        """Start a session whose model is at *url*."""
        variables = {
            self.key_variable: "dummy", self.address_variable: f"{url}{self.address_end}",
            # Some renew themselves with npm, whatever their settings say: then in here.
            "npm_config_prefix": str(stage.base / "npm"),
        }  # fmt: skip
        return PaneSession(stage, self.kind, [str(program), *self.options], variables, READY)

    def starting(self, stage: Stage, program: Path) -> Iterator[Start]:
        """For a fixture: give what starts connected sessions, and end them all."""
        self.prepare(stage)
        model = Program(self.model, stage.environment)
        begun: list[PaneSession] = []

        def begin() -> PaneSession:
            begun.append(self.start(stage, program, f"http://127.0.0.1:{model.reports[0]['ready']}"))
            return begun[-1]

        yield begin
        for session in begun:
            session.quit()
        model.stop()


GEMINI = NodeAgent(
    kind="gemini-cli",
    package=packages.GEMINI,
    folder=".gemini",
    settings={
        "security": {"auth": {"selectedType": "gemini-api-key"}, "folderTrust": {"enabled": False}},
        "general": {"enableAutoUpdate": False, "enableNotifications": False},
        "privacy": {"usageStatisticsEnabled": False},
        "telemetry": {"enabled": False},
        "ui": {"hideBanner": True, "hideTips": True},
    },
    options=("--skip-trust", "-m", "gemini-2.5-flash"),
    model=gemini_model.__file__,
    address_variable="GOOGLE_GEMINI_BASE_URL",
    address_end="",
    key_variable="GEMINI_API_KEY",
)
QWEN = NodeAgent(
    kind="qwen-code",
    package=packages.QWEN,
    folder=".qwen",
    settings={
        "security": {"auth": {"selectedType": "openai"}, "folderTrust": {"enabled": False}},
        "general": {"disableAutoUpdate": True, "enableAutoUpdate": False},
        "privacy": {"usageStatisticsEnabled": False},
        "model": {"name": "m"},
    },
    options=("--auth-type", "openai", "-m", "m"),
    model=chat_model.__file__,
    address_variable="OPENAI_BASE_URL",
    address_end="/v1",
    key_variable="OPENAI_API_KEY",
)
