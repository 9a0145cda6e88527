"""Every gate, in order. All of them run; what failed is listed at the end, and then the exit status is 1.

``check.py`` runs everything, ``check.py ruff mypy`` the gates whose names begin so. Nowhere else is this list written.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
PYTEST = (sys.executable, "-m", "pytest", "-q")
# A private session bus: no test may talk to the desktop of the person who runs it.
OWN_BUS = ("dbus-run-session", "--") if shutil.which("dbus-run-session") else ()
PURE = ("domain", "policy", "hub", "formats")
NO_TESTS_COLLECTED = 5
BEGAN_AT = time.time()


@dataclass(frozen=True)
class Gate:
    """One command that must succeed within its time."""

    name: str
    command: tuple[str, ...]
    deadline_s: int


def _tool(name: str, *words: str) -> tuple[str, ...]:
    return (str(BIN / name), *words)


def _tests(*folders: str) -> tuple[str, ...]:
    return tuple(f"tests/{folder}" for folder in folders if any((ROOT / "tests" / folder).rglob("test_*.py")))


HOUSE = "tests/unit/test_house.py"
GATES = (
    Gate("format", _tool("ruff", "format", "--check", "--quiet", "."), 60),
    Gate("ruff", _tool("ruff", "check", "--quiet", "--output-format", "concise", "."), 60),
    Gate("mypy", _tool("mypy"), 180),
    Gate("imports", _tool("lint-imports", "--no-logo"), 60),
    Gate(
        "tests",
        (
            *OWN_BUS,
            *PYTEST,
            "-n",
            "2",
            "--dist",
            "worksteal",
            f"--ignore={HOUSE}",
            *_tests("unit", "contract", "widgets"),
        ),
        420,
    ),
    Gate("machine", (*OWN_BUS, *PYTEST, *_tests("machine")), 300),
    # Every branch of the pure packages. Tests of speed stay out: tracing slows them tenfold, and no branch is theirs
    # alone.
    Gate(
        "coverage",
        _tool(
            "coverage",
            "run",
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:xdist",
            "-k",
            "not linear_time",
            *_tests(*(f"unit/{part}" for part in PURE)),
        ),
        300,
    ),
    Gate("coverage-report", _tool("coverage", "report", "--fail-under=100"), 60),
    Gate("house", (*PYTEST, "--tb=line", HOUSE), 60),
    # Last: they take what is left of the time that all of this may take.
    Gate("journeys", (*OWN_BUS, *PYTEST, *_tests("journeys")), 900),
)


def main() -> int:
    """Run the gates asked for and say how each ended."""
    wanted = tuple(sys.argv[1:])
    gates = [gate for gate in GATES if not wanted or gate.name.startswith(wanted)]
    if not gates:
        print(f"no such gate; there are: {' '.join(gate.name for gate in GATES)}")
        return 2
    outcomes = [(gate, *_run(gate)) for gate in gates]
    print("\n== gates")
    for gate, outcome, seconds in outcomes:
        print(f"{gate.name:<16} {seconds:7.1f} s  {outcome}")
    failed = [gate.name for gate, outcome, _ in outcomes if outcome != "passed"]
    print(f"== failed: {', '.join(failed)}" if failed else "== all gates passed")
    return 1 if failed else 0


def _run(gate: Gate) -> tuple[str, float]:
    begin = time.monotonic()
    if PYTEST[2] in gate.command and not any(word.startswith("tests/") for word in gate.command):
        return "passed", 0.0  # nothing of this kind is written yet
    print(f"\n== {gate.name}", flush=True)
    process = subprocess.Popen(
        gate.command, cwd=ROOT, env=_environment(), stdin=subprocess.DEVNULL, start_new_session=True
    )
    try:
        status = process.wait(gate.deadline_s)
        outcome = "passed" if status == 0 else f"FAILED ({status})"
    except subprocess.TimeoutExpired:
        outcome = f"FAILED (not done after {gate.deadline_s} s)"
    finally:
        _end(process)
    return outcome, time.monotonic() - begin


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End the gate's whole process group, so that nothing of it outlives us."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return
    process.wait()


def _environment() -> dict[str, str]:
    """Leave out what ties the tests to the desktop, the terminal or the agent they were started from."""
    ours = re.compile(r"DISPLAY$|WAYLAND_|DBUS_SESSION_|TMUX|AGENT_TRAY_|CLAUDE|COV_|PYTEST_|PYTHONPATH$")
    kept = {name: value for name, value in os.environ.items() if not ours.match(name)}
    ours_now = {"QT_QPA_PLATFORM": "offscreen", "PYTHONDONTWRITEBYTECODE": "1", "CHECKS_BEGAN_AT": str(BEGAN_AT)}
    return {**kept, **ours_now}


if __name__ == "__main__":
    sys.exit(main())
