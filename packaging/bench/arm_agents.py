"""G1 with the logs of all agents, and what the agents cost that a person does not have.

The logs are recorded sessions of six agents, over and over. The second part compares two trays in the home of a
person who has one agent: one that knows all of them, and one that knows that one alone.
"""

import contextlib
import os
import statistics
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import arm_tray
import arm_watching
import corpus
from measure import Row

sys.path.insert(0, str(Path(__file__).parents[2]))

from desktop.app.agents import load_agents
from desktop.domain.agent import Agent
from desktop.domain.events import Event, ToolCallEnded, ToolCallStarted, TurnFinished, TurnStarted
from desktop.domain.ids import SessionId, session_id
from desktop.watchers import catch_up

ROOT = Path(__file__).parents[2]
FILES = 500
MEGABYTES = int(os.environ.get("AGENT_TRAY_BENCH_MB", "1024")) // 4
ONLY = "claude_code"
State = tuple[bool, frozenset[str]]  # whether the last turn is over, and which calls are open


@contextlib.contextmanager
def rows(work: Path) -> Iterator[list[Row]]:
    """Write the logs and the home, and give the rows."""
    agents = {agent.kind: agent for agent in load_agents() if agent.open_transcript is not None}
    captures = {
        kind: found for kind in agents if (found := sorted((ROOT / "tests/data" / kind).glob("*/transcripts/*.jsonl")))
    }
    history = work / "history"
    whose = corpus.write_mixed(history, captures, files=FILES, megabytes=MEGABYTES)
    states = {path: _state_when_all_is_read(agents[kind], Path(path)) for path, kind in whose.items()}
    with arm_tray._Home(work / "home") as home:
        starts, idle = _Starts(home), _Idle(home)
        yield [
            Row(f"G1 state of {FILES} of {len(captures)} agents / walk, stat, pread 16K",
                lambda: _derive(agents, whose, states), 2.5,
                lambda: arm_watching._timed(lambda: [arm_watching._floor(kind) for kind in history.iterdir()])),
            Row("start to tray icon, all agents / one", starts.all, 1.05, starts.one, rounds=9),
            Row("then first full state, all agents / one", starts.all_known, 1.05, starts.one_known, rounds=9),
            Row("idle: CPU for agents that are not there", idle.of("all", "cpu"), 0.01, idle.of("one", "cpu"), unit="%",
                is_difference=True, rounds=1),
            Row("idle: wake-ups for agents that are not there", idle.of("all", "wakes"), 0.05, idle.of("one", "wakes"),
                unit="/s", is_difference=True, rounds=1),
            Row("memory (PSS) for agents that are not there", idle.of("all", "pss"), 1, idle.of("one", "pss"),
                unit="MB", is_difference=True, rounds=1),
        ]  # fmt: skip


def _state(events: list[Event]) -> State:
    is_over, calls = False, {}
    for event in events:
        if isinstance(event, TurnStarted | TurnFinished):
            is_over = isinstance(event, TurnFinished)
            calls = {}
        elif isinstance(event, ToolCallStarted):
            calls[event.call.id] = True
        elif isinstance(event, ToolCallEnded):
            calls.pop(event.call, None)
    return is_over, frozenset(calls)


def _state_when_all_is_read(agent: Agent, path: Path) -> State:
    # One session over and over: its second run ends as its last.
    assert agent.open_transcript is not None
    reader = agent.open_transcript(SessionId("x:y"))
    raw = path.read_bytes()[-256 * 1024 :]
    return _state([event for line in raw.split(b"\n") for event in reader.feed(line)])


def _derive(agents: Mapping[str, Agent], whose: Mapping[str, str], states: Mapping[str, State]) -> float:
    told: dict[str, list[Event]] = {}
    begin = time.perf_counter()
    for path, kind in whose.items():
        agent = agents[kind]
        assert agent.open_transcript is not None
        read, session = agent.open_transcript, session_id(agent.kind, os.path.basename(path)[:-6])
        told[path] = catch_up.derive(path, lambda read=read, session=session: read(session))
    took = (time.perf_counter() - begin) * 1000
    wrong = [path for path, state in states.items() if _state(told[path]) != state]
    if wrong:
        raise RuntimeError(f"{len(wrong)} of {len(states)} states are wrong, the first in {wrong[0]}")
    return took


class _Starts:
    """Starts of both trays, and how long each then took to know all sessions."""

    def __init__(self, home: arm_tray._Home) -> None:
        self._home = home
        self._known: dict[str, list[float]] = {"all": [], "one": []}

    def all(self) -> float:
        return self._start("all")

    def one(self) -> float:
        return self._start("one", f"only={ONLY}")

    def all_known(self) -> float:
        return self._known["all"].pop()

    def one_known(self) -> float:
        return self._known["one"].pop()

    def _start(self, name: str, *words: str) -> float:
        tray = arm_tray._Tray("our_tray.py", self._home.environment(), str(arm_tray.LIVE), *words)
        try:
            shown = tray.said("shown")
            self._known[name].append(tray.said("known") - shown)
            return shown
        finally:
            tray.stop()


class _Idle:
    """Both trays one after the other, left alone: they would take each other's socket."""

    def __init__(self, home: arm_tray._Home) -> None:
        self._home = home
        self._told: dict[str, dict[str, float]] = {}

    def of(self, name: str, what: str) -> "_Told":
        return _Told(self, name, what)

    def measured(self, name: str) -> dict[str, float]:
        if not self._told:
            looks: dict[str, list[dict[str, float]]] = {"all": [], "one": []}
            for each in ("one", "all", "all", "one"):
                looks[each].append(self._look(*([f"only={ONLY}"] if each == "one" else [])))
            self._told = {
                each: {what: statistics.mean(look[what] for look in of) for what in of[0]} for each, of in looks.items()
            }
        return self._told[name]

    def _look(self, *words: str) -> dict[str, float]:
        tray = arm_tray._Tray("our_tray.py", self._home.environment(), str(arm_tray.LIVE), "alone", *words)
        try:
            tray.said("known")
            time.sleep(arm_tray.SETTLE_S)
            before, begin = arm_tray._spent(tray.pid), time.perf_counter()
            time.sleep(arm_tray.IDLE_S)
            after, took = arm_tray._spent(tray.pid), time.perf_counter() - begin
            return {
                "cpu": (after[0] - before[0]) / took * 100,
                "wakes": (after[1] - before[1]) / took,
                "pss": arm_tray._pss(tray.pid),
            }
        finally:
            tray.stop()


class _Told:
    """One number of one of the trays, when it is asked for."""

    def __init__(self, idle: _Idle, name: str, what: str) -> None:
        self._idle, self._name, self._what = idle, name, what

    def __call__(self) -> float:
        return self._idle.measured(self._name)[self._what]
