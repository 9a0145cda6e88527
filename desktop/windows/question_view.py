"""Takes the answers to the questions of one request: choices, or free words of one's own."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from desktop.domain.replies import Answer
from desktop.domain.requests import Question, Request
from desktop.formats import text
from desktop.windows.answer_button import AnswerButton
from desktop.windows.arming import PointerGuard
from desktop.windows.labels import WrapLabel
from desktop.windows.marks import MARK_WIDTH, Dot, Tick
from desktop.windows.request_text import RequestText
from desktop.windows.theme import SMALL, TIGHT, Button, Ink, Theme, Type

# A text as long as a page goes into a view that scrolls and lays out piece by piece.
_LONGEST_LABEL = 600


class _OneQuestion(QWidget):
    """One question with its choices."""

    changed = Signal()

    def __init__(self, question: Question, number: str, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._question = question
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(TIGHT)
        if number or question.header:
            header = WrapLabel(theme, Type.SECTION, Ink.MUTED, self)
            header.setText(" · ".join(part for part in (number, text.one_line(question.header, 80)) if part))
            self._layout.addWidget(header)
        if len(question.text) <= _LONGEST_LABEL:
            asked = WrapLabel(theme, Type.NAME, Ink.TEXT, self)
            asked.setText("".join(span.text for span in text.reveal(question.text)))
            self._layout.addWidget(asked)
        else:
            long = RequestText(theme, self)
            long.show_text(question.text)
            self._layout.addWidget(long)
        # Of a group Tab visits one, exclusive or not: check boxes have none.
        self._group = None if question.is_multiple else QButtonGroup(self)
        self._marks: list[QAbstractButton] = []
        for choice in question.choices:
            self._add_choice(theme, choice.label, choice.description)
        self._other_mark: QAbstractButton | None = None
        self._other = QLineEdit(self)
        self._other.setFont(theme.font(Type.BODY))
        self._other.setAccessibleName(self.tr("Your own answer to: {question}").replace("{question}", self._spoken()))
        self._other.setPlaceholderText(self.tr("Your own answer"))
        row = QHBoxLayout()
        row.setSpacing(SMALL)
        if question.choices:
            self._other_mark = self._mark(self.tr("Other…"), theme)
            self._other_mark.toggled.connect(self._on_other_mark_toggled)
            row.addWidget(self._other_mark)
        row.addWidget(self._other, 1)
        self._layout.addLayout(row)
        self._other.textEdited.connect(self._on_other_text_edited)

    @property
    def answer(self) -> tuple[str, ...]:
        """The labels chosen, or the words typed; empty while there is no answer."""
        typed = self._other.text().strip()
        other = (typed,) if typed and (self._other_mark is None or self._other_mark.isChecked()) else ()
        chosen = tuple(
            choice.label for choice, mark in zip(self._question.choices, self._marks, strict=True) if mark.isChecked()
        )
        return chosen + other

    @property
    def is_answered(self) -> bool:
        """Whether it can be sent: something is chosen, and who says Other says what."""
        says_other = self._other_mark is not None and self._other_mark.isChecked()
        return bool(self.answer) and not (says_other and not self._other.text().strip())

    @property
    def tab_stops(self) -> list[QWidget]:
        """What Tab visits, in the order it is drawn."""
        other = [self._other_mark] if self._other_mark is not None else []
        return [*self._marks, *other, self._other]

    @property
    def typed(self) -> str:
        """What stands in the free text."""
        return self._other.text()

    def restore(self, typed: str) -> None:
        """Put an earlier free text back."""
        if typed:
            self._other.setText(typed)
            if self._other_mark is not None:
                self._other_mark.setChecked(True)

    def focus_other(self) -> None:
        """Ready to type."""
        if self._other_mark is not None:
            self._other_mark.setChecked(True)
        self._other.setFocus()

    def choose(self, number: int) -> None:
        """Choose by number, from 0."""
        if number < len(self._marks):
            self._marks[number].setChecked(not (self._question.is_multiple and self._marks[number].isChecked()))

    def _spoken(self) -> str:
        return text.one_line(self._question.text, 120)

    def _mark(self, label: str, theme: Theme) -> QAbstractButton:
        shown = text.escape_mnemonics("".join(span.text for span in text.reveal(text.one_line(label, 200))))
        is_multiple = self._question.is_multiple
        mark: QAbstractButton = Tick(theme, shown, self) if is_multiple else Dot(theme, shown, self)
        if self._group is not None:
            self._group.addButton(mark)
        mark.toggled.connect(self.changed)
        return mark

    def _add_choice(self, theme: Theme, label: str, description: str) -> None:
        mark = self._mark(label, theme)
        self._marks.append(mark)
        width = mark.fontMetrics().horizontalAdvance(mark.text())
        self._layout.addWidget(mark)
        explanation = description
        if width > 340:
            mark.setText(text.escape_mnemonics(text.one_line(label, 44)))
            explanation = f"{label}\n{description}" if description else label
        mark.setAccessibleName(text.one_line(label))
        if explanation:
            mark.setAccessibleDescription(text.one_line(description))
            below = WrapLabel(theme, Type.BODY, Ink.MUTED, self)
            below.setText(text.clean(explanation, 500))
            row = QHBoxLayout()
            row.setContentsMargins(MARK_WIDTH, 0, 0, TIGHT)
            row.addWidget(below)
            self._layout.addLayout(row)

    @Slot(bool)
    def _on_other_mark_toggled(self, checked: bool) -> None:  # noqa: FBT001  Qt's signal
        if checked:
            self._other.setFocus()

    @Slot()
    def _on_other_text_edited(self) -> None:
        if self._other_mark is not None and self._other.text():
            self._other_mark.setChecked(True)
        self.changed.emit()


class QuestionView(QWidget):
    """All questions of a request and one Send for all of them."""

    answered = Signal(object)  # Answer
    draft_changed = Signal(str)

    def __init__(self, theme: Theme, guard: PointerGuard, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._request: Request | None = None
        self._questions: list[_OneQuestion] = []
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(12)
        self._missing = WrapLabel(theme, Type.BODY, Ink.MUTED, self)
        self._send = AnswerButton(theme, self.tr("Send"), self.tr("Ctrl+⏎"), Button.PRIMARY, self)
        guard.guard(self._send)
        row = QHBoxLayout()
        row.setSpacing(SMALL)
        row.addWidget(self._send)
        row.addWidget(self._missing, 1)
        self._layout.addLayout(row)
        self._is_open = True
        self._send.clicked.connect(self.send)

    def show_request(self, request: Request, draft: str = "") -> None:
        """Ask the questions of *request*; the same ones keep what was chosen."""
        if self._request is not None and (self._request.id, self._request.digest, self._request.questions) == (
            request.id,
            request.digest,
            request.questions,
        ):
            self._request = request
            return
        self._request = request
        for old in self._questions:
            old.hide()
            old.deleteLater()
        self._questions = []
        drafts = draft.split("\n") if draft else []
        for number, question in enumerate(request.questions):
            count = f"{number + 1}/{len(request.questions)}" if len(request.questions) > 1 else ""
            view = _OneQuestion(question, count, self._theme, self)
            view.restore(drafts[number] if number < len(drafts) else "")
            view.changed.connect(self._on_question_changed)
            self._layout.insertWidget(number, view)
            self._questions.append(view)
        self._refresh()

    @property
    def tab_stops(self) -> list[QWidget]:
        """What Tab visits, in the order it is drawn."""
        return [*(stop for view in self._questions for stop in view.tab_stops), self._send]

    def set_open(self, *, is_open: bool) -> None:
        """Whether answers are taken now."""
        self._is_open = is_open
        for view in self._questions:
            view.setEnabled(is_open)
        self._refresh()

    def choose(self, question: int, choice: int) -> None:
        """Choose an option of a question, both counted from 0."""
        if question < len(self._questions):
            self._questions[question].choose(choice)

    def focus_other(self) -> None:
        """Put the cursor where one's own words go."""
        if self._questions:
            self._questions[0].focus_other()

    @Slot()
    def send(self) -> None:
        """Send the answers, once every question has one."""
        if self._request is not None and self._is_open and self._is_complete():
            request = self._request
            answers = tuple(view.answer for view in self._questions)
            self.answered.emit(Answer(request.session, request.id, request.digest, answers))

    def _is_complete(self) -> bool:
        return bool(self._questions) and all(view.is_answered for view in self._questions)

    def _refresh(self) -> None:
        open_ones = sum(not view.is_answered for view in self._questions)
        self._send.setEnabled(self._is_open and self._is_complete())
        is_several = len(self._questions) > 1
        self._missing.setText(self.tr("%n still to answer", "", open_ones) if is_several and open_ones else "")

    @Slot()
    def _on_question_changed(self) -> None:
        self._refresh()
        self.draft_changed.emit("\n".join(view.typed for view in self._questions).rstrip("\n"))
