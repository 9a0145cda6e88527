"""A row opened: its request or its reply box, what became of the last reply, and what one can do to the session."""

from datetime import timedelta

from PySide6.QtCore import QEvent, QPoint, QSize, Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication, QMoveEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from desktop.domain.board import Row
from desktop.domain.ids import RequestId
from desktop.domain.replies import Interrupt, Jump, Rename, Stop
from desktop.domain.requests import Request
from desktop.domain.session import Subagent
from desktop.domain.settings import Answering
from desktop.formats import text, words
from desktop.windows.answer_button import AnswerButton
from desktop.windows.draft_edit import Drafts, PutAwayDraft
from desktop.windows.labels import WrapLabel
from desktop.windows.line_box import LONGEST, LineBox
from desktop.windows.places import short_path
from desktop.windows.reply_box import ReplyBox
from desktop.windows.request_view import RequestView
from desktop.windows.session_row import Clock, RowHead
from desktop.windows.theme import CONTROL_HEIGHT, MEDIUM, SMALL, TIGHT, Button, Ink, Theme, Type, set_property

_MOST_FILES = 8
_MOST_HELPERS = 6


class SessionCard(QWidget):
    """The card of one session; lives while the row is open, and its drafts longer."""

    intent_made = Signal(object)  # Intent
    resume_copied = Signal(object)  # SessionId
    connect_asked = Signal(object)  # AgentKind
    menu_asked = Signal(QPoint)  # on the screen
    task_typed = Signal(str)
    closed = Signal()
    size_changed = Signal()

    def __init__(self, theme: Theme, clock: Clock, drafts: Drafts, answering: Answering, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._clock = clock
        self._drafts = drafts
        self._row: Row | None = None
        self._frame = QFrame(self)
        set_property(self._frame, "surface", "card")
        self._head = RowHead(theme, clock, SMALL + 1, self._frame)
        self.request_view = RequestView(theme, drafts, answering.arming_ms, self._frame)
        self.reply_box = ReplyBox(theme, drafts, self._frame)
        self._line = WrapLabel(theme, Type.BODY, Ink.TEXT, self._frame)
        self._more = WrapLabel(theme, Type.BODY, Ink.MUTED, self._frame)
        self._notice = WrapLabel(theme, Type.BODY, Ink.TEXT, self._frame)
        self._put_away = PutAwayDraft(theme, self._frame)
        self._helpers = WrapLabel(theme, Type.BODY, Ink.MUTED, self._frame)
        told = self.tr("Empty gives back the name that its agent gave.")
        self._name_box = LineBox(theme, self.tr("Name of the session"), told, self._frame)
        told = self.tr("Sessions of any agent and directory can belong to it.")
        self._task_box = LineBox(theme, self.tr("Name of the new task"), told, self._frame)
        self._evidence = WrapLabel(theme, Type.BODY, Ink.MUTED, self._frame)
        self._evidence.hide()
        self._build_acts()
        self._lay_out()
        self.show_settings(answering)
        self._connect()

    @property
    def row(self) -> Row | None:
        """What the card shows."""
        return self._row

    @property
    def request(self) -> Request | None:
        """The request before the person."""
        return self.request_view.request

    def show_row(self, row: Row) -> None:
        """Show *row*; the request before the person stays until it is closed."""
        self._row = row
        self._head.show_row(row)
        self.setAccessibleName(text.one_line(f"{row.name}, {words.phase_word(row.phase)}"))
        self._put_away_lost_draft(row)
        request = self._request_to_show(row)
        if request is None and self.request_view.holds_focus:
            self.setFocus()  # or the next button would have it when the view goes
        self.request_view.setVisible(request is not None)
        if request is not None:
            self.request_view.show_request(request, row)
            if self.hasFocus():
                self.request_view.focus_text()
        else:
            self.request_view.show_nothing()
        waiting = len(row.requests) - 1
        self._more.setText(self._waiting_text(waiting))
        self._more.setVisible(waiting > 0)
        self._line.setText(self._what_it_did(row) if request is None else "")
        self._line.setVisible(bool(self._line.text()))
        self._helpers.setText(self._helpers_text(row))
        self._helpers.setVisible(bool(row.subagents))
        self._notice.setText(text.clean(row.notice, 400))
        self._notice.setVisible(bool(row.notice))
        self.reply_box.show_row(row)
        self._interrupt.setVisible(row.can_interrupt)
        self._stop.setVisible(row.can_stop)
        self._jump.setVisible(row.can_jump)
        # Where a request can only be answered in the terminal, its view offers the same, larger.
        is_offered = request is not None and not request.is_answerable
        self._resume.setVisible(bool(row.resume_command) and not is_offered)
        if not row.can_stop:
            self._stop_question.hide()
        if self._evidence.isVisibleTo(self):
            self._explain()

    def show_settings(self, answering: Answering) -> None:
        """Follow the person's wishes."""
        self.request_view.set_arming_time(answering.arming_ms)
        self.reply_box.show_quick_replies(answering.quick_replies)

    def focus_first(self) -> None:
        """Put the focus where it can do no harm."""
        if self.request is not None:
            self.request_view.focus_text()
        else:
            self.setFocus()

    def ask_name(self) -> None:
        """Take another name for the session."""
        if self._row is not None:
            self._task_box.close_box()
            self._name_box.ask(text.one_line(self._row.name, LONGEST))

    def ask_task(self) -> None:
        """Take the name of a new task."""
        self._name_box.close_box()
        self._task_box.ask()

    @Slot()
    def jump(self) -> None:
        """Ask for the session's own terminal, where there is a way to it."""
        if self._row is not None and self._row.can_jump:
            self.intent_made.emit(Jump(self._row.session))

    def update_age(self) -> None:
        """Draw the age anew."""
        self._head.update()
        if self._evidence.isVisibleTo(self):
            self._explain()

    def height_for(self, width: int) -> int:
        """How high the card is when it is *width* wide."""
        layout = self.layout()
        if layout is None:
            return 0
        return layout.totalHeightForWidth(width) if layout.hasHeightForWidth() else layout.totalSizeHint().height()

    def sizeHint(self) -> QSize:
        return QSize(self.width(), self.height_for(self.width()))

    def event(self, event: QEvent) -> bool:
        done = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest:
            self.size_changed.emit()
        return done

    def moveEvent(self, event: QMoveEvent) -> None:
        super().moveEvent(event)
        self.request_view.content_moved()

    def _request_to_show(self, row: Row) -> Request | None:
        before = self.request_view.request
        same = next((request for request in row.requests if before is not None and request.id == before.id), None)
        return same or row.request

    def _put_away_lost_draft(self, row: Row) -> None:
        before = self.request_view.request
        if before is None or any(request.id == before.id for request in row.requests):
            return
        draft = self.request_view.draft
        if draft:
            self._put_away.show_draft(draft, row.notice or self.tr("it was answered elsewhere or is no longer asked"))
            self._drafts.keep(before.id, "")

    def _waiting_text(self, waiting: int) -> str:
        return (
            self.tr("1 more waits after this one.") if waiting == 1 else self.tr("%n more wait after it.", "", waiting)
        )

    def _what_it_did(self, row: Row) -> str:
        parts = [text.clean(row.line, 600)]
        if row.changed_files:
            names = [short_path(path) for path in row.changed_files[:_MOST_FILES]]
            left = len(row.changed_files) - len(names)
            more = self.tr(" and %n more", "", left) if left else ""
            parts.append(self.tr("Changed: {files}").replace("{files}", ", ".join(names) + more))
        return "\n".join(part for part in parts if part)

    def _helpers_text(self, row: Row) -> str:
        names = [self._helper_text(helper) for helper in row.subagents]
        left = len(names) - _MOST_HELPERS
        more = [self.tr("and %n more", "", left)] if left > 0 else []
        return "\n".join([self.tr("Subagents that run"), *(f"·  {name}" for name in [*names[:_MOST_HELPERS], *more])])

    def _helper_text(self, helper: Subagent) -> str:
        role = text.isolate(text.one_line(helper.role, 60) or self.tr("no role told"))
        model = text.one_line(helper.model, 60)
        return f"{role}  –  {text.isolate(model)}" if model else role

    def _build_acts(self) -> None:
        theme, frame = self._theme, self._frame
        self._why = AnswerButton(theme, self.tr("Explain"), kind=Button.QUIET, parent=frame)
        self._why.setCheckable(True)
        self._interrupt = AnswerButton(theme, self.tr("Interrupt"), kind=Button.QUIET, parent=frame)
        self._stop = AnswerButton(theme, self.tr("Stop…"), kind=Button.QUIET, parent=frame)
        self._resume = AnswerButton(theme, self.tr("Copy resume command"), kind=Button.QUIET, parent=frame)
        self._resume.setToolTip(self.tr("Copy resume command"))  # it is cut short when all of them are there
        self._jump = AnswerButton(theme, self.tr("Terminal"), kind=Button.QUIET, parent=frame)
        for say in (self._jump.setAccessibleName, self._jump.setToolTip):
            say(self.tr("Go to its terminal"))
        self._menu_button = QToolButton(frame)
        self._menu_button.setText("⋯")
        self._menu_button.setFixedSize(CONTROL_HEIGHT, CONTROL_HEIGHT)
        self._menu_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        for say in (self._menu_button.setAccessibleName, self._menu_button.setToolTip):
            say(self.tr("Name and task"))
        self._stop_question = QWidget(frame)
        asked = WrapLabel(theme, Type.BODY, Ink.TEXT, self._stop_question)
        asked.setText(self.tr("Stop it? Its process ends; what it has not saved is lost."))
        self._stop_yes = AnswerButton(theme, self.tr("Yes, stop"), parent=self._stop_question)
        self._stop_no = AnswerButton(theme, self.tr("Keep"), parent=self._stop_question)
        buttons = QHBoxLayout()
        buttons.setSpacing(SMALL)
        buttons.addWidget(self._stop_yes)
        buttons.addWidget(self._stop_no)
        buttons.addStretch()
        layout = QVBoxLayout(self._stop_question)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SMALL)
        layout.addWidget(asked)
        layout.addLayout(buttons)
        self._stop_question.hide()

    def _lay_out(self) -> None:
        acts = QHBoxLayout()
        acts.setSpacing(0)
        acts.setContentsMargins(0, 0, 0, 0)
        for button in (self._why, self._interrupt, self._stop, self._resume, self._jump):
            acts.addWidget(button)
        acts.addStretch()
        acts.addWidget(self._menu_button)
        body = QVBoxLayout()
        body.setContentsMargins(MEDIUM - 1, TIGHT, MEDIUM - 1, 0)
        body.setSpacing(SMALL)
        boxes = (self._name_box, self._task_box)
        said = (self._more, self._line, self._helpers, self._notice)
        for widget in (*boxes, self.request_view, *said, self._put_away, self.reply_box):
            body.addWidget(widget)
        body.addWidget(self._stop_question)
        body.addWidget(self._evidence)
        foot = QHBoxLayout()
        # The quiet buttons' words stand in line with the rest, their padding outside of it.
        foot.setContentsMargins(TIGHT - 2, 0, TIGHT, 0)
        foot.addLayout(acts)
        inside = QVBoxLayout(self._frame)
        inside.setContentsMargins(0, 3, 0, SMALL - 2)
        inside.setSpacing(2)
        inside.addWidget(self._head)
        inside.addLayout(body)
        inside.addLayout(foot)
        outside = QVBoxLayout(self)
        outside.setContentsMargins(SMALL, 2, SMALL, SMALL)
        outside.addWidget(self._frame)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)

    def _connect(self) -> None:
        self._head.clicked.connect(self.closed)
        self.request_view.reply_made.connect(self.intent_made)
        self.request_view.resume_copied.connect(self.resume_copied)
        self.request_view.connect_asked.connect(self.connect_asked)
        self.reply_box.reply_made.connect(self.intent_made)
        self.reply_box.closed.connect(self.setFocus)
        self._why.toggled.connect(self._on_why_toggled)
        self._interrupt.clicked.connect(self._on_interrupt_clicked)
        self._stop.clicked.connect(self._on_stop_clicked)
        self._stop_yes.clicked.connect(self._on_stop_yes_clicked)
        self._stop_no.clicked.connect(self._stop_question.hide)
        self._jump.clicked.connect(self.jump)
        self._resume.clicked.connect(self._on_resume_clicked)
        self._menu_button.clicked.connect(self._on_menu_clicked)
        self._name_box.given.connect(self._on_name_given)
        self._task_box.given.connect(self._on_task_given)
        for box in (self._name_box, self._task_box):
            box.closed.connect(self.focus_first)

    def _explain(self) -> None:
        row, now = self._row, self._clock()
        if row is None:
            return
        lines = [f"{words.phase_word(row.phase)}: {text.clean(row.reason, 300)}"]
        for evidence in row.evidence:
            ttl = self.tr("believed until it changes")
            if evidence.ttl is not None:
                ttl = self.tr("believed for {time}").replace("{time}", words.age(evidence.ttl))
            if not evidence.is_fresh(now):
                ttl = self.tr("too old to be believed")
            said = f"{evidence.claim}, {text.one_line(evidence.detail, 120)}" if evidence.detail else evidence.claim
            ago = self.tr("{age} ago").replace("{age}", words.age(max(now - evidence.at, timedelta(0))))
            lines.append(f"· {words.source_words(evidence.source)}: {said}; {ago}; {ttl}")
        if row.terminal:
            lines.append(self.tr("Terminal: {said}").replace("{said}", text.one_line(row.terminal, 400)))
        lines.append(" · ".join(self._identity(row)))
        self._evidence.setText("\n".join(lines))

    def _identity(self, row: Row) -> tuple[str, ...]:
        pid = self.tr("pid {pid}").replace("{pid}", str(row.pid)) if row.pid is not None else ""
        place = short_path(row.cwd) if row.cwd else ""
        return tuple(part for part in (pid, row.launch.value, place, text.one_line(row.session, 80)) if part)

    @Slot(bool)
    def _on_why_toggled(self, checked: bool) -> None:  # noqa: FBT001  Qt's signal
        if checked:
            self._explain()
        self._evidence.setVisible(checked)

    @Slot()
    def _on_interrupt_clicked(self) -> None:
        if self._row is not None and self._row.can_interrupt:
            self.intent_made.emit(Interrupt(self._row.session))

    @Slot()
    def _on_stop_clicked(self) -> None:
        self._stop_question.setVisible(not self._stop_question.isVisibleTo(self))

    @Slot()
    def _on_stop_yes_clicked(self) -> None:
        self._stop_question.hide()
        if self._row is not None and self._row.can_stop:
            self.intent_made.emit(Stop(self._row.session))

    @Slot()
    def _on_menu_clicked(self) -> None:
        self.menu_asked.emit(self._menu_button.mapToGlobal(self._menu_button.rect().bottomLeft()))

    @Slot(str)
    def _on_name_given(self, name: str) -> None:
        if self._row is not None:
            self.intent_made.emit(Rename(self._row.session, name))

    @Slot(str)
    def _on_task_given(self, name: str) -> None:
        if name:
            self.task_typed.emit(name)

    @Slot()
    def _on_resume_clicked(self) -> None:
        if self._row is not None:
            QGuiApplication.clipboard().setText(self._row.resume_command)
            self.resume_copied.emit(self._row.session)


def open_request(card: SessionCard | None) -> RequestId | None:
    """The id of the request that *card* puts before the person."""
    request = card.request if card is not None else None
    return request.id if request is not None else None
