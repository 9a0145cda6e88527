import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.app import tray_client
from desktop.app.tray_client import NoTray
from desktop.formats.hook_wire import Verb
from desktop.watchers.hook_socket import HookSocket
from tests.fakes.hook_agent import Events, Front


@pytest.fixture
def directory() -> Path:
    return Path(os.environ["XDG_RUNTIME_DIR"])


@pytest.fixture
def front() -> Front:
    return Front()


@pytest.fixture
def tray(directory: Path, front: Front) -> Iterator[HookSocket]:
    tray = HookSocket([], Events(), directory, front)
    tray.start()
    yield tray
    tray.stop(5)


def test_status_is_asked_of_the_running_tray(tray: HookSocket, directory: Path) -> None:
    assert tray_client.ask(directory, Verb.STATUS) == b'{"version":1}\n'


def test_news_are_followed_line_by_line(tray: HookSocket, directory: Path) -> None:
    lines = tray_client.follow(directory)
    assert next(lines) == b'{"first":true}\n'

    tray.publish(b'{"a":1}\n{"b":2}\n')

    assert [next(lines), next(lines)] == [b'{"a":1}\n', b'{"b":2}\n']
    lines.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("token", "arrives"), [("", "-"), ("tok-1", "tok-1"), ("a b\n", "-"), ("é", "-"), ("x" * 200, "-")]
)
def test_the_window_of_the_first_is_brought_forward(
    tray: HookSocket, directory: Path, front: Front, token: str, arrives: str
) -> None:
    tray_client.bring_forward(directory, token)

    assert front.raised == [arrives]


def test_without_a_tray_it_says_so(directory: Path) -> None:
    with pytest.raises(NoTray):
        tray_client.ask(directory, Verb.STATUS)
    with pytest.raises(NoTray):
        tray_client.bring_forward(directory, within_s=0.1)
