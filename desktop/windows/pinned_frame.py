"""A small window without a frame that stays on top, is dragged by its ground, and takes focus only when told to."""

from PySide6.QtCore import QEvent, QPoint, QSize, Qt, Signal
from PySide6.QtGui import (
    QBitmap,
    QEnterEvent,
    QGuiApplication,
    QImage,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from desktop.windows import mini_place
from desktop.windows.mini_place import Area
from desktop.windows.theme import CARD_RADIUS, Theme

_FLAGS = Qt.WindowType.Tool | Qt.WindowType.FramelessWindowHint | Qt.WindowType.WindowStaysOnTopHint
_LEAST_OPACITY = 30  # percent: fainter could not be found again


class PinnedFrame(QWidget):
    """Holds one piece of content and is as large as that."""

    dragged = Signal()
    tapped = Signal()  # clicked on its ground, not dragged

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent, _FLAGS | Qt.WindowType.WindowDoesNotAcceptFocus)
        self._theme = theme
        self._is_round = False
        self._opacity = 1.0
        self._content: QWidget | None = None
        self._pressed_at: QPoint | None = None
        self._grip = QPoint()
        self._is_dragged = False
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        # X11 without a compositor draws what is translucent black, and nobody tells which it is: there we cut a shape.
        self._is_cut = QGuiApplication.platformName() == "xcb"
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground, on=not self._is_cut)
        # A tool window of macOS hides whenever its application is not the active one, which is always.
        self.setAttribute(Qt.WidgetAttribute.WA_MacAlwaysShowToolWindow)
        self.setAttribute(Qt.WidgetAttribute.WA_QuitOnClose, on=False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(1, 1, 1, 1)
        layout.setSpacing(0)

    @property
    def area(self) -> Area:
        """The screen it stands on, as far as it is free."""
        return mini_place.area_at(self.geometry().center(), mini_place.areas())

    def set_opacity(self, percent: int) -> None:
        """How solid it is while the pointer is elsewhere."""
        self._opacity = max(_LEAST_OPACITY, min(100, percent)) / 100
        self.setWindowOpacity(1.0 if self.underMouse() else self._opacity)

    def hold(self, content: QWidget) -> QWidget | None:
        """Show *content*; what was held is put out of sight and given back."""
        old = self._content
        layout = self.layout()
        assert layout is not None
        if old is not None:
            layout.removeWidget(old)
            old.hide()
        self._content = content
        layout.addWidget(content)
        content.show()
        return old

    def fit(self, size: QSize, *, is_round: bool) -> None:
        """Take *size*, growing away from the edge of the screen it stands at."""
        self._is_round = is_round
        before = self.geometry()
        corner = before.topLeft()
        if self.isVisible():
            corner = mini_place.resized(before, size, self.area.rect)
        self.setFixedSize(size)
        self.move(corner)
        if self._is_cut:
            self.setMask(self._cut())

    def take_focus(self, *, takes: bool) -> None:
        """Be typed into, or be out of the way again."""
        # The flag is read when a window is mapped: it has to go and come back.
        was_visible, at = self.isVisible(), self.pos()
        self.setWindowFlag(Qt.WindowType.WindowDoesNotAcceptFocus, not takes)
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating, not takes)
        self.move(at)
        self.setVisible(was_visible)
        if takes:
            self.activateWindow()

    def _shape(self, inset: float) -> QPainterPath:
        radius = self.height() / 2 if self._is_round else float(CARD_RADIUS)
        path = QPainterPath()
        box = self.rect().toRectF().adjusted(inset, inset, -inset, -inset)
        path.addRoundedRect(box, radius - inset, radius - inset)
        return path

    def _cut(self) -> QBitmap:
        image = QImage(self.size(), QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillPath(self._shape(0), Qt.GlobalColor.black)
        painter.end()
        return QBitmap.fromImage(image.createAlphaMask(Qt.ImageConversionFlag.ThresholdDither))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self._is_cut:
            painter.fillRect(self.rect(), self._theme.colour("border"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(self._theme.colour("surface"))
        painter.setPen(QPen(self._theme.colour("border"), 1))
        painter.drawPath(self._shape(0.5))

    def enterEvent(self, event: QEnterEvent) -> None:
        self.setWindowOpacity(1.0)

    def leaveEvent(self, event: QEvent) -> None:
        self.setWindowOpacity(self._opacity)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed_at = event.globalPosition().toPoint()
            self._grip = self._pressed_at - self.pos()
            self._is_dragged = False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed_at is None:
            return
        at = event.globalPosition().toPoint()
        if (at - self._pressed_at).manhattanLength() >= QApplication.startDragDistance():
            self._is_dragged = True
        if not self._is_dragged:
            return
        handle = self.windowHandle()
        if QGuiApplication.platformName().startswith("wayland") and handle is not None:
            handle.startSystemMove()  # there a window cannot place itself
            self._pressed_at = None
            return
        self.move(at - self._grip)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._pressed_at is None or event.button() != Qt.MouseButton.LeftButton:
            return
        self._pressed_at = None
        if self._is_dragged:
            self.move(mini_place.within(self.pos(), self.size(), self.area.rect))
            self.dragged.emit()
        else:
            self.tapped.emit()
