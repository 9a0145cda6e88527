"""One of the agent's own rules, offered beside a plain allow."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.domain.requests import Suggestion
from desktop.formats import text
from desktop.windows.labels import WrapLabel
from desktop.windows.marks import MARK_WIDTH, Tick
from desktop.windows.theme import SMALL, Ink, Theme, Type


class RuleBox(QWidget):
    """The rule in full, with a box to take it along."""

    def __init__(self, suggestion: Suggestion, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        shown = "".join(span.text for span in text.reveal(text.clean(suggestion.text, 4000)))
        self._box = Tick(theme, self.tr("and allow from now on:"), self)
        self._box.setFont(theme.font(Type.BODY))
        self._box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._box.setAccessibleName(self.tr("and allow from now on:") + " " + shown)
        rule = WrapLabel(theme, Type.CODE, Ink.TEXT, self)
        rule.setText(shown)
        is_short = rule.fontMetrics().horizontalAdvance(shown) < 200 and "\n" not in shown
        layout: QHBoxLayout | QVBoxLayout = QHBoxLayout(self) if is_short else QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SMALL if is_short else 0)
        layout.addWidget(self._box)
        if is_short:
            layout.addWidget(rule, 1, Qt.AlignmentFlag.AlignVCenter)
        else:
            indented = QHBoxLayout()
            indented.setContentsMargins(MARK_WIDTH, 0, 0, 0)
            indented.addWidget(rule)
            layout.addLayout(indented)

    @property
    def box(self) -> Tick:
        """What the person ticks."""
        return self._box

    @property
    def is_taken(self) -> bool:
        """Whether the person ticked it."""
        return self._box.isChecked()
