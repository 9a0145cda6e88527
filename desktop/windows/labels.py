"""Labels for text that others wrote: never rich, never a mnemonic, never wider than the place they have."""

import math

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAbstractTextDocumentLayout, QPainter, QPaintEvent, QPalette, QTextDocument, QTextOption
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from desktop.windows.theme import Ink, Theme, Type


class PlainLabel(QLabel):
    """A label that takes its text as it is and follows the theme."""

    def __init__(
        self, theme: Theme, kind: Type = Type.BODY, ink: Ink = Ink.TEXT, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._kind = kind
        self._ink = ink
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
        self.setOpenExternalLinks(False)
        theme.dress(self, kind, ink)

    def set_ink(self, ink: Ink) -> None:
        """Take another colour."""
        self._ink = ink
        self._theme.dress(self, self._kind, ink)
        self.update()


class ElidedLabel(PlainLabel):
    """One line, cut with an ellipsis where the place ends."""

    def __init__(
        self, theme: Theme, kind: Type = Type.BODY, ink: Ink = Ink.TEXT, parent: QWidget | None = None
    ) -> None:
        super().__init__(theme, kind, ink, parent)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(self._theme.colour(self._ink.value))
        shown = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(self.rect(), int(self.alignment()) | int(Qt.TextFlag.TextSingleLine), shown)


class WrapLabel(PlainLabel):
    """As many lines as it takes; a word longer than the place is broken."""

    def __init__(
        self, theme: Theme, kind: Type = Type.BODY, ink: Ink = Ink.TEXT, parent: QWidget | None = None
    ) -> None:
        super().__init__(theme, kind, ink, parent)
        self._document = QTextDocument(self)
        self._document.setUndoRedoEnabled(False)
        self._document.setDocumentMargin(0)
        option = QTextOption(Qt.AlignmentFlag.AlignLeading)
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self._document.setDefaultTextOption(option)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def setText(self, shown: str) -> None:
        super().setText(shown)
        self._document.setPlainText(shown)
        self.updateGeometry()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        self._lay_out(width)
        return math.ceil(self._document.size().height())

    def sizeHint(self) -> QSize:
        # A pixel more than the widest line: advances are rounded, and a line must not wrap for a third of one.
        widest = max((self.fontMetrics().horizontalAdvance(line) for line in self.text().split("\n")), default=0) + 2
        return QSize(widest, self.heightForWidth(widest))

    def minimumSizeHint(self) -> QSize:
        return QSize(24, self.fontMetrics().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        self._lay_out(self.width())
        painter = QPainter(self)
        context = QAbstractTextDocumentLayout.PaintContext()
        palette = QPalette()
        palette.setColor(QPalette.ColorRole.Text, self._theme.colour(self._ink.value))
        context.palette = palette
        self._document.documentLayout().draw(painter, context)

    def _lay_out(self, width: int) -> None:
        if self._document.defaultFont() != self.font():
            self._document.setDefaultFont(self.font())
        if self._document.textWidth() != width:
            self._document.setTextWidth(max(1, width))
