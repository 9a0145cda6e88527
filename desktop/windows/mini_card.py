"""The mini window's largest size: one request with what can be answered at a glance. It never allows; Review… does."""

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QFontMetrics, QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from desktop.domain.replies import Answer, Deny, Jump
from desktop.domain.requests import RequestKind
from desktop.formats import text
from desktop.windows.answer_button import AnswerButton
from desktop.windows.arming import PointerGuard
from desktop.windows.glyphs import GlyphLabel
from desktop.windows.labels import ElidedLabel, PlainLabel
from desktop.windows.mini_item import MiniItem
from desktop.windows.places import short_path
from desktop.windows.theme import CONTROL_HEIGHT, MEDIUM, SMALL, TIGHT, Button, Ink, Theme, Type

# As long as a decision arms elsewhere: a click that was under way when the item came must not answer it.
GUARD_MS = 700
_LONGEST_REPLY = 4000
CARD_WIDTH = 298


class MiniCard(QWidget):
    """Shows one item; made anew for each."""

    reviewed = Signal(object)  # MiniItem
    answered = Signal(object)  # Deny or Answer
    jump_asked = Signal(object)  # Jump
    next_asked = Signal()
    reply_opened = Signal()
    reply_closed = Signal()

    def __init__(self, theme: Theme, item: MiniItem, place: tuple[int, int], parent: QWidget) -> None:
        super().__init__(parent)
        self._item = item
        self._is_gone = False
        self._guard = PointerGuard(self)
        self._answers: list[QPushButton] = []
        self._guard_timer = QTimer(self)
        self._guard_timer.setSingleShot(True)
        self._guard_timer.setInterval(GUARD_MS)
        self.age = PlainLabel(theme, Type.STRONG, Ink.RED, self)
        self._place_label = AnswerButton(theme, "", kind=Button.QUIET, parent=self)
        self._place_label.setFont(theme.font(Type.BODY))
        self._says = ElidedLabel(theme, Type.BODY, Ink.MUTED, self)
        self._reply = QLineEdit(self)
        self._reply_row = QWidget(self)
        self._buttons = QWidget(self)
        self._lay_out(theme)
        self.show_item(item, place)
        self._guard_timer.timeout.connect(self._on_guard_timer_timeout)
        self._place_label.clicked.connect(self.next_asked)
        self._reply.returnPressed.connect(self._on_reply_return_pressed)
        self._reply.installEventFilter(self)
        self.guard()

    @property
    def item(self) -> MiniItem:
        """What is shown."""
        return self._item

    @property
    def is_replying(self) -> bool:
        """Whether the person has the reply field open."""
        return not self._reply_row.isHidden()

    def guard(self) -> None:
        """Take no answer for a moment: the content is new, or has come under the pointer."""
        self._guard.content_changed()
        self._guard_timer.start()
        self._enable()

    def show_item(self, item: MiniItem, place: tuple[int, int]) -> None:
        """Show the same item as it stands now; what the person types stays."""
        self._item = item
        number, of = place
        self._place_label.setVisible(of > 1)
        self._place_label.set_label(self.tr("{0} of {1}").replace("{0}", str(number)).replace("{1}", str(of)))
        self._place_label.setAccessibleName(self.tr("Show the next one"))
        request = item.request
        if self._is_gone:
            self._says.setText(self.tr("Already answered elsewhere."))
        elif request is None:
            self._says.setText(text.one_line(item.row.reason))
        elif request.is_answering:
            self._says.setText(self.tr("Sending…"))
        elif request.trouble:
            self._says.setText(text.one_line(request.trouble))
        elif not request.is_answerable:
            self._says.setText(text.one_line(request.why_not) or self.tr("Answer it in the terminal."))
        else:
            self._says.setText(_asked_where(item))
        self._enable()

    def show_gone(self) -> None:
        """Say that it was answered elsewhere and take no answer any more; the person is still typing."""
        self._is_gone = True
        self.show_item(self._item, (1, 1))

    def _lay_out(self, theme: Theme) -> None:
        item = self._item
        layout = QVBoxLayout(self)
        layout.setContentsMargins(MEDIUM, SMALL + 2, MEDIUM, SMALL + 2)
        layout.setSpacing(SMALL)
        layout.addLayout(self._head(theme))
        self._says.setContentsMargins(0, 0, 0, 0)
        where = QHBoxLayout()
        where.addWidget(self._says, 1)
        layout.addLayout(where)
        layout.addWidget(self._body(theme))
        row = QHBoxLayout(self._buttons)
        row.setContentsMargins(0, TIGHT, 0, 0)
        row.setSpacing(SMALL)
        options = self._fitting_options(theme)
        if not options:
            review = AnswerButton(theme, self.tr("Review…"), kind=Button.PRIMARY, parent=self)
            review.clicked.connect(self._on_review_clicked)
            row.addWidget(review)
        for number, label in enumerate(options):
            self._add_answer(theme, row, label).setProperty("option", number)
        if item.can_deny:
            self._add_answer(theme, row, self.tr("Deny"))
        if item.can_reply:
            reply = AnswerButton(theme, self.tr("Reply…"), parent=self)
            reply.clicked.connect(self._on_open_reply_clicked)
            row.addWidget(reply)
        if item.row.can_jump and (item.request is None or not item.request.is_answerable):
            jump = AnswerButton(theme, self.tr("Terminal"), parent=self)
            jump.setAccessibleName(self.tr("Go to its terminal"))
            jump.setToolTip(self.tr("Go to its terminal"))
            jump.clicked.connect(self._on_jump_clicked)
            row.addWidget(jump)
        row.addStretch()
        (where if options else row).addWidget(self._place_label)
        if options:
            # Beside a line of text it is as low as that line; the sheet gives every other button a control's height.
            self._place_label.setStyleSheet("min-height: 0; padding: 0; border: none;")
            self._place_label.setFixedHeight(self._says.sizeHint().height())
        layout.addWidget(self._buttons)
        layout.addWidget(self._reply_row)
        self._lay_out_reply(theme)
        # The window has no focus but to be typed into: a ring on a button would promise keys that do not work.
        for button in self.findChildren(QPushButton):
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def _fitting_options(self, theme: Theme) -> tuple[str, ...]:
        # A cut label cannot be chosen by what it says: all options are buttons in full, or none is.
        labels = (*self._item.options, self.tr("Reply…"))
        metrics = QFontMetrics(theme.font(Type.CONTROL))
        wide = sum(metrics.horizontalAdvance(label) + 2 + 2 * MEDIUM for label in labels) + SMALL * len(
            self._item.options
        )
        return self._item.options if wide <= round(CARD_WIDTH * theme.font_scale) - 2 - 2 * MEDIUM else ()

    def _head(self, theme: Theme) -> QHBoxLayout:
        head = QHBoxLayout()
        head.setSpacing(SMALL)
        glyph = GlyphLabel(theme, parent=self)
        glyph.show_phase(self._item.row.phase)
        name = ElidedLabel(theme, Type.NAME, Ink.TEXT, self)
        name.setText(text.one_line(self._item.row.name))
        head.addWidget(glyph)
        head.addWidget(name, 1)
        head.addWidget(self.age)
        return head

    def _body(self, theme: Theme) -> QFrame:
        frame = QFrame(self)
        frame.setProperty("surface", "code")
        layout = QHBoxLayout(frame)
        layout.setContentsMargins(SMALL, 0, SMALL, 0)
        request = self._item.request
        is_code = request is not None and request.kind is RequestKind.PERMISSION
        shown = ElidedLabel(theme, Type.CODE if is_code else Type.BODY, Ink.TEXT, frame)
        # The end of a command may be the part that matters: a cut one always ends in an ellipsis, and is reviewed.
        shown.setText(text.one_line(self._item.row.line if request is None else request.text or request.summary, 400))
        shown.setAccessibleName(shown.text())
        layout.addWidget(shown)
        frame.setMinimumHeight(max(CONTROL_HEIGHT, shown.sizeHint().height() + SMALL))
        return frame

    def _lay_out_reply(self, theme: Theme) -> None:
        row = QHBoxLayout(self._reply_row)
        row.setContentsMargins(0, TIGHT, 0, 0)
        row.setSpacing(SMALL)
        self._reply.setMaxLength(_LONGEST_REPLY)
        self._reply.setFont(theme.font(Type.CONTROL))
        self._reply.setPlaceholderText(self.tr("Your answer"))
        self._reply.setAccessibleName(self.tr("Your answer"))
        send = AnswerButton(theme, self.tr("Send"), kind=Button.PRIMARY, parent=self)
        send.clicked.connect(self._on_reply_return_pressed)
        self._guard.guard(send)
        row.addWidget(self._reply, 1)
        row.addWidget(send)
        self._reply_row.hide()

    def _add_answer(self, theme: Theme, row: QHBoxLayout, label: str) -> AnswerButton:
        button = AnswerButton(theme, label, parent=self)
        button.clicked.connect(self._on_answer_clicked)
        self._guard.guard(button)
        self._answers.append(button)
        row.addWidget(button)
        return button

    def _enable(self) -> None:
        request = self._item.request
        is_open = request is not None and request.is_answerable and not request.is_answering and not self._is_gone
        for button in self._answers:
            button.setEnabled(is_open and not self._guard_timer.isActive())

    def close_reply(self) -> None:
        """Put the reply field away."""
        if self.is_replying:
            self._reply_row.hide()
            self._buttons.show()
            self.reply_closed.emit()

    @Slot()
    def _on_guard_timer_timeout(self) -> None:
        self._enable()

    @Slot()
    def _on_review_clicked(self) -> None:
        self.reviewed.emit(self._item)

    @Slot()
    def _on_jump_clicked(self) -> None:
        self.jump_asked.emit(Jump(self._item.row.session))

    @Slot()
    def _on_answer_clicked(self) -> None:
        button, request = self.sender(), self._item.request
        if request is None or not isinstance(button, QPushButton) or not button.isEnabled():
            return
        option = button.property("option")
        if isinstance(option, int):
            chosen = ((self._item.options[option],),)
            self.answered.emit(Answer(request.session, request.id, request.digest, chosen))
        else:
            self.answered.emit(Deny(request.session, request.id, request.digest))
        self.guard()

    @Slot()
    def _on_open_reply_clicked(self) -> None:
        self._buttons.hide()
        self._reply_row.show()
        self.reply_opened.emit()
        self._reply.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot()
    def _on_reply_return_pressed(self) -> None:
        request, said = self._item.request, self._reply.text().strip()
        if not said or request is None or self._is_gone or not request.is_answerable or request.is_answering:
            return
        self._reply.clear()
        self.answered.emit(Answer(request.session, request.id, request.digest, ((said,),)))
        self.close_reply()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Escape leaves the reply field; a held Return is not an answer."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() == Qt.Key.Key_Escape:
                self.close_reply()
                return True
            return event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and event.isAutoRepeat()
        return super().eventFilter(watched, event)


def _asked_where(item: MiniItem) -> str:
    request = item.request
    asked = text.one_line(request.summary) if request is not None else ""
    place = item.row.cwd if item.can_deny else item.row.project
    where = short_path(place) if place else ""
    return f"{asked} in {where}" if asked and where else asked or where
