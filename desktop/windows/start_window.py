"""Begins a session from here: which agent, where, and what it is to do. Nothing runs before the person says so."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from desktop.domain.ids import AgentKind
from desktop.formats import text
from desktop.windows.answer_button import AnswerButton
from desktop.windows.draft_edit import DraftEdit
from desktop.windows.labels import WrapLabel
from desktop.windows.marks import Pick
from desktop.windows.theme import LARGE, SMALL, TIGHT, Button, Ink, Theme, Type, set_property

Startable = tuple[AgentKind, str, str]
"""Kind, label, and why it cannot be started (empty when it can)."""

_LONGEST_PROMPT = 20_000


class StartWindow(QWidget):
    """A small form. What was typed stays until a session has begun with it."""

    start_asked = Signal(object, str, str)  # AgentKind, directory, prompt

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._agents: tuple[Startable, ...] = ()
        self.setWindowTitle(self.tr("New session"))
        self.setObjectName("start")
        set_property(self, "surface", "window")
        self.setFont(theme.font(Type.BODY))
        self._agent = Pick(theme, self)
        self._agent.setAccessibleName(self.tr("Agent"))
        self._directory = QLineEdit(self)
        self._directory.setAccessibleName(self.tr("Directory"))
        self._directory.setFont(theme.font(Type.CODE))
        self._browse = AnswerButton(theme, self.tr("Choose…"), parent=self)
        self._browse.setAccessibleName(self.tr("Choose the directory"))
        self._prompt = DraftEdit(theme, self.tr("What it is to do"), self)
        self._trouble = WrapLabel(theme, Type.BODY, Ink.RED, self)
        self._trouble.hide()
        self._note = WrapLabel(theme, Type.BODY, Ink.MUTED, self)
        self._note.setText(
            self.tr("It asks here before it does anything its own settings do not allow, and ends with Agent Tray.")
        )
        self._start = AnswerButton(theme, self.tr("Start"), self.tr("Ctrl+⏎"), Button.PRIMARY, self)
        self._cancel = AnswerButton(theme, self.tr("Cancel"), parent=self)
        self._lay_out()
        self.resize(460, 320)
        self.setMinimumWidth(360)
        self._on_theme_changed()
        self._start.clicked.connect(self._on_start)
        self._cancel.clicked.connect(self.close)
        self._browse.clicked.connect(self._on_browse_clicked)
        self._prompt.submitted.connect(self._on_start)
        self._prompt.given_up.connect(self.close)
        self._prompt.textChanged.connect(self._on_changed)
        self._directory.textChanged.connect(self._on_changed)
        self._agent.currentIndexChanged.connect(self._on_changed)
        QShortcut(QKeySequence(QKeySequence.StandardKey.Cancel), self, self.close)
        theme.changed.connect(self._on_theme_changed)

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(LARGE, LARGE, LARGE, LARGE)
        layout.setSpacing(SMALL)
        place = QHBoxLayout()
        place.setSpacing(SMALL)
        place.addWidget(self._directory, 1)
        place.addWidget(self._browse)
        self._add(layout, self.tr("Agent"), self._agent)
        self._add(layout, self.tr("Directory"), place)
        self._add(layout, self.tr("What it is to do"), self._prompt)
        buttons = QHBoxLayout()
        buttons.setSpacing(SMALL)
        buttons.addWidget(self._start)
        buttons.addWidget(self._cancel)
        buttons.addStretch()
        layout.addWidget(self._note)
        layout.addWidget(self._trouble)
        layout.addStretch()
        layout.addLayout(buttons)

    def _add(self, layout: QVBoxLayout, label: str, control: QWidget | QHBoxLayout) -> None:
        name = WrapLabel(self._theme, Type.SECTION, Ink.MUTED, self)
        name.setText(label)
        part = QVBoxLayout()
        part.setSpacing(TIGHT)
        part.addWidget(name)
        if isinstance(control, QWidget):
            part.addWidget(control)
        else:
            part.addLayout(control)
        layout.addLayout(part)

    # In

    def show_agents(self, agents: tuple[Startable, ...]) -> None:
        """Offer *agents*; those that cannot be started say why when they are chosen."""
        chosen = self._agent.currentData()
        self._agents = agents
        self._agent.clear()
        for kind, label, _ in agents:
            self._agent.addItem(text.one_line(label, 60), kind)
        self._choose(chosen)
        self._on_changed()

    def propose(self, kind: str, directory: str, prompt: str) -> None:
        """Fill the form in, as somebody asked for; the person may change it, and only they start it."""
        self._choose(kind)
        if directory:
            self._directory.setText(text.one_line(directory, 1000))
        if prompt:
            self._prompt.setPlainText(text.clean(prompt, _LONGEST_PROMPT))
        self._prompt.setFocus()

    def show_trouble(self, trouble: str) -> None:
        """Say why it did not start; what was typed is still there."""
        self._trouble.setText(text.clean(trouble, 600))
        self._trouble.setVisible(bool(trouble))

    def show_started(self) -> None:
        """It runs: the next one begins with an empty field."""
        self._prompt.clear()
        self.show_trouble("")
        self.close()

    # Inside

    def _choose(self, kind: object) -> None:
        at = self._agent.findData(kind)
        if at < 0:  # the first that can be started
            at = next((index for index, (_, _, why) in enumerate(self._agents) if not why), 0)
        self._agent.setCurrentIndex(at)

    def _chosen(self) -> Startable | None:
        index = self._agent.currentIndex()
        return self._agents[index] if 0 <= index < len(self._agents) else None

    @Slot()
    def _on_changed(self) -> None:
        chosen = self._chosen()
        why = chosen[2] if chosen is not None else self.tr("No agent that can be started from here is known.")
        self.show_trouble(why)
        is_full = bool(self._prompt.toPlainText().strip() and self._directory.text().strip())
        self._start.setEnabled(is_full and not why)

    @Slot()
    def _on_browse_clicked(self) -> None:
        found = QFileDialog.getExistingDirectory(self, self.tr("Where it is to work"), self._directory.text())
        if found:
            self._directory.setText(found)

    @Slot()
    def _on_start(self) -> None:
        chosen = self._chosen()
        if chosen is not None and self._start.isEnabled():
            self.start_asked.emit(chosen[0], self._directory.text().strip(), self._prompt.toPlainText().strip())

    @Slot()
    def _on_theme_changed(self) -> None:
        self.setStyleSheet(self._theme.stylesheet())
