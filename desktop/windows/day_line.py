"""The foot of the sessions window: what the day cost so far."""

from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from desktop.formats import text
from desktop.windows.labels import ElidedLabel
from desktop.windows.theme import LARGE, Ink, Theme, Type, set_property

_HEIGHT = 32


class DayLine(QFrame):
    """Says one line, or is not there."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        set_property(self, "surface", "raised")
        self._says = ElidedLabel(theme, Type.BODY, Ink.MUTED, self)
        self._says.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(line(self))
        row = QHBoxLayout()
        row.setContentsMargins(LARGE, 0, LARGE, 0)
        row.addWidget(self._says)
        column.addLayout(row, 1)
        self.setFixedHeight(max(_HEIGHT, round(_HEIGHT * theme.font_scale)))
        self.hide()

    @property
    def is_needed(self) -> bool:
        """Whether there is anything to say."""
        return bool(self._says.text())

    def say(self, said: str) -> None:
        """Say *said*, whoever wrote it."""
        self._says.setText(text.one_line(said))


def line(parent: QWidget) -> QFrame:
    """A line between two parts of a window."""
    made = QFrame(parent)
    made.setFixedHeight(1)
    set_property(made, "surface", "line")
    return made
