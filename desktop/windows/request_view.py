"""The view in which a person decides. It shows what will happen, whole, and takes the one act that answers it.

Nothing here decides by itself: no default button, no key that acts on arrival, and Allow only after the text had been
there, unchanged and to its end, for long enough to be read (see arming.py).
"""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QVBoxLayout, QWidget

from desktop.domain.board import Row
from desktop.domain.replies import Allow, ApprovePlan, Deny, RequestReply
from desktop.domain.requests import Request, RequestKind, Suggestion
from desktop.formats import text, words
from desktop.windows.answer_button import AnswerButton
from desktop.windows.arming import Arming, PointerGuard
from desktop.windows.draft_edit import DraftEdit, Drafts
from desktop.windows.labels import PlainLabel, WrapLabel
from desktop.windows.marks import MARK_WIDTH, Pick, Tick
from desktop.windows.question_view import QuestionView
from desktop.windows.request_text import RequestText, bytes_of
from desktop.windows.theme import CONTROL_HEIGHT, SMALL, Button, Ink, Theme, Type


class _Rule(QWidget):
    """One of the agent's own rules, in full, with a box to take it along."""

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


class RequestView(QWidget):
    """One request: what is asked, by whom, and the controls that answer it."""

    reply_made = Signal(object)  # RequestReply
    resume_copied = Signal(object)  # SessionId
    closed = Signal()  # Escape in it

    def __init__(self, theme: Theme, drafts: Drafts, arming_ms: int = 700, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._drafts = drafts
        self._request: Request | None = None
        self._row: Row | None = None
        self._is_sent = False
        self._guard = PointerGuard(self)
        self._build()
        self._arming = Arming(self._allow, arming_ms)
        for button in (self._allow, self._deny, self._with_reason, self._send_reason):
            self._guard.guard(button)
        self._connect()

    # What is shown

    def show_request(self, request: Request, row: Row) -> None:
        """Show *request* of *row*; the same one keeps what was typed, ticked and seen."""
        before, self._request, self._row = self._request, request, row
        is_new = before is None or _shown_part(before) != _shown_part(request)
        if is_new:
            self._show_content(request)
        if is_new or (before is not None and before.is_answering and not request.is_answering):
            self._is_sent = False
        self._show_circumstances(request, row)
        if is_new or (before is not None and before.is_answerable != request.is_answerable):
            self._guard.content_changed()
            self._arming.restart()
        self._refresh()

    def show_nothing(self) -> None:
        """Forget the request; nothing can be answered until the next."""
        self._request = None
        self._arming.stop()
        self._allow.setEnabled(False)

    def set_arming_time(self, milliseconds: int) -> None:
        """Arm Allow after so long."""
        self._arming.set_time(milliseconds)

    def set_locked(self, *, is_locked: bool) -> None:
        """Nothing can be allowed while the screen is locked."""
        self._arming.set_locked(is_locked)
        self._refresh()

    def content_moved(self) -> None:
        """What lies under a pointer at rest is no longer what was aimed at."""
        self._guard.content_changed()

    def focus_text(self) -> None:
        """Put the focus where it can do no harm."""
        (self._text if self._text.isVisible() else self).setFocus()

    @property
    def request(self) -> Request | None:
        """What is shown."""
        return self._request

    @property
    def can_allow(self) -> bool:
        """Whether Allow would be taken now."""
        return self._may_answer and self._text.is_complete and self._text.is_end_seen and self._arming.is_armed

    @property
    def draft(self) -> str:
        """What was typed for this request and not sent."""
        return self._drafts[self._request.id] if self._request is not None else ""

    # What the keyboard asks for

    @Slot()
    def allow(self) -> None:
        """Allow, if that can be pressed now; else nothing."""
        request = self._request
        if request is None:
            return
        if self._asks_questions(request):
            self._questions.send()
        elif self.can_allow:
            if request.kind is RequestKind.PLAN:
                mode = str(self._mode.currentData() or "")
                self._send(ApprovePlan(request.session, request.id, request.digest, mode))
            else:
                taken = tuple(number for number, rule in enumerate(self._rules) if rule.is_taken)
                self._send(Allow(request.session, request.id, request.digest, taken))

    @Slot()
    def deny(self) -> None:
        """Refuse, at once."""
        if self._request is not None and self._may_answer:
            self._send(Deny(self._request.session, self._request.id, self._request.digest))

    @Slot()
    def deny_and_stop(self) -> None:
        """Refuse and end the turn."""
        if self._request is not None and self._may_answer:
            self._send(Deny(self._request.session, self._request.id, self._request.digest, stops=True))

    @Slot()
    def ask_reason(self) -> None:
        """Open the field for a reason, or for one's own words to a question."""
        if self._request is None or not self._may_answer:
            return
        if self._asks_questions(self._request):
            self._questions.focus_other()
            return
        self._reason_box.show()
        self._reason.setFocus()

    def choose(self, choice: int) -> None:
        """Choose an option of the first question, counted from 0."""
        self._questions.choose(0, choice)

    # Inside

    @property
    def _may_answer(self) -> bool:
        request = self._request
        return request is not None and request.is_answerable and not request.is_answering and not self._is_sent

    def _asks_questions(self, request: Request) -> bool:
        return bool(request.questions) and request.kind in (RequestKind.QUESTION, RequestKind.ELICITATION)

    def _build(self) -> None:
        theme = self._theme
        self._what = WrapLabel(theme, Type.BODY, Ink.MUTED, self)
        self._warning = WrapLabel(theme, Type.BODY, Ink.RED, self)
        self._text = RequestText(theme, self)
        self._foot = WrapLabel(theme, Type.BODY, Ink.MUTED, self)
        self._rules: list[_Rule] = []
        self._rules_layout = QVBoxLayout()
        self._rules_layout.setSpacing(0)
        self._questions = QuestionView(theme, self._guard, self)
        self._build_controls()
        self._build_reason()
        self._notice = WrapLabel(theme, Type.BODY, Ink.TEXT, self)
        self._copy_resume = AnswerButton(theme, self.tr("Copy resume command"), parent=self)
        self._trouble = WrapLabel(theme, Type.BODY, Ink.RED, self)
        self._careful = WrapLabel(theme, Type.BODY, Ink.AMBER, self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SMALL)
        for widget in (self._what, self._warning, self._text, self._foot):
            layout.addWidget(widget)
        layout.addLayout(self._rules_layout)
        layout.addWidget(self._questions)
        layout.addWidget(self._trouble)
        layout.addWidget(self._modes)
        layout.addWidget(self._careful)
        layout.addWidget(self._controls)
        layout.addWidget(self._reason_box)
        layout.addWidget(self._notice)
        layout.addWidget(self._copy_resume, 0, Qt.AlignmentFlag.AlignLeft)

    def _build_controls(self) -> None:
        theme = self._theme
        self._modes = QWidget(self)
        self._mode = Pick(theme, self._modes)
        self._mode.setAccessibleName(self.tr("Mode after the plan is approved"))
        then = PlainLabel(theme, Type.BODY, Ink.MUTED, self._modes)
        then.setText(self.tr("Once approved:"))
        modes = QHBoxLayout(self._modes)
        modes.setContentsMargins(0, 0, 0, 0)
        modes.setSpacing(SMALL)
        modes.addWidget(then)
        modes.addWidget(self._mode, 1)
        self._controls = QWidget(self)
        self._allow = AnswerButton(theme, self.tr("Allow"), self.tr("Ctrl+⏎"), Button.PRIMARY, self._controls)
        self._deny = AnswerButton(theme, self.tr("Deny"), "D", Button.PLAIN, self._controls)
        self._with_reason = AnswerButton(theme, self.tr("Deny with reason…"), "R", Button.PLAIN, self._controls)
        self._more = QToolButton(self._controls)
        self._more.setText("⋯")
        self._more.setAccessibleName(self.tr("More answers"))
        self._more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._more.setFixedSize(CONTROL_HEIGHT, CONTROL_HEIGHT)
        menu = QMenu(self._more)
        self._stop_action = QAction(self.tr("Deny and stop the turn"), menu)
        self._copy_action = QAction(self.tr("Copy the text"), menu)
        menu.addActions([self._stop_action, self._copy_action])
        self._more.setMenu(menu)
        row = QHBoxLayout(self._controls)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SMALL)
        row.addWidget(self._allow, 1)
        row.addWidget(self._deny)
        row.addWidget(self._with_reason)
        row.addWidget(self._more)

    def _build_reason(self) -> None:
        self._reason_box = QWidget(self)
        self._reason = DraftEdit(self._theme, self.tr("Tell the agent why, or what to do instead"), self._reason_box)
        hint = self.tr("Ctrl+⏎")
        self._send_reason = AnswerButton(self._theme, self.tr("Deny with this reason"), hint, parent=self._reason_box)
        self._keep = AnswerButton(self._theme, self.tr("Cancel"), parent=self._reason_box)
        buttons = QHBoxLayout()
        buttons.setSpacing(SMALL)
        buttons.addWidget(self._send_reason)
        buttons.addWidget(self._keep)
        buttons.addStretch()
        layout = QVBoxLayout(self._reason_box)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SMALL)
        layout.addWidget(self._reason)
        layout.addLayout(buttons)
        self._reason_box.hide()

    def _connect(self) -> None:
        self._allow.clicked.connect(self.allow)
        self._deny.clicked.connect(self.deny)
        self._with_reason.clicked.connect(self.ask_reason)
        self._stop_action.triggered.connect(self.deny_and_stop)
        self._copy_action.triggered.connect(self._on_copy_action_triggered)
        self._send_reason.clicked.connect(self._on_reason_submitted)
        self._keep.clicked.connect(self._on_reason_given_up)
        self._reason.submitted.connect(self._on_reason_submitted)
        self._reason.given_up.connect(self._on_reason_given_up)
        self._reason.textChanged.connect(self._on_reason_changed)
        self._questions.answered.connect(self._on_questions_answered)
        self._questions.draft_changed.connect(self._on_questions_draft_changed)
        self._text.end_seen.connect(self._refresh)
        self._arming.armed_changed.connect(self._refresh)
        self._arming.progressed.connect(self._allow.show_progress)
        self._copy_resume.clicked.connect(self._on_copy_resume_clicked)

    def _show_content(self, request: Request) -> None:
        asks = self._asks_questions(request)
        is_plan = request.kind is RequestKind.PLAN
        self._text.setVisible(not asks)
        self._text.show_text("" if asks else request.text)
        self._show_rules(() if asks else request.suggestions)
        self._mode.clear()
        self._mode.addItem(self.tr("keep the mode as it is"), "")
        for mode in request.modes:
            self._mode.addItem(text.one_line(mode, 60), mode)
        self._modes.setVisible(is_plan and bool(request.modes))
        self._allow.set_label(self.tr("Approve") if is_plan else self.tr("Allow"))
        self._with_reason.set_label(self.tr("Send back…") if is_plan else self.tr("Deny with reason…"))
        self._send_reason.set_label(self.tr("Send back") if is_plan else self.tr("Deny with this reason"))
        draft = self._drafts[request.id]
        self._questions.setVisible(asks)
        if asks:
            self._questions.show_request(request, draft)
            self._set_tab_order(self._questions.tab_stops)
        self._reason.blockSignals(True)
        self._reason.setPlainText("" if asks else draft)
        self._reason.blockSignals(False)
        self._reason_box.setVisible(bool(draft) and not asks)

    def _show_rules(self, suggestions: Sequence[Suggestion]) -> None:
        for old in self._rules:
            old.hide()
            old.deleteLater()
        self._rules = [_Rule(suggestion, self._theme, self) for suggestion in suggestions]
        for rule in self._rules:
            self._rules_layout.addWidget(rule)
        self._set_tab_order([*(rule.box for rule in self._rules), self._mode, self._allow])

    def _set_tab_order(self, stops: Sequence[QWidget]) -> None:
        """Visit *stops* next to the text: what is made last would else come last, after the answers."""
        for before, after in pairwise([self._text, *stops]):
            QWidget.setTabOrder(before, after)

    def _show_circumstances(self, request: Request, row: Row) -> None:
        self._what.setText(self._what_is_asked(request, row))
        self._what.setVisible(not self._asks_questions(request) or bool(request.subagent))
        warnings = self._warnings(request)
        self._warning.setText("\n".join(warnings))
        self._warning.setVisible(bool(warnings))
        careful = self._what_to_fear(request, row)
        self._careful.setText(careful)
        self._careful.setAccessibleName(careful)
        self._careful.setVisible(bool(careful))
        self._trouble.setText(text.clean(request.trouble, 400))
        self._trouble.setVisible(bool(request.trouble))
        self._notice.setText(self._why_not(request))

    def _warnings(self, request: Request) -> list[str]:
        warnings: list[str] = []
        if not request.is_verified:
            warnings.append(self.tr("Not verified: the process that asks does not belong to this session."))
        if not self._text.is_complete:
            warnings.append(self.tr("Too long to be shown whole, so it cannot be allowed here."))
        if self._text.has_odd:
            warnings.append(self.tr("Holds characters that mislead or cannot be seen; each stands in ⟨⟩."))
        return warnings

    def _what_to_fear(self, request: Request, row: Row) -> str:
        # The row speaks of its first request alone.
        if row.request is None or row.request.id != request.id or not row.warnings:
            return ""
        told = ", ".join(text.one_line(words, 80) for words in row.warnings)
        return self.tr("Careful: {fears}").replace("{fears}", told)

    def _what_is_asked(self, request: Request, row: Row) -> str:
        asked = text.one_line(request.summary, 120) or text.one_line(request.tool, 60)
        asked = asked or (self.tr("asks for approval") if not request.questions else self.tr("asks you"))
        if request.subagent:
            role = text.isolate(text.one_line(request.subagent, 40))
            asked = self.tr("Its subagent {role} {asks}").replace("{role}", role).replace("{asks}", asked)
        if not row.cwd or self._asks_questions(request):
            return asked
        return self.tr("{asks} in {place}").replace("{asks}", asked).replace("{place}", short_path(row.cwd))

    def _who_asks(self, request: Request, row: Row) -> str:
        if not request.is_verified:
            return self.tr("asked by an unknown process")
        if row.pid is None or request.reach.value == "terminal":
            return ""
        return self.tr("asked by pid {pid}, verified").replace("{pid}", str(row.pid))

    def _why_not(self, request: Request) -> str:
        if request.is_answerable:
            return ""
        reason = text.clean(request.why_not, 400) or self.tr("It cannot be answered from here.")
        return reason if self.tr("terminal") in reason else f"{reason} " + self.tr("Answer it in its terminal.")

    @Slot()
    def _refresh(self) -> None:
        request = self._request
        if request is None or self._row is None:
            return
        asks = self._asks_questions(request)
        is_busy = request.is_answering or self._is_sent
        self._controls.setVisible(request.is_answerable and not asks)
        self._modes.setVisible(request.is_answerable and request.kind is RequestKind.PLAN and bool(request.modes))
        for rule in self._rules:
            rule.setVisible(request.is_answerable)
            rule.setEnabled(not is_busy)
        for widget in (self._deny, self._with_reason, self._more, self._mode, self._reason_box):
            widget.setEnabled(self._may_answer)
        self._allow.setEnabled(self.can_allow)
        is_plan = request.kind is RequestKind.PLAN
        resting = self.tr("Approve") if is_plan else self.tr("Allow")
        self._allow.set_label(self.tr("Sending…") if is_busy else resting)
        self._questions.set_open(is_open=self._may_answer)
        self._notice.setVisible(not request.is_answerable)
        self._copy_resume.setVisible(not request.is_answerable and bool(self._row.resume_command))
        self._foot.setVisible(not asks)
        told = (self._size_text(request), self._who_asks(request, self._row))
        self._foot.setText(words.SEPARATOR.join(part for part in told if part))

    def _size_text(self, request: Request) -> str:
        if not request.text:
            return ""
        lines, size = len(request.text.removesuffix("\n").split("\n")), bytes_of(request.text)
        counted = self.tr("%n lines", "", lines) if lines != 1 else self.tr("1 line")
        size_text = self.tr("{lines}, {bytes} bytes").replace("{lines}", counted).replace("{bytes}", f"{size:,}")
        if self._text.is_end_seen:
            return size_text + self.tr(", end")
        return size_text + self.tr(": scroll to the end to allow") if request.is_answerable else size_text

    def _send(self, reply: RequestReply) -> None:
        self._is_sent = True
        self._drafts.keep(reply.request, "")
        self._refresh()
        self.reply_made.emit(reply)

    @Slot()
    def _on_reason_submitted(self) -> None:
        reason = self._reason.toPlainText().strip()
        if self._request is not None and self._may_answer and reason:
            self._send(Deny(self._request.session, self._request.id, self._request.digest, reason))

    @Slot()
    def _on_reason_given_up(self) -> None:
        self._reason_box.hide()
        self.focus_text()

    @Slot()
    def _on_reason_changed(self) -> None:
        if self._request is not None:
            self._drafts.keep(self._request.id, self._reason.toPlainText())

    @Slot(object)
    def _on_questions_answered(self, answer: object) -> None:
        self._is_sent = True
        if self._request is not None:
            self._drafts.keep(self._request.id, "")
        self._refresh()
        self.reply_made.emit(answer)

    @Slot(str)
    def _on_questions_draft_changed(self, draft: str) -> None:
        if self._request is not None:
            self._drafts.keep(self._request.id, draft)

    @Slot()
    def _on_copy_action_triggered(self) -> None:
        if self._request is not None:
            QGuiApplication.clipboard().setText(self._request.text)

    @Slot()
    def _on_copy_resume_clicked(self) -> None:
        if self._row is not None:
            QGuiApplication.clipboard().setText(self._row.resume_command)
            self.resume_copied.emit(self._row.session)


def short_path(path: str) -> str:
    """Give *path* with ~ for the home directory, cleaned and fenced off from our own words."""
    home = str(Path.home())
    shown = "~" + path[len(home) :] if path == home or path.startswith(home + "/") else path
    return text.isolate(text.one_line(shown, 120))


def _shown_part(request: Request) -> tuple[object, ...]:
    offered = (request.questions, request.suggestions, request.modes)
    return (request.id, request.digest, request.kind, request.text, *offered)
