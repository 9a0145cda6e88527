"""Decides when a consequential button may be pressed: after a person had time to see what it does.

The time starts again with everything that can put the button under a finger that meant something else: the window
appears, moves, is resized or becomes active, the content changes, the screen was locked.
"""

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QCursor, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QPushButton, QWidget
from shiboken6 import isValid

_DISTURBING = frozenset(
    {
        QEvent.Type.Move,
        QEvent.Type.Resize,
        QEvent.Type.Show,
        QEvent.Type.Hide,
        QEvent.Type.Expose,
        QEvent.Type.WindowActivate,
        QEvent.Type.WindowDeactivate,
        QEvent.Type.WindowStateChange,
        QEvent.Type.WindowBlocked,
        QEvent.Type.WindowUnblocked,
        QEvent.Type.ParentChange,
        QEvent.Type.ScreenChangeInternal,
    }
)

_CONTROL = Qt.KeyboardModifier.ControlModifier
_STEP_MS = 50  # twenty steps a second look even and cost nothing


class Arming(QObject):
    """Counts the time for which *widget* was there to be seen, unchanged."""

    armed_changed = Signal(bool)
    progressed = Signal(float)  # 0 to 1

    def __init__(self, widget: QWidget, milliseconds: int) -> None:
        super().__init__(widget)
        self._widget = widget
        self._milliseconds = milliseconds
        self._passed = 0
        self._is_wanted = False
        self._is_locked = False
        self._is_armed = False
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(min(_STEP_MS, max(1, milliseconds // 4)))
        self._timer.timeout.connect(self._on_timer_timeout)

    @property
    def is_armed(self) -> bool:
        """Whether the time has passed and everything is still as it was."""
        return self._is_armed and self.is_seen

    @property
    def is_seen(self) -> bool:
        """Whether the widget is before the person: shown, active, exposed, not minimised, screen not locked."""
        window = self._widget.window()
        handle = window.windowHandle()
        return (
            not self._is_locked
            and self._widget.isVisible()
            and not window.isMinimized()
            and handle is not None
            # Not the widget's own word: hidden and shown again at once, it is never told that it kept the focus.
            and handle.isActive()
            and handle.isExposed()
            and not self._widget.visibleRegion().isEmpty()
        )

    def set_time(self, milliseconds: int) -> None:
        """Wait so long from now on."""
        if milliseconds != self._milliseconds:
            self._milliseconds = milliseconds
            self._timer.setInterval(min(_STEP_MS, max(1, milliseconds // 4)))
            if self._is_wanted:
                self.restart()

    def set_locked(self, locked: bool) -> None:  # noqa: FBT001  a state, as in Qt's own setters
        """Take note that the screen is locked or free."""
        if locked != self._is_locked:
            self._is_locked = locked
            if self._is_wanted:
                self.restart()

    def restart(self) -> None:
        """Begin to count anew."""
        self._is_wanted = True
        self._watch()
        self._passed = 0
        self._set_armed(armed=False)
        self.progressed.emit(0.0)
        if self._widget.isVisible():
            self._timer.start()
        else:
            self._timer.stop()

    def stop(self) -> None:
        """Disarm, and stay so until the next restart."""
        self._is_wanted = False
        self._timer.stop()
        self._passed = 0
        self._set_armed(armed=False)
        self.progressed.emit(0.0)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if self._is_wanted and event.type() in _DISTURBING:
            self.restart()
        return False

    def _watch(self) -> None:
        # Installing twice is as good as once, and an object that is no longer above us can only disarm.
        widget: QWidget | None = self._widget
        while widget is not None:
            widget.installEventFilter(self)
            widget = None if widget.isWindow() else widget.parentWidget()
        handle = self._widget.window().windowHandle()
        if handle is not None and isValid(handle):  # a window that is being destroyed tells of its end with it gone
            handle.installEventFilter(self)

    @Slot()
    def _on_timer_timeout(self) -> None:
        if not self._widget.isVisible():
            self._timer.stop()
            return
        if not self.is_seen:
            if self._passed:
                self._passed = 0
                self.progressed.emit(0.0)
            return
        self._passed += self._timer.interval()
        self.progressed.emit(min(1.0, self._passed / self._milliseconds))
        if self._passed >= self._milliseconds:
            self._timer.stop()
            self._set_armed(armed=True)

    def _set_armed(self, *, armed: bool) -> None:
        if armed != self._is_armed:
            self._is_armed = armed
            self.armed_changed.emit(armed)


class PointerGuard(QObject):
    """Swallows clicks on buttons that came under a pointer that lay still: what was aimed at is no longer there."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._lay_at: QPoint | None = QCursor.pos()

    def guard(self, button: QPushButton) -> None:
        """Let *button* be clicked only by a pointer that has moved since the content changed."""
        button.setMouseTracking(True)
        button.installEventFilter(self)

    def content_changed(self) -> None:
        """Ask for a movement of the pointer from now on."""
        self._lay_at = QCursor.pos()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        match event:
            case QMouseEvent() if event.type() in (
                QEvent.Type.MouseMove,
                QEvent.Type.MouseButtonPress,
                QEvent.Type.MouseButtonDblClick,
            ):
                if self._lay_at is not None and event.globalPosition().toPoint() != self._lay_at:
                    self._lay_at = None
                return self._lay_at is not None and event.type() != QEvent.Type.MouseMove
            case QKeyEvent():
                # A held key is not a decision, and Return is far too easily meant for another window.
                is_return = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
                return event.isAutoRepeat() or (is_return and not event.modifiers() & _CONTROL)
            case _:
                return False
