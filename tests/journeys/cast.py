"""The agents that play together: how each is made, led and read."""

import contextlib
import os
import signal
import time

from tests.fakes import chat_model, responses_model
from tests.journeys import codex_session, opencode_session, packages
from tests.journeys.actor import Actor, as_number, family
from tests.journeys.codex_session import CodexSession, DaemonSession
from tests.journeys.node_agents import GEMINI, QWEN, NodeAgent
from tests.journeys.opencode_session import OpencodeSession, free_port
from tests.journeys.pane_session import PaneSession
from tests.journeys.real_agent import RealAgent, until
from tests.journeys.stage import Program, Stage

GONE_WITHIN_S = 3.0
TYPED_S = 0.6  # an Enter sooner after a text is taken for a part of what was pasted
# Longer than a hook of an agent that hides its prompt is held.
LET_GO_WITHIN_S = 40.0


def serve(stage: Stage, program: str) -> str:
    """Start a model server that ends with the stage; return where it is."""
    model = Program(program, stage.environment)
    stage.at_end(model.stop)
    return f"http://127.0.0.1:{model.reports[0]['ready']}"


class PaneActor(Actor):
    """What all have in common that are led by the keys of a pane."""

    yes = "Enter"
    dialog = ""
    ends_with = "/quit"
    agent: RealAgent | CodexSession | OpencodeSession | PaneSession

    @property
    def session(self) -> str:
        return self.agent.session

    @property
    def pane(self) -> str:
        return self.agent.pane_id

    def has_dialog(self) -> bool:
        return self.dialog in self.screen()

    def wait_dialog(self) -> None:
        until(self.has_dialog, lambda: f"{self.dialog!r} on\n{self.screen()}", LET_GO_WITHIN_S)

    def allow_there(self) -> float:
        return self._until_gone(self.yes)

    def refuse_there(self) -> float:
        return self._until_gone("Escape")

    def kill(self) -> None:
        for pid in reversed(family(int(self.pane_says("pane_pid")))):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def leave(self) -> float:
        self.stage.tmux("send-keys", "-t", self.pane, "-l", "--", self.ends_with)
        time.sleep(TYPED_S)
        at = self._key("Enter")
        with contextlib.suppress(AssertionError):
            until(lambda: not self.has_pane(), "", GONE_WITHIN_S)
            return at
        return self._key("Enter")  # the first one chose the command from a list

    def quit(self) -> None:
        with contextlib.suppress(AssertionError):
            self.kill()
            self.stage.tmux("kill-pane", "-t", self.pane)

    def _until_gone(self, key: str) -> float:
        """Press *key* until the dialog is gone: one that was just drawn may not hear yet; return when."""
        for _ in range(8):
            at = self._key(key)
            with contextlib.suppress(AssertionError):
                until(lambda: not self.has_dialog(), "", 1.5)
                return at
        raise AssertionError(f"{key} did not take the dialog away:\n{self.screen()}")

    def _key(self, key: str) -> float:
        at = time.time()
        self.stage.tmux("send-keys", "-t", self.pane, key)
        return at


class Claude(PaneActor):
    """Connected to our hook, and with live state of its own."""

    name, kind = "Claude Code", "claude-code"
    stream_step = "slow"
    dialog = "Esc to cancel"
    ends_with = "/exit"
    choice = "PostgreSQL"
    agent: RealAgent

    def prepare(self) -> str:
        return self.stage.model

    def start(self) -> float:
        self.agent = self.stage.agent()
        self._session = self.agent.session
        return self.agent.stamp()

    @property
    def session(self) -> str:
        return self._session

    def prompt(self, text: str) -> tuple[float, float]:
        at = self.agent.prompt(text)
        return at, max(at, self.agent.stamp())

    def wait_asked(self, after: float) -> float:
        at = self.agent.wait_status("waiting", after, 60)
        self.wait_dialog()
        return at

    def wait_rest(self, after: float) -> float:
        return self.agent.wait_status("idle", after, 60)

    def allow_there(self) -> float:
        return self.agent.answer("1")

    def refuse_there(self) -> float:
        return self.agent.answer("Escape")

    def break_off(self) -> tuple[float, float]:
        at = self._key("Escape")
        return at, self.agent.wait_status("idle", at)

    def question(self) -> tuple[str, str]:
        return "one", "Which database"


class Codex(PaneActor):
    """Without a daemon; its hook calls us and was told to be trusted."""

    name, kind = "Codex", "codex"
    command_step, write_step, ask_step = "escalate", "patch", ""
    asks_to_write = False
    dialog = "Would you like to run"
    sort: type[CodexSession] = CodexSession
    agent: CodexSession

    def prepare(self) -> str:
        url = serve(self.stage, responses_model.__file__)
        self._home = self.stage.base / self.name.replace(" ", "-")
        self._program = packages.program_of(packages.CODEX)
        codex_session.make_home(self._home, url, self.place)
        self.connect()
        return url

    def connect(self) -> None:
        self.stage.command("connect", "codex", "--yes", CODEX_HOME=str(self._home))

    def start(self) -> float:
        self.agent = self.sort(self.stage.tmux, self._program, self._home, self.place, {"SCRIPTED_KEY": "dummy"})
        return self.agent.begun_at

    def prompt(self, text: str) -> tuple[float, float]:
        began = self.agent.prompt(text)
        return self.agent.sent_at, began

    def wait_asked(self, after: float) -> float:
        return self.agent.wait_record("function_call", after)

    def wait_rest(self, after: float) -> float:
        return self.agent.wait_record("task_complete", after)

    def refuse_there(self) -> float:
        at = self._key("Escape")
        self.agent.wait_record("turn_aborted", at)
        return at

    def break_off(self) -> tuple[float, float]:
        at = self._key("Escape")
        return at, self.agent.wait_record("turn_aborted", at)


class CodexOfDaemon(Codex):
    """Shares its daemon, over whose socket it is seen and answered."""

    name = "Codex daemon"
    sort = DaemonSession
    dies_at_work = False  # its daemon works on

    def prepare(self) -> str:
        url = super().prepare()
        self.stage.at_end(lambda: codex_session.end_all_of(self._home))
        return url

    def connect(self) -> None:
        """Nothing is to be set up."""

    def wait_asked(self, after: float) -> float:
        at = super().wait_asked(after)
        self.wait_dialog()
        return at

    def kill(self) -> None:
        """End its terminal: the daemon, though it was begun by one, is all terminals' own."""
        with contextlib.suppress(ProcessLookupError):
            self.agent.kill()


class Opencode(PaneActor):
    """With our plugin in it."""

    name, kind = "opencode", "opencode"
    dialog = "Permission required"
    ends_with = "/exit"
    agent: OpencodeSession

    def prepare(self) -> str:
        url = serve(self.stage, chat_model.__file__)
        self._home = self.stage.base / self.name.replace(" ", "-")
        self._program = packages.program_of(packages.OPENCODE)
        opencode_session.make_home(self._home, url)
        self.connect()
        return url

    def connect(self) -> None:
        self.stage.command("connect", "opencode", "--yes", XDG_CONFIG_HOME=str(self._home))

    def arguments(self) -> list[str]:
        return []

    def start(self) -> float:
        self.agent = OpencodeSession(self.stage.tmux, self._program, self.arguments(), self._home, self.place, {})
        return self.agent.begun_at

    def has_dialog(self) -> bool:
        shown = self.screen()
        return self.dialog in shown or "enter submit" in shown

    def prompt(self, text: str) -> tuple[float, float]:
        began = self.agent.prompt(text)
        return self.agent.sent_at, began

    def wait_asked(self, after: float) -> float:
        def asked() -> float:
            told = [*self.agent.events("permission.asked", after), *self.agent.events("question.asked", after)]
            return max((float(str(each["at"])) for each in told), default=0.0)

        at = until(asked, lambda: f"it to ask:\n{self.screen()}", 60)
        until(self.has_dialog, lambda: f"a dialog:\n{self.screen()}")
        return at

    def wait_rest(self, after: float) -> float:
        return self.agent.wait_event("session.idle", after, 60)

    def break_off(self) -> tuple[float, float]:
        at = time.time()
        self.agent.abort()
        return at, self.agent.wait_event("session.idle", at)


class OpencodeServer(Opencode):
    """Listens on a port, and has no plugin of ours."""

    name = "opencode server"

    def connect(self) -> None:
        """Nothing is to be set up."""

    def arguments(self) -> list[str]:
        return ["--port", str(free_port())]


class NodeActor(PaneActor):
    """Of those that write down little: its screen and its model tell."""

    busy = "esc to cancel"
    sort: NodeAgent
    agent: PaneSession

    def prepare(self) -> str:
        self._url = serve(self.stage, self.sort.model)
        self._program = packages.program_of(self.sort.package)
        self.sort.prepare(self.stage, **self.more_settings())
        return self._url

    def more_settings(self) -> dict[str, object]:
        """What it is given beside its usual settings."""
        return {}

    def start(self) -> float:
        self.agent = self.sort.start(self.stage, self._program, self._url)
        return self.agent.ready_at

    def prompt(self, text: str) -> tuple[float, float]:
        at = self.agent.prompt(text)
        for _ in range(4):
            with contextlib.suppress(AssertionError):
                until(lambda: self._sent(at), "", 4)
                return at, as_number(self._sent(at)[0]["at"])
            self._key("Enter")  # the first one was taken for a part of what was pasted
        raise AssertionError(f"the prompt was not taken:\n{self.screen()}")

    def wait_asked(self, after: float) -> float:
        self.wait_dialog()
        return time.time()

    def wait_rest(self, after: float) -> float:
        until(lambda: self.busy not in self.screen(), lambda: f"it to rest:\n{self.screen()}", 30)
        return time.time()

    def break_off(self) -> tuple[float, float]:
        at = self._key("Escape")
        return at, self.wait_rest(at)


class Gemini(NodeActor):
    """Its hooks tell; what it asks is answered in its terminal."""

    name, sort = "Gemini CLI", GEMINI
    kind = sort.kind
    command_step = "run"
    is_answered_here = is_questioned_here = False
    choice = "Postgres"

    def has_dialog(self) -> bool:
        shown = self.screen()
        return any(words in shown for words in ("Allow execution", "Apply this change", "Enter to select"))


class Qwen(NodeActor):
    """Its hooks call us and wait for what is answered here."""

    name, sort = "Qwen Code", QWEN
    kind = sort.kind
    is_questioned_here = False
    choice = "Postgres"

    def more_settings(self) -> dict[str, object]:
        self._witness = self.stage.base / "qwen-asked"
        witness = {"type": "command", "command": f"date +%s.%N >> {self._witness}"}
        return {"hooks": {"PermissionRequest": [{"matcher": "*", "hooks": [witness]}]}}

    def wait_asked(self, after: float) -> float:
        """It shows its prompt only once our hook is let go: until then a hook of ours beside it tells that it asks."""
        if self._sent(after)[-1]["step"] == self.ask_step:
            return super().wait_asked(after)
        return until(lambda: self._witnessed(after), lambda: f"its hook to be called:\n{self.screen()}")

    def _witnessed(self, after: float) -> float:
        told = self._witness.read_text().split() if self._witness.exists() else []
        return next((at for each in told if (at := float(each)) > after), 0.0)

    def refuse_there(self) -> float:
        self.wait_dialog()
        return super().refuse_there()

    def has_dialog(self) -> bool:
        return "Waiting for user confirmation" in self.screen()


CAST: tuple[tuple[type[Actor], str], ...] = (
    (Claude, "shop"), (Codex, "shop"), (CodexOfDaemon, "web"), (Opencode, "shop"), (OpencodeServer, "web"),
    (Gemini, "shop"), (Qwen, "shop"),
)  # fmt: skip
