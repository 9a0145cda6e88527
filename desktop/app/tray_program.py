"""Starts the tray: one instance, Qt, signals of the system, and an orderly end."""

import gc
import logging
import os
import sys

from PySide6.QtCore import QTimer
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import QApplication

from desktop.app import single_instance
from desktop.app.lasting_singletons import keep_singletons
from desktop.formats import resources
from desktop.storage import paths
from desktop.tray.icon import Tray

log = logging.getLogger(__name__)

APPLICATION_ID = "io.github.agenttray.AgentTray"
# A first paint needs one turn of the loop; a slow machine some more.
SMOKE_MS = 400


def run(*, is_smoke: bool) -> int:
    """Run the tray until it is told to end; return the exit code."""
    try:
        runtime = paths.make_runtime_dir()
    except paths.UnsafeDirectoryError as error:
        print(str(error), file=sys.stderr)
        return 1
    lock = single_instance.take(runtime)
    if lock is None:
        from desktop.app import asking

        if asking.ask("raise") is None:
            log.debug("the running tray did not answer")
        print("Agent Tray runs already; its window was brought forward.", file=sys.stderr)
        return 0
    _harden()
    os.umask(0o077)
    resources.keep("glyphs", "icons")
    keep_singletons()
    application = QApplication([APPLICATION_ID])
    application.setApplicationName("AgentTray")  # letters only: it becomes part of a D-Bus path
    application.setApplicationDisplayName("Agent Tray")
    application.setDesktopFileName(APPLICATION_ID)
    application.setQuitOnLastWindowClosed(False)
    tray = Tray()
    application.processEvents()
    # With the icon in its place; what is behind it takes as long again, and most of that is reading modules.
    from desktop.app import log_file
    from desktop.app.beginning import Beginning

    log_file.begin(paths.places().state)
    begun = Beginning(runtime)
    begun.start()
    board = begun.first_board()
    tray.show_board(board, board.at)
    # With the first picture shown; windows, notifications and answers are behind it.
    from desktop.app import crash
    from desktop.app.system_signals import SystemSignals
    from desktop.app.wiring import Program

    icon = QPixmap()
    icon.loadFromData(resources.resource_bytes("icons/agent-tray.svg"))
    application.setWindowIcon(QIcon(icon))
    gc.freeze()  # modules stay for ever: the collector need not look through them again and again
    gc.enable()  # whoever started us may have spared the start from it
    program = Program(begun, sys.platform, tray)
    crash.install(paths.places().state, program.report_crash)
    signals = SystemSignals(application)
    try:
        program.start(shows_window=False)
        if is_smoke:
            QTimer.singleShot(SMOKE_MS, application, QApplication.quit)
        code = application.exec()
    finally:
        program.stop()
        signals.close()
        lock.release()
    return code


def _harden() -> None:
    """Leave no picture of what agents said on disk, and let no debugger of another program in."""
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        import ctypes

        set_dumpable = 4  # PR_SET_DUMPABLE of <sys/prctl.h>
        ctypes.CDLL(None).prctl(set_dumpable, 0, 0, 0, 0)
