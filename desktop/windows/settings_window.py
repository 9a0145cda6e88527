"""The settings, made from the records that hold them: a section for each, a control and its help for each field."""

import dataclasses
from collections.abc import Mapping
from dataclasses import Field
from enum import StrEnum
from typing import ClassVar

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QPlainTextEdit,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from desktop.domain.ids import AgentKind
from desktop.domain.settings import DescribedAgent, Remote, Settings, Task
from desktop.formats import text
from desktop.windows.answer_button import AnswerButton
from desktop.windows.connect_view import ConnectView
from desktop.windows.labels import PlainLabel, WrapLabel
from desktop.windows.line_trial import LineTrial
from desktop.windows.marks import MARK_WIDTH, Number, Pick, Tick
from desktop.windows.record_page import RecordPage, Wording
from desktop.windows.scrolling import scrolling
from desktop.windows.theme import LARGE, MEDIUM, SMALL, TIGHT, Ink, Theme, Type, set_property

Control = QCheckBox | QComboBox | Number | QPlainTextEdit

# Long enough to finish a number, short enough to feel at once.
_SETTLE_MS = 400
_LABEL_WIDTH = 190


class SettingsWindow(QWidget):
    """Shows settings and gives back changed ones."""

    settings_changed = Signal(object)  # Settings
    diff_asked = Signal(object)  # AgentKind: show_diff is expected
    connect_asked = Signal(object)  # AgentKind
    disconnect_asked = Signal(object)  # AgentKind
    test_asked = Signal()
    description_offered = Signal(object, str)  # DescribedAgent, whose place it takes: answer_description is expected
    remote_offered = Signal(object)  # Remote: answer_remote is expected
    sample_asked = Signal(str)  # the path of a log: show_sample is expected
    example_asked = Signal()  # show_example is expected

    TITLES: ClassVar[dict[str, str]] = {"notifications": "Notifications", "look": "Look", "answering": "Answering"}

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._settings = Settings()
        self._commands: Mapping[str, str] = {}
        self._is_showing = False
        self._control_by_field: dict[tuple[str, str], Control] = {}
        self._labels: dict[AgentKind, str] = {}
        self._agents_shown: tuple[tuple[AgentKind, str, bool], ...] | None = None
        self.setWindowTitle(self.tr("Settings"))
        self.setObjectName("settings")
        set_property(self, "surface", "window")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFont(theme.font(Type.BODY))
        self._tabs = QTabWidget(self)
        self._tabs.setFont(theme.font(Type.CONTROL))
        self._tabs.setDocumentMode(True)
        self._tabs.tabBar().setDrawBase(False)
        self._tabs.addTab(self._agents_page(), self.tr("Agents"))
        for section in dataclasses.fields(Settings):
            if "record" in section.metadata:
                continue  # lists have pages of their own
            self._tabs.addTab(self._section_page(section.name), self.tr(self.TITLES[section.name]))
        self._tasks = RecordPage(theme, Task, self._task_words(), self)
        self._remotes = RecordPage(theme, Remote, self._remote_words(), self)
        self._tabs.addTab(self._tasks, self.tr("Tasks"))
        self._tabs.addTab(self._remotes, self.tr("Remotes"))
        self._problems = WrapLabel(theme, Type.BODY, Ink.AMBER, self)
        self._problems.setContentsMargins(LARGE, SMALL, LARGE, SMALL)
        self._problems.hide()
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(_SETTLE_MS)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, SMALL, 0, 0)
        layout.setSpacing(SMALL)
        problems = QHBoxLayout()
        problems.setContentsMargins(LARGE, 0, LARGE, 0)
        problems.addWidget(self._problems)
        layout.addLayout(problems)
        layout.addWidget(self._tabs)
        self.resize(560, 560)
        self.setMinimumSize(400, 320)
        self._on_theme_changed()
        self._settle.timeout.connect(self._on_settle_timeout)
        theme.changed.connect(self._on_theme_changed)
        self._connect_records()
        self.show_settings(self._settings)
        self.show_agents(())

    # In

    def show_settings(self, settings: Settings) -> None:
        """Show *settings*; nothing is given back for that."""
        self._settings = settings
        self._is_showing = True
        for (section, name), control in self._control_by_field.items():
            _fill(control, getattr(getattr(settings, section), name))
        self._is_showing = False
        self._tasks.show_records(settings.tasks)
        self._remotes.show_records(settings.remotes, self._commands)
        self._described.show_records(settings.agents)

    def show_commands(self, commands: Mapping[str, str]) -> None:
        """Take, by the name of each remote, what is typed there so that its agents reach us."""
        self._commands = commands
        self._remotes.show_records(self._settings.remotes, commands)

    def answer_description(self, described: DescribedAgent, trouble: str) -> None:
        """Take what was offered, or say why it cannot be used."""
        self._described.answer_offer(described, trouble)

    def answer_remote(self, remote: Remote, trouble: str) -> None:
        """Take what was offered, or say why it cannot be used."""
        self._remotes.answer_offer(remote, trouble)

    def show_sample(self, sample: bytes, trouble: str) -> None:
        """Try the description on *sample*."""
        self._trial.show_sample(sample, trouble)

    def show_example(self, described: DescribedAgent, sample: bytes) -> None:
        """Fill the form in with an example and try it on its own log."""
        self._described.show_in_form(described)
        self._trial.show_sample(sample, "")

    def show_problems(self, problems: tuple[str, ...]) -> None:
        """Say what is wrong with the settings file."""
        self._problems.setText("\n".join(text.clean(problem, 400) for problem in problems[:5]))
        self._problems.setVisible(bool(problems))

    def show_agents(self, agents: tuple[tuple[AgentKind, str, bool], ...]) -> None:
        """List the agents: kind, label, whether connected."""
        if agents == self._agents_shown:
            return
        self._agents_shown = agents
        self._labels = {kind: label for kind, label, _ in agents}
        while (item := self._agents.takeAt(0)) is not None:
            gone = item.widget()
            if gone is not None:
                gone.hide()
                gone.deleteLater()
        for kind, label, is_connected in agents:
            self._agents.addWidget(self._agent_row(kind, label, is_connected=is_connected))
        if not agents:
            none = WrapLabel(self._theme, Type.BODY, Ink.MUTED, self._agents_body)
            none.setText(self.tr("No agent was seen yet. Start one in any terminal; it appears here."))
            self._agents.addWidget(none)
        self._described.order_tabs()

    def show_diff(self, kind: AgentKind, diff: str, *, removes: bool = False) -> None:
        """Show what (dis)connecting *kind* changes, and ask."""
        self._connect_view.show_diff(kind, self._labels.get(kind, str(kind)), diff, removes=removes)
        self._described.hide()
        self._connect_view.show()

    def show_diff_trouble(self, trouble: str) -> None:
        """Say in the place of the diff why it cannot be done."""
        self._connect_view.show_trouble(trouble)

    @property
    def connect_view(self) -> ConnectView:
        """The page with a diff."""
        return self._connect_view

    def show_backend(self, backend: str, refusals: tuple[str, ...]) -> None:
        """Say what shows notifications here, and why the others do not."""
        lines = [self.tr("Notifications are shown by {backend}.").replace("{backend}", text.one_line(backend, 120))]
        lines += [text.one_line(refusal, 240) for refusal in refusals]
        self._backend.setText("\n".join(lines))

    # Inside

    def _agents_page(self) -> QWidget:
        page = QWidget(self)
        self._agents_body = QWidget(page)
        self._agents = QVBoxLayout(self._agents_body)
        self._agents.setContentsMargins(0, 0, 0, 0)
        self._agents.setSpacing(MEDIUM)
        self._example = AnswerButton(self._theme, self.tr("Start from an example"), parent=page)
        self._trial = LineTrial(self._theme, page)
        self._described = RecordPage(
            self._theme,
            DescribedAgent,
            self._described_words(),
            page,
            above=self._agents_body,
            over=self._example,
            under=self._trial,
        )
        self._connect_view = ConnectView(self._theme, page)
        self._connect_view.hide()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._described)
        layout.addWidget(self._connect_view)
        self._connect_view.connect_asked.connect(self.connect_asked)
        self._connect_view.disconnect_asked.connect(self.disconnect_asked)
        self._connect_view.closed.connect(self._on_connect_view_closed)
        return page

    def _described_words(self) -> Wording:
        return Wording(
            title=self.tr("Agents that you describe"),
            intro=self.tr(
                "Any other tool that writes a log: say how it runs and what its lines mean. "
                "What you change here holds from the next start of Agent Tray on."
            ),
            none=self.tr("None yet."),
            add=self.tr("Add an agent…"),
            new=self.tr("A new agent"),
        )

    def _task_words(self) -> Wording:
        return Wording(
            intro=self.tr(
                "A task holds sessions of several agents and directories. A session belongs to it when you put it "
                "there, or by rule: of every sort of rule that is given, one line must fit."
            ),
            none=self.tr("No task yet."),
            add=self.tr("Add a task…"),
            new=self.tr("A new task"),
        )

    def _remote_words(self) -> Wording:
        return Wording(
            intro=self.tr(
                "Another machine, or a container, whose agents may ask here. Each has a socket of its own, which is "
                "there from the next start of Agent Tray on. The command under it, typed in a terminal of this "
                "machine, opens a shell there: as long as that is open, the agents there ask here. Connect them "
                "there as you do here."
            ),
            none=self.tr("No remote yet."),
            add=self.tr("Add a remote…"),
            new=self.tr("A new remote"),
        )

    def _connect_records(self) -> None:
        self._tasks.offered.connect(self._on_task_offered)
        self._tasks.records_changed.connect(self._on_tasks_changed)
        self._remotes.offered.connect(self.remote_offered)
        self._remotes.records_changed.connect(self._on_remotes_changed)
        self._described.offered.connect(self.description_offered)
        self._described.records_changed.connect(self._on_described_changed)
        self._described.form_opened.connect(self._on_described_form_opened)
        self._described.form.changed.connect(self._on_described_form_changed)
        self._trial.sample_asked.connect(self.sample_asked)
        self._example.clicked.connect(self.example_asked)

    def _agent_row(self, kind: AgentKind, label: str, *, is_connected: bool) -> QWidget:
        box = QFrame(self._agents_body)
        set_property(box, "surface", "card")
        name = WrapLabel(self._theme, Type.NAME, Ink.TEXT, box)
        name.setText(text.one_line(label, 60))
        state = WrapLabel(self._theme, Type.BODY, Ink.MUTED, box)
        state.setText(
            self.tr("Connected: it is watched, and its requests are answered from here.")
            if is_connected
            else self.tr("Not connected: it is watched; its requests are answered in its terminal.")
        )
        button = AnswerButton(self._theme, self.tr("Disconnect…") if is_connected else self.tr("Connect…"), parent=box)
        button.setAccessibleName(f"{text.one_line(label, 60)}: {button.text()}")
        button.setProperty("agent", str(kind))
        button.clicked.connect(self._on_agent_clicked)
        words = QVBoxLayout()
        words.setSpacing(TIGHT)
        words.addWidget(name)
        words.addWidget(state)
        row = QHBoxLayout(box)
        row.setContentsMargins(MEDIUM, MEDIUM, MEDIUM, MEDIUM)
        row.setSpacing(MEDIUM)
        row.addLayout(words, 1)
        row.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)
        return box

    def _section_page(self, section: str) -> QWidget:
        body = QWidget(self)
        column = QVBoxLayout(body)
        column.setContentsMargins(LARGE, LARGE, LARGE, LARGE)
        column.setSpacing(LARGE)
        for field in dataclasses.fields(getattr(self._settings, section)):
            column.addLayout(self._field_row(section, field, body))
        if section == "notifications":
            self._backend = WrapLabel(self._theme, Type.BODY, Ink.MUTED, body)
            self._test = AnswerButton(self._theme, self.tr("Send a test notification"), parent=body)
            self._test.clicked.connect(self.test_asked)
            column.addWidget(self._backend)
            column.addWidget(self._test, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch(1)
        return scrolling(body, self)

    def _field_row(self, section: str, field: "Field[object]", parent: QWidget) -> QVBoxLayout | QHBoxLayout:
        label, told = self.tr(str(field.metadata["label"])), self.tr(str(field.metadata["help"]))
        control = self._control(field, getattr(getattr(self._settings, section), field.name), parent)
        control.setFont(self._theme.font(Type.CONTROL))
        control.setAccessibleName(label)
        control.setAccessibleDescription(told)
        self._control_by_field[section, field.name] = control
        helped = WrapLabel(self._theme, Type.BODY, Ink.MUTED, parent)
        helped.setText(told)
        column = QVBoxLayout()
        column.setSpacing(2)
        if isinstance(control, QCheckBox):
            control.setText(label)
            column.addWidget(control)
            indented = QHBoxLayout()
            indented.setContentsMargins(MARK_WIDTH, 0, 0, 0)
            indented.addWidget(helped)
            column.addLayout(indented)
            return column
        name = PlainLabel(self._theme, Type.CONTROL, Ink.TEXT, parent)
        name.setText(label)
        name.setBuddy(control)
        if isinstance(control, QPlainTextEdit):
            for widget in (name, helped, control):
                column.addWidget(widget)
            return column
        row = QHBoxLayout()
        row.setSpacing(MEDIUM)
        row.addWidget(name)
        row.addStretch()
        control.setFixedWidth(_LABEL_WIDTH)
        row.addWidget(control)
        column.addLayout(row)
        column.addWidget(helped)
        return column

    def _control(self, field: "Field[object]", value: object, parent: QWidget) -> Control:
        match value:
            case bool():
                box = Tick(self._theme, "", parent)
                box.toggled.connect(self._on_control_changed)
                return box
            case StrEnum():
                choice = Pick(self._theme, parent)
                for member in type(value):
                    choice.addItem(self.tr(str(member)), member)
                choice.currentIndexChanged.connect(self._on_control_changed)
                return choice
            case int():
                low, high = field.metadata["low"], field.metadata["high"]
                bounds = (low if isinstance(low, int) else 0, high if isinstance(high, int) else 1_000_000)
                number = Number(self._theme, *bounds, parent=parent)
                number.value_changed.connect(self._on_control_changed)
                return number
            case _:
                lines = QPlainTextEdit(parent)
                lines.setTabChangesFocus(True)
                lines.setFixedHeight(90)
                lines.textChanged.connect(self._on_control_changed)
                return lines

    @Slot()
    def _on_control_changed(self) -> None:
        if not self._is_showing:
            self._settle.start()

    @Slot()
    def _on_settle_timeout(self) -> None:
        settings = self._settings
        for (section, name), control in self._control_by_field.items():
            record = dataclasses.replace(getattr(settings, section), **{name: _value(control)})
            settings = dataclasses.replace(settings, **{section: record})
        if settings != self._settings:
            self._take(settings)

    @Slot(object, str)
    def _on_task_offered(self, task: Task, replaced: str) -> None:
        del replaced
        self._tasks.answer_offer(task, "")

    @Slot(object)
    def _on_tasks_changed(self, tasks: tuple[Task, ...]) -> None:
        self._take(dataclasses.replace(self._settings, tasks=tasks))

    @Slot(object)
    def _on_remotes_changed(self, remotes: tuple[Remote, ...]) -> None:
        self._take(dataclasses.replace(self._settings, remotes=remotes))

    @Slot(object)
    def _on_described_changed(self, agents: tuple[DescribedAgent, ...]) -> None:
        self._take(dataclasses.replace(self._settings, agents=agents))

    @Slot()
    def _on_described_form_opened(self) -> None:
        self._trial.forget()
        self._trial.show_description(self._described.form.record())

    @Slot()
    def _on_described_form_changed(self) -> None:
        self._trial.show_description(self._described.form.record())

    def _take(self, settings: Settings) -> None:
        self._settings = settings
        self.settings_changed.emit(settings)

    @Slot()
    def _on_agent_clicked(self) -> None:
        button = self.sender()
        if isinstance(button, AnswerButton):
            self.diff_asked.emit(AgentKind(str(button.property("agent"))))

    @Slot()
    def _on_connect_view_closed(self) -> None:
        self._connect_view.hide()
        self._described.show()

    @Slot()
    def _on_theme_changed(self) -> None:
        self.setStyleSheet(self._theme.stylesheet())


def _fill(control: Control, value: object) -> None:
    match control, value:
        case QCheckBox(), bool(checked):
            control.setChecked(checked)
        case QComboBox(), StrEnum():
            control.setCurrentIndex(control.findData(value))
        case Number(), int(number):
            control.set_value(number)
        case QPlainTextEdit(), tuple(words):
            shown = "\n".join(str(word) for word in words)
            if control.toPlainText() != shown:
                control.setPlainText(shown)
        case _:
            raise TypeError(f"no control shows {type(value).__name__}")


def _value(control: Control) -> object:
    match control:
        case QCheckBox():
            return control.isChecked()
        case QComboBox():
            return control.currentData()
        case Number():
            return control.value()
        case QPlainTextEdit():
            return tuple(line.strip() for line in control.toPlainText().split("\n") if line.strip())
