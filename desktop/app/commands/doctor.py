"""``agent-tray doctor``: what works here, what does not, and what helps. Changes nothing."""

import importlib.metadata
import os
import platform
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

from desktop.app import abilities, asking, connection
from desktop.app.agents import load_agents
from desktop.app.main import has_display
from desktop.domain.agent import Agent
from desktop.domain.record import dataclass
from desktop.formats import text
from desktop.storage import paths
from desktop.storage.ledger import Ledger, LedgerError
from desktop.storage.settings_file import SettingsFile

KEYRING_WAIT_S = 5.0
PROGRAM_WAIT_S = 5.0


class Mark(StrEnum):
    """How a finding is to be read."""

    GOOD = "ok"
    NOTE = "--"
    BAD = "!!"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    mark: Mark
    subject: str
    text: str
    remedy: str = ""


def run() -> int:
    """Print all findings; the exit code is 1 when one of them is bad."""
    found = list(findings())
    for finding in found:
        print(f"{finding.mark}  {finding.subject:<14} {finding.text}")
        if finding.remedy:
            print(f"    {'':<14} -> {finding.remedy}")
    return 1 if any(finding.mark is Mark.BAD for finding in found) else 0


def findings() -> Iterator[Finding]:
    """Look at everything, in the order a person would."""
    yield Finding(Mark.NOTE, "machine", f"Python {platform.python_version()}, {platform.platform()}")
    yield _package()
    yield _tray_runs()
    yield _display()
    yield from _desktop()
    yield _keyring()
    skipped = _skipped()
    for agent in load_agents():
        yield from _agent(agent)
        for version, count in skipped.get(agent.kind, ()):
            told = f"{count} records of version {version or 'unknown'} could not be read since the tray was started"
            yield Finding(Mark.NOTE, "", told)
    yield from _limits()
    yield from _files()


def _package() -> Finding:
    owners = importlib.metadata.packages_distributions().get("desktop", [])
    where = Path(__file__).parents[2]
    others = sorted(set(owners) - {"agent-tray"})
    if others:
        remedy = f"Another package brought a 'desktop' of its own; uninstall {', '.join(others)} or use pipx."
        return Finding(Mark.BAD, "package", f"loaded from {where}", remedy)
    return Finding(Mark.GOOD, "package", f"loaded from {where}")


def _tray_runs() -> Finding:
    answer = asking.ask("status")
    if answer is None:
        return Finding(Mark.NOTE, "tray", "does not run", "Start it: agent-tray")
    sessions = answer.get("sessions")
    count = len(sessions) if isinstance(sessions, list) else 0
    return Finding(Mark.GOOD, "tray", f"runs and sees {count} sessions")


def _display() -> Finding:
    if not has_display():
        remedy = "Start it inside a desktop session; here it follows sessions in the terminal."
        return Finding(Mark.BAD, "display", "none: neither DISPLAY nor WAYLAND_DISPLAY is set", remedy)
    kind = os.environ.get("XDG_SESSION_TYPE", "")
    desktop = os.environ.get("XDG_CURRENT_DESKTOP", "")
    told = " ".join(part for part in (desktop, kind or "display") if part)
    if kind == "wayland":
        remedy = "Start with QT_QPA_PLATFORM=xcb to have the mini window stay on top; Wayland does not allow it."
        return Finding(Mark.NOTE, "display", told, remedy)
    return Finding(Mark.GOOD, "display", told)


def _desktop() -> Iterator[Finding]:
    """Tray host and notifications, asked of the session bus by the parts that will use them."""
    if not has_display():
        return
    from desktop.app.commands import doctor_desktop

    tray, notified, refusals, quiet = doctor_desktop.look()
    if tray:
        yield Finding(Mark.GOOD, "tray host", "there is one")
    else:
        remedy = "On GNOME install the AppIndicator extension; without a host the window is shown instead."
        yield Finding(Mark.BAD, "tray host", "none answers", remedy)
    mark = Mark.GOOD if notified.has_buttons else Mark.BAD
    server = f", shown by {notified.server}" if notified.server else ""
    can = [
        name
        for name, has in (
            ("buttons", notified.has_buttons),
            ("inline reply", notified.has_inline_reply),
            ("withdraw", notified.can_withdraw),
        )
        if has
    ]
    remedy = "" if notified.has_buttons else "Install a notification daemon, for example dunst."
    yield Finding(mark, "notifications", f"{notified.backend}{server}; {', '.join(can) or 'text only'}", remedy)
    for name, why in refusals:
        yield Finding(Mark.NOTE, "", f"not {name}: {why}")
    if quiet:
        yield Finding(Mark.NOTE, "", "do not disturb is on: the desktop holds notifications back")


def _keyring() -> Finding:
    """Ask in a thread of its own: a locked keyring may wait for a person."""
    told: list[str] = []

    def ask() -> None:
        import keyring

        backend = keyring.get_keyring()
        told.append(f"{type(backend).__module__}.{type(backend).__name__} {float(backend.priority):g}")

    thread = threading.Thread(target=ask, name="keyring", daemon=True)
    thread.start()
    thread.join(KEYRING_WAIT_S)
    if not told:
        return Finding(Mark.BAD, "keyring", f"did not answer within {KEYRING_WAIT_S:.0f} s", "Unlock it.")
    name, _, priority = told[0].rpartition(" ")
    if float(priority) < 1 or "fail" in name or "Plaintext" in name:
        remedy = "Nothing needs it yet. For phone tokens later: install gnome-keyring, KWallet or KeePassXC."
        return Finding(Mark.NOTE, "keyring", "no safe one here", remedy)
    return Finding(Mark.GOOD, "keyring", name)


def _skipped() -> dict[str, list[tuple[str, int]]]:
    """The records that the running tray could not read, by agent."""
    answer = asking.ask("status") or {}
    listed = answer.get("skipped")
    found: dict[str, list[tuple[str, int]]] = {}
    for item in listed if isinstance(listed, list) else ():
        match item:
            case {"agent": str(kind), "version": str(version), "count": int(count)}:
                found.setdefault(kind, []).append((text.one_line(version, 40), count))
    return found


def _agent(agent: Agent) -> Iterator[Finding]:
    version = _version(agent)
    tried = f"tried with {', '.join(agent.tried_with)}" if agent.tried_with else "not tried"
    if not version:
        yield Finding(Mark.NOTE, agent.label, f"not installed on this PATH ({tried})")
    else:
        yield Finding(Mark.GOOD, agent.label, f"{version} ({tried})")
        for line in abilities.lines(agent):
            yield Finding(Mark.NOTE, "", line)
    if agent.hook_setup is None:
        return
    for home in connection.homes_of(agent):
        if not home.is_dir():
            continue
        if connection.is_connected(agent, [home]):
            relay = paths.places().relay
            if relay.is_file():
                yield Finding(Mark.GOOD, "", f"connected in {home}", agent.setup_note)
            else:
                remedy = f"agent-tray connect {agent.kind}"
                yield Finding(Mark.BAD, "", f"connected in {home}, but {relay} is gone", remedy)
        else:
            yield Finding(Mark.NOTE, "", f"not connected in {home}", f"agent-tray connect {agent.kind}")


def _version(agent: Agent) -> str:
    for name in sorted(agent.executables):
        found = shutil.which(name)
        if found is None:
            continue
        try:
            done = subprocess.run(
                [found, "--version"],
                capture_output=True,
                timeout=PROGRAM_WAIT_S,
                check=False,
                stdin=subprocess.DEVNULL,
            )
        except (OSError, subprocess.TimeoutExpired):
            return "installed, did not tell its version"
        lines = text.decode(done.stdout).splitlines()
        return text.one_line(lines[0], 60) if lines else "installed, did not tell its version"
    return ""


def _limits() -> Iterator[Finding]:
    if sys.platform != "linux":
        return
    for name, least in (("max_user_watches", 8192), ("max_user_instances", 64)):
        try:
            value = int(Path("/proc/sys/fs/inotify", name).read_text("ascii"))
        except (OSError, ValueError):
            continue
        remedy = "" if value >= least else f"sudo sysctl fs.inotify.{name}={least * 8}"
        yield Finding(Mark.GOOD if value >= least else Mark.BAD, "limits", f"inotify {name} {value}", remedy)


def _files() -> Iterator[Finding]:
    places = paths.places()
    if places.settings.exists():
        _, problems = SettingsFile(places.settings, places.state / "settings.last-good.toml").load()
        for problem in problems:
            yield Finding(Mark.BAD, "settings", str(problem))
        if not problems:
            yield Finding(Mark.GOOD, "settings", str(places.settings))
    else:
        yield Finding(Mark.NOTE, "settings", f"none yet; they would be in {places.settings}")
    if not places.ledger.exists():
        yield Finding(Mark.NOTE, "ledger", f"none yet; it would be {places.ledger}")
        return
    try:
        ledger = Ledger(places.ledger, repairs=False)
    except (LedgerError, OSError) as error:
        yield Finding(Mark.BAD, "ledger", str(error))
        return
    wrong = ledger.verify()
    count = ledger.count_decisions()
    ledger.close()
    if wrong:
        yield Finding(
            Mark.BAD, "ledger", f"the record of decisions is not whole: {wrong}", "Somebody changed the file."
        )
    else:
        yield Finding(Mark.GOOD, "ledger", f"{count} decisions, the chain is whole")
