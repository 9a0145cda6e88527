"""``agent-tray demo``: scripted sessions in a temporary home, and a tray that sees them. Nothing real is touched."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from desktop.app import demo_actor
from desktop.app.agents import load_agents
from desktop.app.main import NO_DISPLAY, has_display
from desktop.relay import main as relay
from desktop.storage import hook_setup, paths

END_WITHIN_S = 3.0


def run(*, is_listed: bool) -> int:
    """Run the demo until its tray is quit; return the tray's exit code."""
    script = demo_actor.load_script()
    parts = script["sessions"]
    if not isinstance(parts, list):
        return 1
    if is_listed:
        print("\n".join(f"{part['name']}  ({part['project']})" for part in parts))
        return 0
    for name in ("SIGTERM", "SIGHUP"):  # told to end, it tidies up as after Ctrl+C
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.default_int_handler)
    root = Path(tempfile.mkdtemp(prefix="agent-tray-demo-"))
    started: list[subprocess.Popen[bytes]] = []
    try:
        environment = _environment(root)
        command = _relay_command(root, str(script["home"]), str(script["agent"]))
        for number in range(len(parts)):
            actor = [sys.executable, "-I", "-m", "desktop.app.demo_actor", str(number), str(root), *command]
            # Not of the terminal's foreground: Ctrl+C there is for us, and we end them.
            started.append(subprocess.Popen(actor, env=environment, stdin=subprocess.DEVNULL, start_new_session=True))
        print(f"{len(parts)} scripted sessions in {root}; nothing of yours is touched. Quit from the tray to end.")
        if not has_display():
            print(NO_DISPLAY, file=sys.stderr)
        tray = subprocess.Popen([sys.executable, "-I", "-m", "desktop"], env=environment)
        started.insert(0, tray)  # the first to end: it takes back what it shows
        return tray.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        _tidy_up(root, started)


def _tidy_up(root: Path, started: list[subprocess.Popen[bytes]]) -> None:
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):  # whoever is impatient now would leave something behind
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    for process in started:
        process.terminate()
    for process in started:
        try:
            process.wait(END_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    shutil.rmtree(root, ignore_errors=True)


def _environment(root: Path) -> dict[str, str]:
    """Our own homes, but the desktop of the person."""
    before = dict(os.environ)
    runtime = before.get("XDG_RUNTIME_DIR", "")
    made = dict(before)
    for agent in load_agents():
        made.pop(agent.home_variable, None)
    for name, below in (
        ("HOME", ""),
        ("XDG_CONFIG_HOME", ".config"),
        ("XDG_DATA_HOME", ".local/share"),
        ("XDG_STATE_HOME", ".local/state"),
        ("XDG_CACHE_HOME", ".cache"),
        ("XDG_RUNTIME_DIR", "run"),
    ):
        place = root / below
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        made[name] = str(place)
    made["AGENT_TRAY_DEMO"] = str(os.getpid())
    # What the desktop is found by may be relative to the directories that were just replaced.
    if runtime and "DBUS_SESSION_BUS_ADDRESS" not in before and Path(runtime, "bus").exists():
        made["DBUS_SESSION_BUS_ADDRESS"] = f"unix:path={runtime}/bus"
    wayland = before.get("WAYLAND_DISPLAY", "")
    if runtime and wayland and not wayland.startswith("/"):
        made["WAYLAND_DISPLAY"] = f"{runtime}/{wayland}"
    authority = Path.home() / ".Xauthority"
    if "XAUTHORITY" not in before and authority.exists():
        made["XAUTHORITY"] = str(authority)
    return made


def _relay_command(root: Path, home_name: str, kind: str) -> tuple[str, ...]:
    agent = next(agent for agent in load_agents() if agent.kind == kind)
    place = root / ".local/share" / paths.APP / "relay.py"
    command = hook_setup.relay_command(hook_setup.install_relay(Path(relay.__file__), place))
    home = root / home_name
    home.mkdir(mode=0o700)
    for plan in hook_setup.plans_to_connect(agent, home, command, root / "records"):
        hook_setup.apply(plan)
    name = agent.hook_setup.command_name if agent.hook_setup is not None else ""
    return (*command, name)
