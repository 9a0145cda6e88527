"""One scripted session: a live process that asks through the real relay, and goes on as it was answered."""

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.app import demo_actor
from desktop.app.agents import load_agents
from desktop.app.demo_actor import Actor
from desktop.channels.process import started_of
from desktop.domain.events import RequestOpened
from desktop.watchers.hook_socket import HookSocket
from tests.fakes import hook_agent
from tests.fakes.hook_agent import RELAY, Events, Front

SCRIPT: dict[str, object] = {
    "home": ".robot",
    "live_state": "$home/live/$pid.json",
    "transcript": "$home/logs/$slug/$session.jsonl",
    "behaviour": ["decision", "kind"],
}
ASKS = {"session": "one", "asks": True, "command": "make $n"}


class Over(Exception):
    """The part has come to where it would stay, or go round, for ever."""


class Hurry(threading.Event):
    """Waits for nothing, and not for ever."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        if timeout is None or len(self.waits) > 20:
            raise Over
        self.waits.append(timeout)
        return True


def actor(root: Path, *steps: object, relay: tuple[str, ...] = (), script: dict[str, object] = SCRIPT) -> Actor:
    part = {"name": "Refunds", "project": "shop", "steps": list(steps)}
    return Actor(script, part, root, relay, pause=Hurry())


def transcript(root: Path) -> list[dict[str, object]]:
    (path,) = root.rglob("*.jsonl")
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture
def events() -> Events:
    return Events()


@pytest.fixture
def tray(events: Events) -> Iterator[HookSocket]:
    """The socket of a tray that knows this process as the session."""
    runtime = Path(os.environ["XDG_RUNTIME_DIR"]) / "agent-tray"
    runtime.mkdir(mode=0o700)
    front = Front({hook_agent.SESSION: (os.getpid(),)})
    made = HookSocket([hook_agent.AGENT], events, runtime, front)
    front.on_pulse = made.beat
    made.start()
    yield made
    made.stop(5)


@pytest.mark.parametrize("answer", ["allow", "deny", "none"])
def test_it_goes_on_as_it_was_answered(tray: HookSocket, events: Events, tmp_path: Path, answer: str) -> None:
    branches = {name: [{"append": {"went": name}}] for name in ("allow", "deny", "none")}
    asking = actor(tmp_path, {"ask": ASKS, **branches}, relay=(sys.executable, "-I", "-S", str(RELAY), "fake"))
    thread = threading.Thread(target=asking.play)
    thread.start()
    request = events.wait(RequestOpened).request

    if answer == "none":
        tray.release(request.id, "held long enough")
    else:
        tray.say(request.id, json.dumps({"decision": {"kind": answer}}).encode())
    thread.join(15)

    assert transcript(tmp_path) == [{"went": answer}]
    assert request.text == "make 1"


def test_without_a_tray_it_goes_on_without_an_answer(tmp_path: Path) -> None:
    relay = (sys.executable, "-I", "-S", str(RELAY), "fake")
    environment = {**os.environ, "XDG_RUNTIME_DIR": str(tmp_path / "nowhere")}
    code = (
        "import json, sys; from pathlib import Path; from tests.machine.app.test_demo_actor import actor, ASKS\n"
        "actor(Path(sys.argv[1]), {'ask': {**ASKS, 'asks': False}, 'none': [{'append': {'went': 'none'}}]},"
        " relay=sys.argv[2:]).play()"
    )

    subprocess.run(
        [sys.executable, "-c", code, str(tmp_path), *relay],
        env={**environment, "PYTHONPATH": str(Path(__file__).parents[3])},
        check=True,
        timeout=30,
    )

    assert transcript(tmp_path) == [{"went": "none"}]


@pytest.mark.parametrize("printed", ["", "nonsense", "[]", "3", '{"decision": "allow"}', '{"decision": {"kind": 3}}'])
def test_an_answer_that_makes_no_sense_leads_nowhere(tmp_path: Path, printed: str) -> None:
    branches = {name: [{"append": {"went": name}}] for name in ("allow", "deny")}

    actor(tmp_path, {"ask": ASKS, **branches}, relay=(sys.executable, "-c", f"print({printed!r})")).play()

    assert list(tmp_path.rglob("*.jsonl")) == []


def test_a_variable_alone_keeps_its_type_and_one_within_a_text_is_filled_in(tmp_path: Path) -> None:
    actor(tmp_path, {"append": {"pid": "$pid", "text": "pid $pid of $name, $unknown", "list": ["$n", 7, None]}}).play()

    assert transcript(tmp_path) == [
        {"pid": os.getpid(), "text": f"pid {os.getpid()} of Refunds, $unknown", "list": [1, 7, None]}
    ]


def test_its_live_state_is_that_of_a_process_that_lives(tmp_path: Path) -> None:
    actor(tmp_path, {"live": {"pid": "$pid", "started": "$process_start", "cwd": "$cwd"}}).play()

    content = json.loads((tmp_path / ".robot" / "live" / f"{os.getpid()}.json").read_text())
    assert content == {
        "pid": os.getpid(),
        "started": started_of(os.getpid()),
        "cwd": str(tmp_path / "src" / "shop"),
    }
    assert (tmp_path / "src" / "shop").is_dir()


def test_a_live_state_is_never_seen_half_written(tmp_path: Path) -> None:
    actor(tmp_path, {"live": {"n": "$n"}}, {"live": {"n": "$n"}}).play()

    assert [path.name for path in (tmp_path / ".robot" / "live").iterdir()] == [f"{os.getpid()}.json"]


def test_waiting_staying_and_going_round_are_steps(tmp_path: Path) -> None:
    waits = actor(tmp_path, {"wait": 2}, {"wait": 0.5}, {"stay": True})
    rounds = actor(tmp_path, {"loop": [{"wait": 1}, {"append": {"n": "$n"}}]})

    for playing in (waits, rounds):
        with pytest.raises(Over):
            playing.play()

    assert waits.pause.waits == [2, 0.5]  # type: ignore[attr-defined]
    assert len(transcript(tmp_path)) == 21


@pytest.mark.parametrize("step", [{"dance": True}, {}, 3, {"wait": "long"}])
def test_a_step_that_nobody_can_play_is_an_error_of_the_script(tmp_path: Path, step: object) -> None:
    with pytest.raises(ValueError, match="a step that nobody can play"):
        actor(tmp_path, step).play()


def parts() -> list[dict[str, object]]:
    listed = demo_actor.load_script()["sessions"]
    assert isinstance(listed, list)
    return listed


@pytest.mark.parametrize("answer", ["allow", "deny", "none"])
@pytest.mark.parametrize("part", parts(), ids=lambda part: str(part["name"]))
def test_every_part_that_ships_can_be_played_to_its_end_whatever_is_answered(
    tmp_path: Path, part: dict[str, object], answer: str
) -> None:
    script = demo_actor.load_script()
    said: object = answer
    for name in reversed(script["behaviour"]):  # type: ignore[call-overload]
        said = {name: said}
    relay = (sys.executable, "-c", f"print({json.dumps(said if answer != 'none' else None)!r})")
    playing = Actor(script, part, tmp_path, relay, pause=Hurry())

    with contextlib.suppress(Over):
        playing.play()

    agent = next(agent for agent in load_agents() if agent.kind == script["agent"])
    home = tmp_path / str(script["home"])
    (live,) = (home / agent.live_state_dir).glob(agent.live_state_pattern)
    assert agent.read_live_state is not None
    state = agent.read_live_state(live.read_bytes(), str(home))
    assert state is not None
    assert (state.pid, state.native_session) == (os.getpid(), playing.session)
    for record in home.rglob("*.jsonl"):
        assert all(isinstance(json.loads(line), dict) for line in record.read_text().splitlines())


def test_it_plays_the_part_that_is_named_to_it(tmp_path: Path) -> None:
    numbers = [number for number, part in enumerate(parts()) if part["steps"][-1] == {"stay": True}]  # type: ignore[index]
    command = [sys.executable, "-I", "-m", "desktop.app.demo_actor", str(numbers[0]), str(tmp_path), "true"]

    with subprocess.Popen(command) as playing:
        hook_agent.until(lambda: list(tmp_path.rglob(f"{playing.pid}.json")))
        playing.terminate()

    assert (tmp_path / "src" / str(parts()[numbers[0]]["project"])).is_dir()
