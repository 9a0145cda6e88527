"""Buttons with the key that does the same at their edge, and a line that fills while they arm."""

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy, QStyle, QStyleOptionButton, QStylePainter, QWidget

from desktop.formats import text
from desktop.formats.palette import mix
from desktop.windows.theme import CONTROL_HEIGHT, MEDIUM, SMALL, Button, Theme, Type, set_button

_LONGEST_LABEL = 40


class AnswerButton(QPushButton):
    """A push button that is never a default one."""

    def __init__(
        self, theme: Theme, label: str, hint: str = "", kind: Button = Button.PLAIN, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._hint = hint
        self._kind = kind
        self._progress = 0.0
        self._padding = SMALL if kind is Button.QUIET else MEDIUM
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setAutoDefault(False)
        self.setDefault(False)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setFont(theme.font(Type.CONTROL))
        set_button(self, kind)
        self.set_label(label)

    def set_label(self, label: str) -> None:
        """Say *label*, whoever wrote it."""
        plain = text.one_line(label, _LONGEST_LABEL)
        self.setText(text.escape_mnemonics(plain))
        self.setAccessibleName(text.one_line(label))

    def show_progress(self, progress: float) -> None:
        """Fill the line at the foot so far; 0 hides it."""
        self._progress = progress
        self.update()

    def sizeHint(self) -> QSize:
        hint = self._hint_width() + MEDIUM if self._hint else 0
        return QSize(self._text_width() + hint + 2 * self._padding, self._height())

    def minimumSizeHint(self) -> QSize:
        return QSize(self._text_width() + 2 * self._padding, self._height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QStylePainter(self)
        option = QStyleOptionButton()
        self.initStyleOption(option)
        option.text = ""
        painter.drawControl(QStyle.ControlElement.CE_PushButton, option)
        inner = self.rect().adjusted(self._padding, 0, -self._padding, 0)
        shows_hint = bool(self._hint) and inner.width() >= self._text_width() + self._hint_width() + SMALL
        centred = Qt.AlignmentFlag.AlignCenter
        leading = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.setPen(self._ink())
        painter.setFont(self.font())
        label = self.fontMetrics().elidedText(self._label(), Qt.TextElideMode.ElideRight, inner.width())
        painter.drawText(inner, int(leading if shows_hint else centred) | int(Qt.TextFlag.TextSingleLine), label)
        if shows_hint:
            painter.setFont(self._theme.font(Type.BODY))
            painter.setPen(self._hint_ink())
            painter.drawText(inner, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight), self._hint)
        if 0 < self._progress < 1:
            self._paint_progress(painter)

    def _paint_progress(self, painter: QPainter) -> None:
        foot = QRect(self.rect().left() + 6, self.rect().bottom() - 3, self.rect().width() - 12, 2)
        foot.setWidth(round(foot.width() * self._progress))
        painter.fillRect(foot, self._theme.colour("accent"))

    def _ink(self) -> QColor:
        tokens = self._theme.tokens
        match self._kind, self.isEnabled():
            case Button.PRIMARY, True:
                return self._theme.colour("on_accent")
            case Button.PRIMARY, False:
                return self._theme.colour(mix(tokens.text, tokens.surface, 0.2))
            case _, False:
                return self._theme.colour("faint")
            case Button.QUIET, _:
                return self._theme.colour("muted")
            case _:
                return self._theme.colour("text")

    def _hint_ink(self) -> QColor:
        return self._ink() if self._kind is Button.PRIMARY else self._theme.colour("muted")

    def _label(self) -> str:
        return self.text().replace("&&", "&")

    def _text_width(self) -> int:
        # One more, because the advance is rounded and a label that lacks a third of a pixel is cut.
        return self.fontMetrics().horizontalAdvance(self._label()) + 2  # advances are rounded + 1

    def _hint_width(self) -> int:
        return self.fontMetrics().horizontalAdvance(self._hint)

    def _height(self) -> int:
        return max(CONTROL_HEIGHT, self.fontMetrics().height() + SMALL)
