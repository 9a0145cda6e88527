"""The command ``agent-tray``: reads its arguments, chooses what to do. Imports Qt only where windows are wanted."""

import argparse
import gc
import logging
import os
import sys
from collections.abc import Sequence

NO_DISPLAY = (
    "There is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set), so there can be no tray; "
    "following the sessions in this terminal instead. Ctrl+C ends it."
)

# What the parser makes of no words at all; to set it up for them takes 4 ms of every start.
_PLAIN_START = argparse.Namespace(command=None, verbose=False, smoke=False, list_agents=False)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code."""
    try:
        code = _main(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader went away, as in ``| head``. Without this the interpreter's own last flush would exit 120.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code


def _main(arguments: Sequence[str] | None) -> int:
    words = sys.argv[1:] if arguments is None else arguments
    options = _parser().parse_args(words) if words else _PLAIN_START
    logging.basicConfig(
        level=logging.DEBUG if options.verbose else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    match options.command:
        case "status":
            from desktop.app.commands import status

            return status.run(as_json=options.json)
        case "watch":
            from desktop.app.commands import watch

            return watch.run(as_json=options.json)
        case "explain":
            from desktop.app.commands import explain

            return explain.run(options.session)
        case "connect" | "disconnect":
            from desktop.app.commands import connect

            return connect.run(options.agent, removes=options.command == "disconnect", is_agreed=options.yes)
        case "start":
            from desktop.app.commands import start

            return start.run(options.agent, options.cwd, options.prompt)
        case "doctor":
            from desktop.app.commands import doctor

            return doctor.run()
        case "demo":
            from desktop.app.commands import demo

            return demo.run(is_listed=options.list)
        case _:
            return _run(options)


def _run(options: argparse.Namespace) -> int:
    if options.list_agents:
        from desktop.app.agents import load_agents

        print("\n".join(f"{agent.kind}\t{agent.label}" for agent in load_agents()))
        return 0
    if not has_display() and not options.smoke:
        print(NO_DISPLAY, file=sys.stderr)
        from desktop.app.commands import watch

        return watch.run(as_json=False)
    gc.disable()  # modules are no rubbish: to look through them while they are read takes 15 ms
    try:
        from desktop.app.plain_imports import restore_imports

        restore_imports()
        from desktop.app import tray_program

        return tray_program.run(is_smoke=options.smoke)
    finally:
        gc.enable()


def has_display() -> bool:
    """Whether a window could be shown; Qt ends the process when it cannot, so it is asked here first."""
    if sys.platform in ("darwin", "win32"):
        return True
    if os.environ.get("QT_QPA_PLATFORM", "").partition(":")[0] in ("offscreen", "minimal", "vnc", "linuxfb", "eglfs"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="agent-tray",
        description="Sees every coding agent on this machine and lets you answer it where it asks. "
        "No command answers anything: answers come from a person at a window or a notification.",
    )
    parser.add_argument("--version", action=_Version, help="show the version and exit")
    parser.add_argument("--verbose", action="store_true", help="log all that is seen, to the terminal")
    parser.add_argument("--smoke", action="store_true", help="start, paint once, exit 0")
    parser.add_argument("--list-agents", action="store_true", help="print the agents this build knows")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    commands.add_parser("run", help="show the tray (the default); a second start brings the first forward")
    status = commands.add_parser("status", help="what every session does now")
    status.add_argument("--json", action="store_true", help="as JSON")
    watch = commands.add_parser("watch", help="a line for each change, until interrupted")
    watch.add_argument("--json", action="store_true", help="one JSON object a line")
    explain = commands.add_parser("explain", help="why a session is shown as it is")
    explain.add_argument("session", metavar="SESSION", help="its id, the start of it, its process or its name")
    for verb, what in (("connect", "let an agent ask here too"), ("disconnect", "take our hook out again")):
        command = commands.add_parser(verb, help=what)
        command.add_argument("agent", metavar="AGENT", help="its kind, as --list-agents prints it")
        command.add_argument("--yes", action="store_true", help="agree without being asked")
    start = commands.add_parser("start", help="have the tray begin a session of an agent, after you have seen what")
    start.add_argument("agent", metavar="AGENT", help="its kind, as --list-agents prints it")
    start.add_argument("--cwd", metavar="DIR", help="where it is to work; this directory if left out")
    start.add_argument("prompt", metavar="PROMPT", help="what it is to do")
    commands.add_parser("doctor", help="what works here, what does not, and what helps")
    demo = commands.add_parser("demo", help="scripted sessions in a temporary home: see every phase, answer one")
    demo.add_argument("--list", action="store_true", help="print the sessions of the demo and exit")
    return parser


class _Version(argparse.Action):
    """Looks the version up only when it is asked for: that takes 20 ms, a tenth of the start."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str | None = None) -> None:  # noqa: A002
        super().__init__(option_strings, argparse.SUPPRESS, nargs=0, default=argparse.SUPPRESS, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        print(f"agent-tray {_version()}")
        parser.exit()


def _version() -> str:
    from importlib import metadata

    try:
        return metadata.version("agent-tray")
    except metadata.PackageNotFoundError:
        return "from a checkout"


if __name__ == "__main__":
    raise SystemExit(main())
