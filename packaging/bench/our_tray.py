"""The tray program as a person starts it, and told to say when its icon is there and when it knows so many sessions."""

import sys
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from desktop.app import main
from desktop.domain.board import Board
from desktop.tray.icon import QSystemTrayIcon, Tray

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
if sys.argv[2:] == ["alone"]:
    # What others start on this machine meanwhile is no idleness of ours: it is listed, and not looked at.
    from desktop.watchers.process_scan import LinuxProcesses

    LinuxProcesses.look = lambda *_: None
sys.exit(main.main([]))
