"""A session bus with a stand-in for a terminal on it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from desktop.channels import whereabouts
from desktop.channels.whereabouts import Whereabouts
from tests.fakes import bus_terminal
from tests.fakes.private_bus import PrivateBus

Start = Callable[[dict[str, list[object]]], tuple[str, "subprocess.Popen[str]"]]


@contextmanager
def bus_with_terminals(monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    runtime = Path(os.environ["XDG_RUNTIME_DIR"])
    bus = PrivateBus(runtime)
    bus.start()
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.address)
    started: list[subprocess.Popen[str]] = []

    def start(answers: dict[str, list[object]]) -> tuple[str, "subprocess.Popen[str]"]:
        told = runtime / "answers.json"
        told.write_text(json.dumps(answers))
        command = [sys.executable, bus_terminal.__file__, str(told)]
        started.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        out = started[-1].stdout
        assert out is not None
        return out.readline().strip(), started[-1]

    try:
        yield start
    finally:
        for process in started:
            process.kill()
            if process.stdout is not None and not process.stdout.closed:
                process.communicate()
        bus.stop()


def held_by(process: "subprocess.Popen[str]", **variables: str) -> Whereabouts:
    here = whereabouts.of(os.getpid())
    return replace(here, host=process.pid, leader=4242, environment=variables)


def asked(process: "subprocess.Popen[str]") -> list[object]:
    process.kill()
    return [json.loads(line) for line in process.communicate()[0].splitlines()]
