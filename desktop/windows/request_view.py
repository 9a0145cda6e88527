"""The view in which a person decides. It shows what will happen, whole, and takes the one act that answers it.

Nothing here decides by itself: no default button, no key that acts on arrival, and Allow only after the text had been
there, unchanged and to its end, for long enough to be read (see arming.py).
"""

from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QHBoxLayout, QVBoxLayout, QWidget

from desktop.domain.board import Row
from desktop.domain.replies import Allow, ApprovePlan, Deny, RequestReply
from desktop.domain.requests import Reach, Request, RequestKind, Suggestion
from desktop.formats import text, words
from desktop.windows.answer_bar import AnswerBar
from desktop.windows.arming import Arming, PointerGuard
from desktop.windows.change_view import ChangeView
from desktop.windows.draft_edit import Drafts
from desktop.windows.labels import PlainLabel, WrapLabel
from desktop.windows.marks import Pick
from desktop.windows.places import short_path
from desktop.windows.question_view import QuestionView
from desktop.windows.reason_box import ReasonBox
from desktop.windows.request_text import RequestText, bytes_of
from desktop.windows.rule_box import RuleBox
from desktop.windows.terminal_note import TerminalNote
from desktop.windows.theme import SMALL, Ink, Theme, Type


class RequestView(QWidget):
    """One request: what is asked, by whom, and the controls that answer it."""

    reply_made = Signal(object)  # RequestReply
    resume_copied = Signal(object)  # SessionId
    connect_asked = Signal(object)  # AgentKind

    def __init__(self, theme: Theme, drafts: Drafts, arming_ms: int = 700, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._drafts = drafts
        self._request: Request | None = None
        self._row: Row | None = None
        self._is_sent = False
        self._guard = PointerGuard(self)
        self._build()
        bar = self._bar
        self._arming = Arming(bar.allow, arming_ms)
        for button in (bar.allow, bar.deny, bar.with_reason, self._reason.send):
            self._guard.guard(button)
        self._connect()

    # What is shown

    def show_request(self, request: Request, row: Row) -> None:
        """Show *request* of *row*; the same one keeps what was typed, ticked and seen."""
        before, self._request, self._row = self._request, request, row
        is_new = before is None or _shown_part(before) != _shown_part(request)
        if is_new:
            self._show_content(request)
            if self.holds_focus:
                self.focus_text()  # Space on a button that another request had must not answer this one
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
        self._bar.allow.setEnabled(False)

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
    def holds_focus(self) -> bool:
        """Whether the keys go here."""
        focused = QApplication.focusWidget()
        return focused is not None and (focused is self or self.isAncestorOf(focused))

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
        self._reason.open()

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
        self._changes = ChangeView(theme, self)
        self._rules: list[RuleBox] = []
        self._rules_layout = QVBoxLayout()
        self._rules_layout.setSpacing(0)
        self._questions = QuestionView(theme, self._guard, self)
        self._trouble = WrapLabel(theme, Type.BODY, Ink.RED, self)
        self._build_modes()
        self._careful = WrapLabel(theme, Type.BODY, Ink.AMBER, self)
        self._bar = AnswerBar(theme, self)
        self._reason = ReasonBox(theme, self)
        self._note = TerminalNote(theme, self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SMALL)
        above: tuple[QWidget, ...] = (
            self._what,
            self._warning,
            self._text,
            self._questions,
            self._foot,
            self._changes,
        )
        below = (self._trouble, self._modes, self._careful, self._bar, self._reason, self._note)
        for widget in above:
            layout.addWidget(widget)
        layout.addLayout(self._rules_layout)
        for widget in below:
            layout.addWidget(widget)

    def _build_modes(self) -> None:
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

    def _connect(self) -> None:
        self._bar.allowed.connect(self.allow)
        self._bar.denied.connect(self.deny)
        self._bar.reason_asked.connect(self.ask_reason)
        self._bar.stop_asked.connect(self.deny_and_stop)
        self._bar.copy_asked.connect(self._on_bar_copy_asked)
        self._reason.submitted.connect(self._on_reason_submitted)
        self._reason.given_up.connect(self.focus_text)
        self._reason.draft_changed.connect(self._on_draft_changed)
        self._questions.answered.connect(self._on_questions_answered)
        self._questions.draft_changed.connect(self._on_draft_changed)
        self._text.end_seen.connect(self._refresh)
        self._arming.armed_changed.connect(self._refresh)
        self._arming.progressed.connect(self._bar.allow.show_progress)
        self._note.resume_asked.connect(self._on_note_resume_asked)
        self._note.connect_asked.connect(self._on_note_connect_asked)

    def _show_content(self, request: Request) -> None:
        asks = self._asks_questions(request)
        is_plan = request.kind is RequestKind.PLAN
        self._text.setVisible(bool(request.text or is_plan) and not asks)
        self._text.show_text("" if asks else request.text)
        self._show_rules(() if asks else request.suggestions)
        self._mode.clear()
        self._mode.addItem(self.tr("keep the mode as it is"), "")
        for mode in request.modes:
            self._mode.addItem(text.one_line(mode, 60), mode)
        self._modes.setVisible(is_plan and bool(request.modes))
        draft = self._drafts[request.id]
        self._questions.setVisible(asks)
        if asks:
            self._questions.show_request(request, draft)
            self._set_tab_order(self._questions.tab_stops)
        self._reason.show_draft("" if asks else draft, is_plan=is_plan)

    def _show_rules(self, suggestions: Sequence[Suggestion]) -> None:
        for old in self._rules:
            old.hide()
            old.deleteLater()
        self._rules = [RuleBox(suggestion, self._theme, self) for suggestion in suggestions]
        for rule in self._rules:
            self._rules_layout.addWidget(rule)
        self._set_tab_order([self._changes.tab_stop, *(rule.box for rule in self._rules), self._mode, self._bar.allow])

    def _set_tab_order(self, stops: Sequence[QWidget]) -> None:
        """Visit *stops* next to the text: what is made last would else come last, after the answers."""
        for before, after in pairwise([self._text, *stops]):
            QWidget.setTabOrder(before, after)

    def _show_circumstances(self, request: Request, row: Row) -> None:
        self._what.setText(self._what_is_asked(request, row))
        questions = (text.one_line(question.text, 400) for question in request.questions)
        self.setAccessibleName("; ".join((self._what.text(), *questions)))
        warnings = self._warnings(request)
        self._warning.setText("\n".join(warnings))
        self._warning.setVisible(bool(warnings))
        careful = self._what_to_fear(request, row)
        self._careful.setText(careful)
        self._careful.setAccessibleName(careful)
        self._careful.setVisible(bool(careful))
        self._trouble.setText(text.clean(request.trouble, 400))
        self._trouble.setVisible(bool(request.trouble))
        self._note.show_request(request, row)
        self._changes.compare(request, None if self._asks_questions(request) else row.previous_of(request.id))

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
        if not row.cwd or not (request.text or request.questions):
            return asked
        return self.tr("{asks} in {place}").replace("{asks}", asked).replace("{place}", short_path(row.cwd))

    def _who_asks(self, request: Request, row: Row) -> str:
        if not request.is_verified:
            return self.tr("asked by an unknown process")
        if row.pid is None or request.reach is Reach.TERMINAL:
            return ""
        return self.tr("asked by pid {pid}, verified").replace("{pid}", str(row.pid))  # the head names the agent

    @Slot()
    def _refresh(self) -> None:
        request = self._request
        if request is None or self._row is None:
            return
        asks = self._asks_questions(request)
        is_busy = request.is_answering or self._is_sent
        is_plan = request.kind is RequestKind.PLAN
        self._bar.setVisible(request.is_answerable and not asks)
        self._bar.show_state(is_plan=is_plan, is_busy=is_busy, may_answer=self._may_answer, can_allow=self.can_allow)
        self._modes.setVisible(request.is_answerable and is_plan and bool(request.modes))
        for rule in self._rules:
            rule.setVisible(request.is_answerable)
            rule.setEnabled(not is_busy)
        self._mode.setEnabled(self._may_answer)
        self._reason.setEnabled(self._may_answer)
        self._questions.set_open(is_open=self._may_answer)
        told = ("" if asks else self._size_text(request), self._who_asks(request, self._row))
        self._foot.setText(words.SEPARATOR.join(part for part in told if part))
        self._foot.setVisible(bool(self._foot.text()))

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

    @Slot(str)
    def _on_reason_submitted(self, reason: str) -> None:
        if self._request is not None and self._may_answer:
            self._send(Deny(self._request.session, self._request.id, self._request.digest, reason))

    @Slot(str)
    def _on_draft_changed(self, draft: str) -> None:
        if self._request is not None:
            self._drafts.keep(self._request.id, draft)

    @Slot(object)
    def _on_questions_answered(self, answer: object) -> None:
        self._is_sent = True
        if self._request is not None:
            self._drafts.keep(self._request.id, "")
        self._refresh()
        self.reply_made.emit(answer)

    @Slot()
    def _on_bar_copy_asked(self) -> None:
        if self._request is not None:
            QGuiApplication.clipboard().setText(self._request.text)

    @Slot()
    def _on_note_resume_asked(self) -> None:
        if self._row is not None:
            QGuiApplication.clipboard().setText(self._row.resume_command)
            self.resume_copied.emit(self._row.session)

    @Slot()
    def _on_note_connect_asked(self) -> None:
        if self._row is not None:
            self.connect_asked.emit(self._row.agent)


def _shown_part(request: Request) -> tuple[object, ...]:
    offered = (request.questions, request.suggestions, request.modes)
    return (request.id, request.digest, request.kind, request.text, *offered)
