"""Shows one surface with boards of 0, 1, 5 or 50 sessions, to be looked at or photographed.

python tests/widgets/gallery.py mini --size card --dark --scale 2 --shot card.png
python tests/widgets/gallery.py tray --sessions 50
python tests/widgets/gallery.py glyphs --shot glyphs.png
"""

import argparse
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("surface", choices=["mini", "tray", "glyphs"])
    parser.add_argument("--size", choices=["pill", "line", "card"], default="card")
    parser.add_argument("--sessions", type=int, default=5)
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--scale", default="1")
    parser.add_argument("--at", default="40,40", help="where the mini window stands: x,y")
    parser.add_argument("--shot", type=Path, help="write a picture and end")
    chosen = parser.parse_args()
    os.environ["QT_SCALE_FACTOR"] = chosen.scale

    from PySide6.QtCore import QTimer
    from PySide6.QtGui import QPixmap
    from PySide6.QtWidgets import QApplication

    from desktop.domain.settings import ColourScheme
    from desktop.windows.theme import Theme

    application = QApplication(["agent_tray"])
    application.setQuitOnLastWindowClosed(False)
    application.setDesktopFileName("agent-tray")
    theme = Theme(ColourScheme.DARK if chosen.dark else ColourScheme.LIGHT)
    shoot: Callable[[], QPixmap]
    match chosen.surface:
        case "mini":
            shoot = _mini(theme, chosen)
        case "tray":
            shoot = _tray(chosen)
        case _:
            shoot = _glyphs(theme, float(chosen.scale))

    def _shot() -> None:
        if not shoot().save(str(chosen.shot)):
            print(f"could not write {chosen.shot}", file=sys.stderr)
        application.quit()

    if chosen.shot is not None:
        QTimer.singleShot(400, _shot)
    return application.exec()


def _mini(theme, chosen):  # type: ignore[no-untyped-def]
    from desktop.windows.mini_place import MiniPlace, MiniSize
    from desktop.windows.mini_window import MiniWindow
    from tests.widgets.boards import sample

    x, y = (int(part) for part in chosen.at.split(","))
    window = MiniWindow(theme, MiniPlace(x=x, y=y, size=MiniSize(chosen.size)))
    for signal in (window.intent_made, window.request_chosen, window.session_chosen, window.placed):
        signal.connect(lambda value: print(value, flush=True))
    window.show_board(sample(chosen.sessions, datetime.now(UTC)), datetime.now(UTC))
    window.show()
    return window.grab


def _tray(chosen):  # type: ignore[no-untyped-def]
    from desktop.tray.art import tray_icon
    from desktop.tray.icon import Tray
    from tests.widgets.boards import sample

    tray = Tray()
    board = sample(chosen.sessions, datetime.now(UTC))
    tray.show_board(board, datetime.now(UTC))
    for signal in (tray.request_chosen, tray.session_chosen, tray.intent_made):
        signal.connect(lambda value: print(value, flush=True))
    for name in ("window_asked", "mini_asked", "settings_asked", "quit_asked"):
        getattr(tray, name).connect(lambda name=name: print(name, flush=True))
    return lambda: tray_icon(board.phase, board.needs_you, tray._panel).pixmap(64)


def _glyphs(theme, scale):  # type: ignore[no-untyped-def]
    from PySide6.QtGui import QPainter, QPixmap

    from desktop.domain.phase import Phase
    from desktop.windows.glyphs import glyph_pixmap

    def _sheet() -> QPixmap:
        sheet = QPixmap(60 * len(Phase), 120)
        sheet.fill(theme.colour("surface"))
        painter = QPainter(sheet)
        for at, phase in enumerate(Phase):
            for y, size in ((8, 40), (58, 16), (84, 22)):
                painter.drawPixmap(60 * at + 10, y, glyph_pixmap(phase, size, theme, scale))
        painter.end()
        return sheet

    return _sheet


if __name__ == "__main__":
    sys.exit(main())
