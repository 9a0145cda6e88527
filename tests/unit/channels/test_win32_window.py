"""On Microsoft's system alone, and not run there: what can be told elsewhere."""

import sys

import pytest

from desktop.channels import win32_window
from desktop.channels.whereabouts import Whereabouts

PLACE = Whereabouts(9, 1, "", 0, 0, (9, 8, 7, 1), {})


@pytest.mark.skipif(sys.platform == "win32", reason="this is that system")
def test_elsewhere_it_has_nothing_to_say() -> None:
    assert win32_window.bring_forward(PLACE) is None


@pytest.mark.parametrize(("is_let", "why_not"), [(True, "Which of its tabs"), (False, "did not let it")])
def test_the_nearest_window_above_the_session_is_shown(
    monkeypatch: pytest.MonkeyPatch, is_let: bool, why_not: str
) -> None:
    shown: list[int] = []
    monkeypatch.setattr(win32_window, "_windows_by_process", lambda: {7: [70], 1: [10]})
    monkeypatch.setattr(win32_window, "_show", lambda window: shown.append(window) or is_let)
    monkeypatch.setattr(win32_window.whereabouts, "program_of", lambda pid: "WindowsTerminal.exe")

    reached = win32_window.show(PLACE)

    assert shown == [70]
    assert "WindowsTerminal.exe" in reached.what
    assert why_not in reached.why_not


def test_a_session_without_a_window_above_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(win32_window, "_windows_by_process", dict)

    reached = win32_window.show(PLACE)

    assert reached.why_not == win32_window.NO_WINDOW
