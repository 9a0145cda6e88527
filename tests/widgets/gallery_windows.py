"""Shows the sessions window and the settings on a real screen and takes their pictures: run it, look, mend.

    python tests/widgets/gallery_windows.py DIRECTORY [light|dark] [NAME …]

It is no test: what it is for is a person's eye.
"""

import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QWidget

from desktop.app.lasting_singletons import keep_singletons
from desktop.app.settings_answers import SettingsAnswers
from desktop.domain.board import Board, Previous, Row, Trouble
from desktop.domain.phase import Phase
from desktop.domain.requests import Choice, Question, Reach, Request, RequestKind, Suggestion
from desktop.domain.session import Claim, Evidence, Source
from desktop.domain.settings import ColourScheme, DescribedAgent, GroupBy, Remote, Settings, Task
from desktop.hub.arrange import arranged
from desktop.windows.session_window import SessionWindow
from desktop.windows.settings_window import SettingsWindow
from desktop.windows.theme import Theme
from tests.widgets.boards import AGENT, NOW, board, permission, question, row, subagent


def _working(number: int, name: str, line: str, minutes: int) -> Row:
    return row(number, Phase.WORKING, name, line=line, since=NOW - timedelta(minutes=minutes), cwd="~/src/docs-site")


def asking(request: Request, name: str = "Fix refunds", **changes: object) -> Row:
    """A session that asks *request*, with everything one can do to it."""
    phase = Phase.NEEDS_ANSWER if request.questions else Phase.NEEDS_APPROVAL
    asked = row(1, phase, name, request, line=request.text.split("\n")[0], since=NOW - timedelta(minutes=4))
    all_of_it = {
        "resume_command": "robot --resume 1",
        "can_stop": True,
        "can_interrupt": True,
        "evidence": (
            Evidence(Source.LIVE_STATE, Claim.WAITING_APPROVAL, NOW - timedelta(seconds=4), "permission prompt"),
            Evidence(Source.HOOK, Claim.WORKING, NOW - timedelta(minutes=9), ttl=timedelta(minutes=1)),
        ),
    }
    return replace(asked, **(all_of_it | changes))


def as_drawn() -> Board:
    """The sessions of the drawing."""
    text = "alembic upgrade head &&\n  pytest -q tests/refunds"
    first = replace(permission(text=text), suggestions=(Suggestion("pytest:*"),))
    asks = question()
    return board(
        asking(first, resume_command="", can_interrupt=False, can_stop=False, evidence=()),
        row(
            2, Phase.NEEDS_ANSWER, "Checkout v2", asks, line=asks.text, since=NOW - timedelta(minutes=1), cwd="web-shop"
        ),
        row(
            3,
            Phase.WASTING_TIME,
            "Flaky deploy",
            line="pytest failed 4 times the same way",
            since=NOW - timedelta(minutes=18),
        ),
        row(4, Phase.NEEDS_REVIEW, "New search", line="9 files,  +214  −38", since=NOW - timedelta(minutes=12)),
        _working(5, "Cart totals", "editing src/cart/total.ts", 6),
        _working(6, "Release notes", "reading 14 files", 2),
    )


def many(count: int) -> Board:
    """So many sessions in every phase, some with names nobody should give."""
    phases = list(Phase)
    names = (
        "Cart totals",
        "A name that goes on and on because its prompt did " * 3,
        "שלום עולם",
        "<b>bold</b> & co",
        "x",
    )
    rows = [
        row(number, phases[number % len(phases)], names[number % len(names)], line="working on it " * (number % 9))
        for number in range(1, count + 1)
    ]
    return board(*rows)


def _plan() -> Request:
    text = "# Plan\n\n1. Move refunds to their own table.\n2. Backfill in batches of 1000.\n3. Drop the old column.\n"
    return replace(
        permission(text=text), kind=RequestKind.PLAN, modes=("accept edits", "default"), summary="has a plan"
    )


def _questions() -> Request:
    first = Question(
        "Which database should we use for the new refunds service, given that it must survive a restart?",
        "Database",
        (
            Choice("PostgreSQL", "Runs already in production; a migration is needed."),
            Choice("SQLite", "One file, no server; enough for one machine."),
            Choice("A choice whose label alone is longer than any window of four hundred and twenty pixels is wide"),
        ),
    )
    second = Question("Which checks?", "Checks", (Choice("Types"), Choice("Tests"), Choice("Lint")), is_multiple=True)
    return replace(question(), questions=(first, second))


def _again(before: str, after: str, kind: RequestKind = RequestKind.PERMISSION) -> Row:
    request = replace(permission(text=after), kind=kind)
    return asking(request, previous=(Previous(request.id, before, request.opened_at - timedelta(minutes=26)),))


SCENES: dict[str, Callable[[], Board]] = {
    "drawn": as_drawn,
    "none": board,
    "one": lambda: board(_working(1, "Cart totals", "editing src/cart/total.ts", 6)),
    "fifty": lambda: many(50),
    "plan": lambda: board(asking(_plan())),
    "questions": lambda: board(asking(_questions())),
    "odd": lambda: board(
        asking(permission(text="ls \u202etxt.exe\u202c; \u0430pt install\u200b x" + " " * 300 + "; id"))
    ),
    "long": lambda: board(asking(permission(text="\n".join(f"line {n}: " + "word " * 30 for n in range(200))))),
    "rules": lambda: board(
        asking(
            replace(
                permission(text="rm -r build & make"),
                suggestions=(
                    Suggestion("make:*"),
                    Suggestion("Edit(/home/me/src/payments-api/" + "deep/" * 20 + "**)"),
                ),
                subagent="reviewer",
            )
        )
    ),
    "unverified": lambda: board(asking(replace(permission(), is_verified=False))),
    "terminal": lambda: board(
        asking(replace(permission(), reach=permission().reach.TERMINAL, why_not="Its hook is not connected."))
    ),
    "changed": lambda: board(_again("pytest -q tests/refunds", "pytest -x tests/refunds tests/cart --maxfail=1")),
    "changed-plan": lambda: board(
        _again(
            "# Plan\n\n1. Move refunds to their own table.\n2. Backfill in one go.\n3. Drop the old column.",
            "# Plan\n\n1. Move refunds to their own table.\n2. Backfill in batches of 1000.\n3. Run the tests.\n"
            "4. Drop the old column.",
            RequestKind.PLAN,
        )
    ),
    "same": lambda: board(_again("make deploy", "make deploy")),
    "write": lambda: board(
        asking(
            replace(
                permission(text="/home/me/src/a.py\n\n-total = 0\n+total = Decimal(0)\n+currency = order.currency"),
                tool="Edit",
                summary="wants to change a file",
                writes=("/home/me/src/a.py",),
                suggestions=(Suggestion("Edit(src/**)"),),
            ),
            warnings=("writes outside the project",),
        )
    ),
    "wordless": lambda: board(
        asking(
            replace(
                permission(text="", reach=Reach.TERMINAL),
                tool="",
                summary="waits in its terminal",
                why_not="Answer it in the terminal of the session.",
            ),
            subagents=(subagent("explorer"),),
            line="waits in its terminal",
        )
    ),
    "helpers": lambda: board(
        replace(
            row(1, Phase.WORKING, "New search", line="Reading the tests of the old search"),
            subagents=(
                subagent("explorer", "claude-haiku-4-5", name="a1"),
                subagent("reviewer", "claude-opus-5-5", name="a2"),
                subagent("general-purpose", name="a3"),
            ),
            can_interrupt=True,
        ),
        row(2, Phase.YOUR_TURN, "Cart totals"),
    ),
    "by-project": lambda: replace(as_drawn(), arranged=arranged(as_drawn().groups, GroupBy.PROJECT)),
    "single": lambda: board(asking(question(), line="Which database should we use?")),
    "failed": lambda: board(
        asking(permission()),
        replace(
            row(2, Phase.FAILED, "Cart totals", line="API error 529: the model is overloaded", since=NOW),
            can_prompt=True,
            prompt_channel="typed into its terminal",
        ),
    ),
    "locked": as_drawn,
    "sending": lambda: board(asking(replace(permission(), is_answering=True))),
    "trouble": lambda: replace(
        board(asking(replace(permission(), trouble="The agent did not take it: the prompt had closed."))),
        troubles=(Trouble("watch", "Too many files to watch.", "Raise fs.inotify.max_user_watches."),),
        agents_seen=((AGENT, "Robot", False),),
    ),
    "turn": lambda: board(
        replace(
            row(1, Phase.NEEDS_REVIEW, "New search", line="Done: search now ranks by date.\nTests pass."),
            can_prompt=True,
            prompt_channel="Arrives as a message from another session.",
            changed_files=("~/src/a.py", "~/src/b.py"),
            resume_command="robot --resume 1",
            can_stop=True,
            notice="Delivered.",
        )
    ),
}


PAGES = {"described": 0, "settings": 1, "tasks": 4, "remotes": 5}
WITH_LISTS = Settings(
    tasks=(Task("Refunds", ("~/src/payments-api",), ("refund/*",)), Task("A whole ticket title " * 4)),
    remotes=(Remote("build-box"),),
    agents=(DescribedAgent("My tool", ("mytool",), working=("^turn_started$",)),),
)


def main(folder: Path, scheme: str, wanted: list[str]) -> None:
    """Show each scene, take its picture, end."""
    keep_singletons()
    application = QApplication([])
    theme = Theme(ColourScheme(scheme))
    shown: list[QWidget] = []
    names = wanted or [*SCENES, *PAGES, "diff", "help"]

    def take(name: str) -> None:
        shown[-1].grab().save(str(folder / f"{name}-{scheme}.png"))
        shown.pop().close()
        step()

    def step() -> None:
        if not names:
            application.quit()
            return
        name = names.pop(0)
        if name in PAGES:
            widget: QWidget = SettingsWindow(theme)
            assert isinstance(widget, SettingsWindow)
            widget.show_settings(WITH_LISTS)
            answers = SettingsAnswers(widget, WITH_LISTS)
            widget.show_agents(((AGENT, "Robot", False), (AGENT, "Other Robot", True)))
            widget._tabs.setCurrentIndex(PAGES[name])
            if name == "described":
                widget._described._on_add_clicked()
                answers._on_example_asked()
            widget.show_backend("freedesktop (dunst 1.9)", ("desktop-notifier: not needed here",))
        else:
            window = SessionWindow(theme, lambda: NOW)
            window.show_board(SCENES.get(name, as_drawn)())
            window.show_today("Today  41 min blocked · 9 interruptions" if name == "drawn" else "")
            if name == "diff":
                window.show_diff(AGENT, '--- settings.json\n+++ settings.json\n@@ -1 +1,4 @@\n {\n+  "hooks": {}\n }\n')
            window.show_locked(is_locked=name == "locked")
            if name == "help":
                window._show_help()
            if name == "turn":
                window.session_list.step(1)
                window.open_session(next(iter(SCENES["turn"]().rows)).session)
            if name == "helpers":
                window.open_session(next(each.session for each in SCENES[name]().rows if each.subagents))
            widget = window
            if name == "drawn":
                widget.resize(420, 724)
        shown.append(widget)
        widget.show()
        widget.activateWindow()
        QTimer.singleShot(1300, lambda: take(name))

    QTimer.singleShot(0, step)
    application.exec()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "light", sys.argv[3:])
