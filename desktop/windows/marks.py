"""Check boxes, radio buttons, pick lists and numbers that are seen on every ground, drawn alike on every platform."""

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QFocusEvent, QIntValidator, QPainter, QPaintEvent, QPen, QPolygonF, QWheelEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QRadioButton, QWidget

from desktop.formats.palette import SHAPE_RATIO, contrast, mix
from desktop.windows.theme import CONTROL_HEIGHT, CONTROL_RADIUS, LARGE, SMALL, WIDE, Theme, Type

_SIDE = 14
MARK_WIDTH = _SIDE + SMALL  # where the words begin


def _draw(mark: QCheckBox | QRadioButton, theme: Theme) -> None:
    tokens = theme.tokens
    painter = QPainter(mark)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    box = QRectF(0.75, (mark.height() - _SIDE) / 2 + 0.75, _SIDE - 1.5, _SIDE - 1.5)
    edge = tokens.grey if contrast(tokens.grey, tokens.surface) >= SHAPE_RATIO else tokens.muted
    accent = tokens.accent if mark.isEnabled() else tokens.faint
    is_on = mark.isChecked()
    painter.setPen(QPen(theme.colour(accent if is_on or mark.hasFocus() else edge), 2 if mark.hasFocus() else 1.25))
    painter.setBrush(theme.colour(accent if is_on else tokens.surface))
    if isinstance(mark, QCheckBox):
        painter.drawRoundedRect(box, 3, 3)
    else:
        painter.drawEllipse(box)
    if is_on:
        painter.setPen(QPen(theme.colour("on_accent"), 1.75, c=Qt.PenCapStyle.RoundCap, j=Qt.PenJoinStyle.RoundJoin))
        painter.setBrush(theme.colour("on_accent"))
        middle = box.center()
        if isinstance(mark, QCheckBox):
            painter.setBrush(Qt.BrushStyle.NoBrush)
            tick = (QPointF(-3.2, 0.2), QPointF(-0.9, 2.6), QPointF(3.3, -2.4))
            painter.drawPolyline(QPolygonF([middle + point for point in tick]))
        else:
            painter.drawEllipse(middle, 2.0, 2.0)
    painter.setPen(theme.colour(tokens.text if mark.isEnabled() else mix(tokens.text, tokens.surface, 0.35)))
    place = mark.rect().adjusted(MARK_WIDTH, 0, 0, 0)
    flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeading
    painter.drawText(place, int(flags) | int(Qt.TextFlag.TextShowMnemonic), mark.text())
    painter.end()


def _size(mark: QCheckBox | QRadioButton) -> QSize:
    width = mark.fontMetrics().horizontalAdvance(mark.text().replace("&&", "&"))
    return QSize(MARK_WIDTH + width + 2, max(WIDE, mark.fontMetrics().height() + SMALL))


class Tick(QCheckBox):
    """A check box."""

    def __init__(self, theme: Theme, label: str = "", parent: QWidget | None = None) -> None:
        super().__init__(label, parent)
        self._theme = theme
        self.setFont(theme.font(Type.CONTROL))

    def sizeHint(self) -> QSize:
        return _size(self)

    def minimumSizeHint(self) -> QSize:
        return _size(self)

    def hitButton(self, pos: QPoint) -> bool:
        return self.rect().contains(pos)

    def paintEvent(self, event: QPaintEvent) -> None:
        _draw(self, self._theme)


class Dot(QRadioButton):
    """A radio button."""

    def __init__(self, theme: Theme, label: str = "", parent: QWidget | None = None) -> None:
        super().__init__(label, parent)
        self._theme = theme
        self.setFont(theme.font(Type.CONTROL))

    def sizeHint(self) -> QSize:
        return _size(self)

    def minimumSizeHint(self) -> QSize:
        return _size(self)

    def hitButton(self, pos: QPoint) -> bool:
        return self.rect().contains(pos)

    def paintEvent(self, event: QPaintEvent) -> None:
        _draw(self, self._theme)


class Pick(QComboBox):
    """A list to pick one from."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setFont(theme.font(Type.CONTROL))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def sizeHint(self) -> QSize:
        labels = [self.itemText(number) for number in range(self.count())]
        widest = max((self.fontMetrics().horizontalAdvance(label) for label in labels), default=0)
        return QSize(widest + 2 * SMALL + WIDE, max(CONTROL_HEIGHT, self.fontMetrics().height() + SMALL))

    def minimumSizeHint(self) -> QSize:
        return QSize(80, self.sizeHint().height())

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()  # who scrolls the page does not choose

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, tokens = self._theme, self._theme.tokens
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        edge = tokens.accent if self.hasFocus() else mix(tokens.border, tokens.text, 0.12)
        painter.setPen(QPen(theme.colour(edge), 2 if self.hasFocus() else 1))
        painter.setBrush(theme.colour("surface"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.75, 0.75, -0.75, -0.75), CONTROL_RADIUS, CONTROL_RADIUS)
        ink = tokens.text if self.isEnabled() else mix(tokens.text, tokens.surface, 0.35)
        painter.setPen(theme.colour(ink))
        place = self.rect().adjusted(SMALL + 2, 0, -WIDE, 0)
        label = self.fontMetrics().elidedText(self.currentText(), Qt.TextElideMode.ElideRight, place.width())
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeading
        painter.drawText(place, int(flags) | int(Qt.TextFlag.TextSingleLine), label)
        painter.setPen(QPen(theme.colour("muted"), 1.5, c=Qt.PenCapStyle.RoundCap, j=Qt.PenJoinStyle.RoundJoin))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        tip = QPointF(self.width() - LARGE, self.height() / 2)
        painter.drawPolyline(QPolygonF([tip + QPointF(-3.5, -1.75), tip + QPointF(0, 1.75), tip + QPointF(3.5, -1.75)]))
        painter.end()


class Number(QLineEdit):
    """A whole number within bounds; what is typed outside of them does not count and is put right on leaving."""

    value_changed = Signal()

    def __init__(self, theme: Theme, low: int, high: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._low, self._high = low, high
        self._value = low
        self.setFont(theme.font(Type.CONTROL))
        self.setValidator(QIntValidator(low, high, self))
        self.setInputMethodHints(Qt.InputMethodHint.ImhDigitsOnly)
        self.setPlaceholderText(f"{low}-{high}")
        self.textEdited.connect(self._on_text_edited)
        self.editingFinished.connect(self._on_editing_finished)

    @property
    def bounds(self) -> tuple[int, int]:
        """The least and the most."""
        return self._low, self._high

    def value(self) -> int:
        """The last number within the bounds."""
        return self._value

    def set_value(self, value: int) -> None:
        """Show *value*; nothing is told for that."""
        if value != self._value or not self.text():
            self._value = max(self._low, min(self._high, value))
            self.setText(str(self._value))

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._on_editing_finished()  # Qt does not call an unacceptable text finished

    @Slot()
    def _on_text_edited(self) -> None:
        if self.hasAcceptableInput() and int(self.text()) != self._value:
            self._value = int(self.text())
            self.value_changed.emit()

    @Slot()
    def _on_editing_finished(self) -> None:
        if self.text() != str(self._value):
            self.setText(str(self._value))
