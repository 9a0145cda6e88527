"""Shows what connecting an agent would change in its settings, to the letter, before anything is changed."""

from collections.abc import Iterator

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QTextCharFormat
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from desktop.domain.ids import AgentKind
from desktop.formats import text
from desktop.formats.palette import mix
from desktop.windows.answer_button import AnswerButton
from desktop.windows.code_text import CodeText
from desktop.windows.labels import WrapLabel
from desktop.windows.theme import LARGE, SMALL, Button, Ink, Theme, Type

_LEAST_LINES = 8  # in view at once, however small the window


class ConnectView(QWidget):
    """One diff and the choice to make it so or not."""

    connect_asked = Signal(object)  # AgentKind
    disconnect_asked = Signal(object)  # AgentKind
    closed = Signal()  # not now; or by whoever did what was asked: until then trouble may have to be shown here

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kind: AgentKind | None = None
        self._removes = False
        self._title = WrapLabel(theme, Type.HEADLINE, Ink.TEXT, self)
        self._why = WrapLabel(theme, Type.BODY, Ink.MUTED, self)
        self._theme = theme
        self._shown = ""
        self._diff = CodeText(theme, _LEAST_LINES, self)
        self._diff.setAccessibleName(self.tr("What changes in the agent's settings"))
        self._diff.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusProxy(self._diff)
        self._yes = AnswerButton(theme, self.tr("Connect"), kind=Button.PRIMARY, parent=self)
        self._no = AnswerButton(theme, self.tr("Not now"), parent=self)
        buttons = QHBoxLayout()
        buttons.setSpacing(SMALL)
        buttons.addWidget(self._yes)
        buttons.addWidget(self._no)
        buttons.addStretch()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(LARGE, LARGE, LARGE, LARGE)
        layout.setSpacing(SMALL)
        layout.addWidget(self._title)
        layout.addWidget(self._why)
        layout.addWidget(self._diff, 1)
        layout.addLayout(buttons)
        self._yes.clicked.connect(self._on_yes_clicked)
        self._no.clicked.connect(self.closed)
        theme.changed.connect(self._fill)

    @property
    def kind(self) -> AgentKind | None:
        """The agent whose diff is shown."""
        return self._kind

    def show_diff(self, kind: AgentKind, label: str, diff: str, *, removes: bool = False) -> None:
        """Show *diff* and offer to make it so."""
        self._kind, self._removes = kind, removes
        name = text.isolate(text.one_line(label, 60))
        if removes:
            title = self.tr("Disconnect {agent}")
            why = self.tr("These lines leave its settings; the rest stays as it is.")
        else:
            title = self.tr("Connect {agent}")
            why = self.tr(
                "These lines are added to its settings, so that it asks here as well as in its terminal. "
                "Disconnecting takes them out again."
            )
        self._why.set_ink(Ink.MUTED)
        self._title.setText(title.replace("{agent}", name))
        self._why.setText(why)
        self._yes.set_label(self.tr("Disconnect") if removes else self.tr("Connect"))
        self._yes.setEnabled(bool(diff.strip()))
        shown = "".join(span.text for span in text.reveal(diff[:1_000_000]))
        self._shown = "\n".join(text.hard_chunk(shown)) or self.tr("Nothing to change.")
        self._fill()

    def show_trouble(self, trouble: str) -> None:
        """Say why it cannot be done."""
        self._why.set_ink(Ink.RED)
        self._why.setText(text.clean(trouble, 600))
        self._yes.setEnabled(False)

    @Slot()
    def _fill(self) -> None:
        self._diff.fill(self._pieces())

    def _pieces(self) -> Iterator[tuple[str, QTextCharFormat]]:
        tokens = self._theme.tokens
        kept, gone, come = QTextCharFormat(), QTextCharFormat(), QTextCharFormat()
        kept.setForeground(self._theme.colour("muted"))
        gone.setBackground(self._theme.colour(mix(tokens.code_ground, tokens.text, 0.1)))
        come.setBackground(self._theme.colour(mix(tokens.code_ground, tokens.accent, 0.1)))
        for number, line in enumerate(self._shown.split("\n")):
            is_head = line.startswith(("+++", "---"))
            style = come if line.startswith("+") else gone if line.startswith("-") else kept
            yield ("\n" if number else "") + line, kept if is_head else style

    @Slot()
    def _on_yes_clicked(self) -> None:
        if self._kind is not None:
            (self.disconnect_asked if self._removes else self.connect_asked).emit(self._kind)
