"""An agent on the stage that plays scenes, and says what is true of it while it does."""

import contextlib
import random
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.journeys.real_agent import until
from tests.journeys.stage import Shown, Stage, sent_by
from tests.journeys.truth import ENDED, State, Truth

HOLD_S = (2.5, 4.5)  # how long a person lets things stand
STREAM_S = 9
ANSWERED_WITHIN_S = 60.0
ON_DESKTOP = threading.Lock()  # all actors share one notification daemon
SLOWLY = "slowly.sh"


class Actor(ABC):
    """Plays scenes in one session after another."""

    name = ""
    kind = ""
    command_step = "bash"
    write_step = "write"
    stream_step = "stream"
    ask_step = "ask"  # empty where the agent has no questions
    asks_to_write = True
    is_answered_here = True
    is_questioned_here = True
    dies_at_work = True
    choice = "SQLite"

    def __init__(self, stage: Stage, place: Path, seed: int) -> None:
        self.stage = stage
        self.place = place
        self.truth = Truth(self.name)
        self.played: list[str] = []
        self.answers: list[str] = []  # wrong ones
        self.commands = 0
        self._random = random.Random(seed)
        self._scene = ""
        self._model = ""
        slowly = place / SLOWLY
        if not slowly.exists():
            slowly.write_text('sleep 3\ntouch "$1"\n')

    # -- what each agent does its own way

    @abstractmethod
    def prepare(self) -> str:
        """Make its home; return where its model is."""

    @abstractmethod
    def start(self) -> float:
        """Start a session; return when it was ready."""

    @property
    @abstractmethod
    def session(self) -> str:
        """Its conversation, as the tray is to name it."""

    @property
    @abstractmethod
    def pane(self) -> str:
        """Its pane of tmux."""

    @abstractmethod
    def prompt(self, text: str) -> tuple[float, float]:
        """Send a prompt; return when the key was pressed and when the turn began."""

    @abstractmethod
    def wait_asked(self, after: float) -> float:
        """Wait until it asks; return when."""

    @abstractmethod
    def wait_rest(self, after: float) -> float:
        """Wait until its turn is over; return when."""

    @abstractmethod
    def wait_dialog(self) -> None:
        """Wait until its terminal asks and takes keys."""

    @abstractmethod
    def has_dialog(self) -> bool:
        """Whether its terminal shows a dialog."""

    @abstractmethod
    def allow_there(self) -> float:
        """Allow what its terminal asks; return when."""

    @abstractmethod
    def refuse_there(self) -> float:
        """Escape from what its terminal asks; return when."""

    @abstractmethod
    def break_off(self) -> tuple[float, float]:
        """Interrupt its turn; return when the key was pressed and when the turn was over."""

    @abstractmethod
    def kill(self) -> None:
        """End all of its processes without a word."""

    @abstractmethod
    def leave(self) -> float:
        """End it by its own command; return when that was sent."""

    @abstractmethod
    def quit(self) -> None:
        """Close its terminal, whatever it does."""

    # -- the play

    def enter(self) -> None:
        """Come on the stage."""
        self._model = self.prepare()
        self._begin()

    def play(self) -> None:
        """Play one scene, drawn by lot."""
        scenes = self._scenes()
        scene = self._random.choices(list(scenes), [weight for weight, _ in scenes.values()])[0]
        self._scene = scene
        self.played.append(scene)
        scenes[scene][1]()

    def lost_thread(self) -> None:
        """Something went otherwise than the script says: nothing is known until another session began."""
        self.says("", time.time())
        self.quit()
        self._begin()

    def says(self, phase: str, since: float, settled: float = 0.0) -> None:
        """Write down what is true from *since* on."""
        self.truth.states.append(State(since, max(since, settled), self.session, phase, self._scene))

    def _scenes(self) -> dict[str, tuple[int, Callable[[], None]]]:
        """Every scene with how often it is drawn."""
        found: dict[str, tuple[int, Callable[[], None]]] = {
            "short turn": (3, lambda: self._turn("slow: 2")),
            "long turn": (3, lambda: self._turn(f"{self.stream_step}: {STREAM_S}")),
            "answered in the terminal": (3, self._allowed_there),
            "refused in the terminal": (2, self._refused_there),
            "interrupted": (2, self._interrupted),
            "model error": (2, lambda: self._turn("fail: 400", "failed")),
            "file written": (2, self._written),
            "killed": (1, self._killed),
            "killed while it asks": (1, self._killed_asking),
            "ended": (1, self._left),
        }
        if self.is_answered_here:
            found |= {"allowed here": (4, self._allowed_here), "denied here": (3, self._denied_here)}
        if self.ask_step:
            found["question"] = (2, self._questioned)
        return found

    def _begin(self) -> None:
        self._scene = "start"
        at = time.time()
        ready = self.start()
        for pid in family(int(self.pane_says("pane_pid"))):
            self.truth.names.setdefault(f"{self.kind}:pid-{pid}", self.session)
        self.says("idle", at, ready)
        self._hold()

    def _turn(self, text: str, phase: str = "your turn") -> None:
        at = self._works(text)
        self._rests(phase, at)

    def _works(self, text: str) -> float:
        at, began = self.prompt(text)
        self.says("working", at, began)
        return at

    def _rests(self, phase: str, after: float) -> None:
        ended = until(lambda: self._last_answer(after), lambda: f"an answer to end:\n{self.screen()}", 90)
        rested = self.wait_rest(after)
        self.says(phase, min(self._last_answer(after), rested), rested)
        assert ended
        self._hold()

    def _asks(self, text: str, phase: str = "needs approval") -> float:
        at = self._works(text)
        sent = until(lambda: self._sent(at), lambda: f"the model to be asked:\n{self.screen()}", ANSWERED_WITHIN_S)
        asked = self.wait_asked(at)
        self.says(phase, as_number(sent[-1]["at"]), asked)
        self._hold()
        return at

    def _goes_on(self, at: float) -> None:
        until(lambda: not self.has_dialog(), lambda: f"the dialog to go:\n{self.screen()}")
        self.says("working", at, time.time())

    def _command(self) -> tuple[Path, str]:
        """A command that needs leave, and the file that it makes."""
        self.commands += 1
        made = self.place / f"{self.name.replace(' ', '-')}-{self.commands}.txt"
        words = f"sh {SLOWLY}" if self._random.random() < 0.4 else "touch"
        return made, f"{self.command_step}: {words} {made.name}"

    def _is_made(self, made: Path, *, wanted: bool) -> None:
        if made.exists() is not wanted:
            self.answers.append(f"{made.name} is {'not ' if wanted else ''}there, in {self._scene!r}")

    def _allowed_here(self) -> None:
        made, text = self._command()
        self._asks(text)
        at = self._press("Allow", made.name)
        self._goes_on(at)
        self._rests("your turn", at)
        self._is_made(made, wanted=True)

    def _denied_here(self) -> None:
        made, text = self._command()
        self._asks(text)
        at = self._press("Deny", made.name)
        self._goes_on(at)
        self._rests("your turn", at)
        self._is_made(made, wanted=False)

    def _allowed_there(self) -> None:
        made, text = self._command()
        self._asks(text)
        self.wait_dialog()
        at = self.allow_there()
        self._goes_on(at)
        self._rests("your turn", at)
        self._is_made(made, wanted=True)

    def _refused_there(self) -> None:
        made, text = self._command()
        self._asks(text)
        at = self.refuse_there()
        until(lambda: not self.has_dialog(), lambda: f"the dialog to go:\n{self.screen()}")
        self.says("idle", at, time.time())
        self._hold()
        self._is_made(made, wanted=False)

    def _written(self) -> None:
        self.commands += 1
        path = self.place / f"{self.name.replace(' ', '-')}-{self.commands}-written.txt"
        text = f"{self.write_step}: {path}"
        if self.asks_to_write:
            self._asks(text)
            self.wait_dialog()
            at = self.allow_there()
            self._goes_on(at)
        else:
            at = self._works(text)
        self._rests("needs review", at)
        self._is_made(path, wanted=True)

    def _questioned(self) -> None:
        self.commands += 1
        words = self.question()
        self._asks(f"{self.ask_step}: {words[0]}", "needs answer")
        if not self.is_questioned_here:
            self.wait_dialog()
        at = self._press(self.choice, words[1]) if self.is_questioned_here else self.allow_there()
        self._goes_on(at)
        self._rests("your turn", at)
        if not any(self.choice in str(sent["heard"]) for sent in self._sent(at)):
            self.answers.append(f"the model never heard {self.choice}")

    def question(self) -> tuple[str, str]:
        """What is written behind the step of a question, and what its notification is known by."""
        asked = f"Which one for {self.name}, {self.commands}"  # a question mark opens a list of keys in some
        return asked, asked

    def _interrupted(self) -> None:
        self._works(f"{self.stream_step}: 60")
        self._hold()
        at, over = self.break_off()
        self.says("idle", at, over)
        self._hold()

    def _killed(self) -> None:
        if self.dies_at_work:
            self._works(f"{self.stream_step}: 60")
            self._hold()
        self._dies()

    def _killed_asking(self) -> None:
        if not self.dies_at_work:
            return
        self._asks(self._command()[1])
        self._dies()

    def _dies(self) -> None:
        at = time.time()
        self.kill()
        self._is_over(at)

    def _left(self) -> None:
        self._is_over(self.leave())

    def _is_over(self, at: float) -> None:
        until(lambda: not self.has_pane(), lambda: f"the agent to end:\n{self.screen()}")
        self.says(ENDED, at, time.time())
        self._hold()
        self._begin()

    # -- what a person and a server see

    def screen(self) -> str:
        return self.stage.tmux("capture-pane", "-p", "-t", self.pane)

    def pane_says(self, what: str) -> str:
        return self.stage.tmux("display-message", "-p", "-t", self.pane, f"#{{{what}}}").strip()

    def has_pane(self) -> bool:
        return self.pane in self.stage.tmux("list-panes", "-a", "-F", "#{pane_id}").split()

    def _press(self, label: str, words: str) -> float:
        """Press a button of the notification that holds *words*."""

        def fitting() -> Shown | None:
            with ON_DESKTOP:
                shown = self.stage.notices()
            return next((each for each in shown if words in f"{each.title} {each.body}" and label in each.labels), None)

        notice = until(fitting, lambda: f"a notification with {words!r} and {label}: {self.stage.notices()}", 40)
        assert notice is not None
        with ON_DESKTOP:
            at = time.time()
            self.stage.press(notice, label)
        return at

    def _sent(self, after: float) -> list[dict[str, object]]:
        """What the model was asked for since, titles and the like aside."""
        return [each for each in sent_by(self._model) if each["step"] != "aside" and as_number(each["at"]) > after]

    def _last_answer(self, after: float) -> float:
        """When the model ended its last answer; 0 while it answers, or if it was not asked since."""
        sent = self._sent(after)
        return as_number(sent[-1]["ended_at"] or 0.0) if sent else 0.0

    def _hold(self) -> None:
        time.sleep(self._random.uniform(*HOLD_S))


def as_number(value: object) -> float:
    """A time that a server told."""
    assert isinstance(value, float | int)
    return float(value)


def family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    parents = dict(_parents())
    found = [pid]
    for each in found:
        found += [child for child, parent in parents.items() if parent == each]
    return found


def _parents() -> Iterator[tuple[int, int]]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                yield int(entry.name), int((entry / "stat").read_text().rpartition(")")[2].split()[1])
