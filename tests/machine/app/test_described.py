"""Agents that a person described, as real processes with real logs."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from desktop.app.described import agent_of, agents_of
from desktop.domain.events import ActivitySeen, ProcessEnded, RequestOpened, SessionDescribed, TurnFinished, TurnStarted
from desktop.domain.ids import AgentKind
from desktop.domain.session import Ending
from desktop.domain.settings import DescribedAgent
from desktop.formats.described_log import BadDescription
from desktop.watchers.sight import Sight
from tests.fakes import described_tool
from tests.fakes.fake_agent_record import Heard, MemoryCursors

Launch = Callable[..., "Tool"]


class Tool:
    """The tool, running."""

    def __init__(self, log: Path, *options: str) -> None:
        self.log = log
        self.process = subprocess.Popen(
            [sys.executable, described_tool.__file__, str(log), *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=log.parent.parent,
        )
        self._hear()

    def says(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        self._hear()

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        for end in (self.process.stdin, self.process.stdout):
            assert end is not None
            end.close()

    def _hear(self) -> None:
        assert self.process.stdout is not None
        assert self.process.stdout.readline()


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    place = tmp_path / "mytool" / "logs"
    place.mkdir(parents=True)
    return place


@pytest.fixture
def described(logs: Path) -> DescribedAgent:
    return DescribedAgent(
        "My Tool",
        executables=("described_tool.py",),
        logs=(f"{logs}/*.log",),
        working=("^step",),
        waiting=(r"\[y/N\]",),
        done=("^done",),
        failed=("^error",),
    )


@pytest.fixture
def launch(logs: Path) -> Iterator[Launch]:
    tools: list[Tool] = []

    def make(name: str = "one", *options: str) -> Tool:
        tools.append(Tool(logs / f"{name}.log", *options))
        return tools[-1]

    yield make
    for tool in tools:
        tool.close()


@pytest.fixture
def heard(described: DescribedAgent) -> Iterator[Heard]:
    heard = Heard()
    sight = Sight([agent_of(described)], heard, store=MemoryCursors(), environment={"HOME": "/nonexistent"})
    sight.start()
    yield heard
    sight.stop(5.0)


@pytest.mark.parametrize("options", [(), ("--keeps-open",)], ids=["opens it each time", "keeps it open"])
def test_what_it_logs_is_told_as_of_any_other_agent(launch: Launch, heard: Heard, options: tuple[str, ...]) -> None:
    tool = launch("refunds", *options)
    tool.says("step 1")

    event, _ = heard.wait(lambda event: isinstance(event, SessionDescribed) and "refunds-" in event.session)
    assert isinstance(event, SessionDescribed)
    assert event.session.startswith("my-tool:refunds-")
    heard.wait(lambda event: isinstance(event, TurnStarted))
    heard.wait(lambda event: isinstance(event, ActivitySeen) and event.text == "step 1")
    tool.says("delete a.txt? [y/N]")
    heard.wait(lambda event: isinstance(event, RequestOpened) and event.request.text == "delete a.txt? [y/N]", 1.0)
    tool.says("error: no credit")
    heard.wait(lambda event: isinstance(event, TurnFinished) and event.ending is Ending.FAILED, 1.0)
    tool.says("done at last")
    heard.wait(lambda event: isinstance(event, TurnFinished) and event.last_words == "done at last", 1.0)
    tool.close()
    heard.wait(lambda event: isinstance(event, ProcessEnded) and event.pid == tool.process.pid, 1.0)


def test_two_that_run_at_once_are_two_sessions(launch: Launch, heard: Heard) -> None:
    launch("one", "--keeps-open").says("step one")
    launch("two", "--keeps-open").says("step two")

    for words in ("step one", "step two"):
        heard.wait(lambda event, words=words: isinstance(event, ActivitySeen) and event.text == words)
    names = {
        event.session.rpartition(":")[2][:3] for event in heard.of(ActivitySeen) if isinstance(event, ActivitySeen)
    }
    assert names == {"one", "two"}


def test_without_logs_the_process_alone_is_shown(logs: Path, launch: Launch) -> None:
    heard = Heard()
    agent = agent_of(DescribedAgent("My Tool", executables=("described_tool.py",)))
    sight = Sight([agent], heard, store=MemoryCursors(), environment={"HOME": "/nonexistent"})
    sight.start()

    tool = launch()

    event, _ = heard.wait(lambda event: isinstance(event, SessionDescribed))
    assert isinstance(event, SessionDescribed)
    assert (event.pid, event.session) == (tool.process.pid, f"my-tool:pid-{tool.process.pid}")
    sight.stop(5.0)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": "!!"}, "the name holds no letter or digit. Give it one."),
        ({"executables": ()}, "Name its executable."),
        ({"logs": ("logs/*.log",)}, "is not an absolute path. Begin it with / or ~."),
        ({"logs": ("/nowhere/at/all/*.log",)}, "the directory /nowhere/at/all does not exist."),
        ({"logs": ("/**/*.log",)}, "would search through too much. Name more of the path."),
        ({"logs": ("/usr/*.log",)}, "would search through too much. Name more of the path."),
        ({"waiting": ("(",)}, "waiting: '(' is refused"),
        (
            {"working": (), "waiting": (), "done": (), "failed": ()},
            "no expression says what its lines mean. Give at least one.",
        ),
    ],
)
def test_a_description_that_cannot_work_is_refused_with_reason_and_remedy(
    described: DescribedAgent, change: dict[str, tuple[str, ...]], said: str
) -> None:
    with pytest.raises(BadDescription) as refused:
        agent_of(replace(described, **change))  # type: ignore[arg-type]

    assert said in str(refused.value)


def test_one_that_cannot_be_used_costs_the_others_nothing(described: DescribedAgent) -> None:
    wrong = replace(described, name="Wrong", waiting=("(",))
    namesake = replace(described, name="known already")

    made, refused = agents_of((wrong, namesake, described), [AgentKind("known-already")])

    assert [agent.label for agent in made] == ["My Tool"]
    assert [name for name, _ in refused] == ["Wrong", "known already"]


@pytest.mark.parametrize(
    ("pattern", "path", "is_meant"),
    [
        ("*.log", "a.log", True),
        ("*.log", "deep/a.log", False),
        ("*/a.log", "deep/a.log", True),
        ("**/*.log", "a.log", True),
        ("**/*.log", "very/deep/a.log", True),
        ("**/logs/*.log", "very/logs/deep/a.log", False),
        ("a.log", "a.log", True),
        ("a.log", "b.log", False),
        ("**/**/**/*.log", "a.log", False),
    ],
)
def test_which_files_are_meant(logs: Path, pattern: str, path: str, is_meant: bool) -> None:
    agent = agent_of(DescribedAgent("x", executables=("x",), logs=(f"{logs}/{pattern}",), working=("a",)))
    assert agent.native_of_open_file is not None

    assert bool(agent.native_of_open_file(f"{logs}/{path}")) is is_meant
