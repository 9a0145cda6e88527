"""What is different since the same tool of the session last asked: for a person who read that, the part still to read.

It stands beside the complete text and never in its place.
"""

from collections.abc import Iterator

from PySide6.QtCore import Slot
from PySide6.QtGui import QFont, QTextCharFormat
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.domain.board import Previous
from desktop.domain.requests import Request
from desktop.formats import changes, text, words
from desktop.formats.changes import ChangedLine
from desktop.formats.palette import mix
from desktop.windows.code_text import CodeText, in_short_lines
from desktop.windows.labels import WrapLabel
from desktop.windows.theme import TIGHT, Ink, Theme, Type

_MOST_VISIBLE = 6  # lines, before it scrolls: the complete text stays the largest thing
_MOST_LINES = 60
_GONE, _COME = "− ", "+ "


class ChangeView(QWidget):
    """Hidden where there is nothing to compare with."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._lines: tuple[ChangedLine, ...] = ()
        self._says = WrapLabel(theme, Type.BODY, Ink.MUTED, self)
        self._text = CodeText(theme, _MOST_VISIBLE, self)
        self._text.setAccessibleName(self.tr("What changed since it last asked"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(TIGHT)
        layout.addWidget(self._says)
        layout.addWidget(self._text)
        self.hide()
        theme.changed.connect(self._on_theme_changed)

    @property
    def tab_stop(self) -> QWidget:
        """What takes the focus, to scroll by keys."""
        return self._text

    def compare(self, request: Request, previous: Previous | None) -> None:
        """Say how *request* differs from *previous*."""
        self._lines = ()
        if previous is None:
            self.hide()
            return
        at = words.moment(previous.at.astimezone(), request.opened_at.astimezone())
        is_same = previous.text == request.text
        if is_same:
            self._says.setText(self.tr("Word for word what it asked at {time}.").replace("{time}", at))
        else:
            # What is compared is what is shown: no character that cannot be seen gets in between.
            self._lines = changes.changed_lines(_revealed(previous.text), _revealed(request.text))
            self._says.setText(self.tr("Different from what it asked at {time}:").replace("{time}", at))
        self._text.setVisible(bool(self._lines))
        self._fill()
        self.setVisible(is_same or bool(self._lines))

    def _fill(self) -> None:
        self._text.fill(self._pieces())

    def _pieces(self) -> Iterator[tuple[str, QTextCharFormat]]:
        tokens = self._theme.tokens
        gone, gone_part, come, come_part = (QTextCharFormat() for _ in range(4))
        gone.setForeground(self._theme.colour("muted"))
        gone_part.setBackground(self._theme.colour(mix(tokens.code_ground, tokens.text, 0.1)))
        come_part.setFontWeight(QFont.Weight.DemiBold)
        come_part.setBackground(self._theme.colour(mix(tokens.code_ground, tokens.accent, 0.2)))
        for number, line in enumerate(self._lines[:_MOST_LINES]):
            plain, marked = (come, come_part) if line.is_new else (gone, gone_part)
            yield ("\n" if number else "") + (_COME if line.is_new else _GONE), plain
            for part in line.parts:
                for piece, _ in in_short_lines([text.Span(part.text, is_odd=False)]):
                    yield piece, marked if part.is_changed else plain
        left = len(self._lines) - _MOST_LINES
        if left > 0:
            yield "\n" + self.tr("… and %n more lines", "", left), gone

    @Slot()
    def _on_theme_changed(self) -> None:
        self._fill()


def _revealed(shown: str) -> str:
    return "".join(span.text for span in text.reveal(shown))
