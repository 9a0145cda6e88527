"""The tray program as a person starts it, and told to say when its icon is there and when it knows so many sessions.

our_tray.py SESSIONS [alone] [only=KIND]
"""

import sys
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from desktop.app import main
from desktop.app.plain_imports import restore_imports

restore_imports()  # as the program does before it reads what is read below
from desktop.domain.board import Board  # noqa: E402
from desktop.tray.icon import QSystemTrayIcon, Tray  # noqa: E402

expected = int(sys.argv[1])
show, show_board = QSystemTrayIcon.show, Tray.show_board
is_told = False


def shown(icon: QSystemTrayIcon) -> None:
    show(icon)
    print("shown", flush=True)


def board_shown(tray: Tray, board: Board, now: datetime) -> None:
    global is_told
    show_board(tray, board, now)
    if not is_told and len(board.rows) >= expected:
        is_told = True
        print("known", flush=True)


QSystemTrayIcon.show = shown
# Without a screen there is no tray to be seen in, and then the window is shown in its stead.
QSystemTrayIcon.isSystemTrayAvailable = staticmethod(lambda: True)
Tray.show_board = board_shown
for word in sys.argv[2:]:
    if word.startswith("only="):
        # A build that has one agent.
        from desktop.app import agents

        agents._modules = lambda modules=agents._modules, word=word: [
            found for found in modules() if found.name == word.removeprefix("only=")
        ]
if "alone" in sys.argv[2:]:
    # What others start on this machine meanwhile is no idleness of ours: it is listed, and not looked at.
    from desktop.watchers.process_scan import LinuxProcesses

    LinuxProcesses.look = lambda *_: None
sys.exit(main.main([]))
