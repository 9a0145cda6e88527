"""One session as a line of the list: glyph, name, where and who, age. Drawn, so that a thousand cost no widget."""

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QPointF, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QFontMetrics, QMouseEvent, QMoveEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QHBoxLayout, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from desktop.domain.board import Row
from desktop.domain.ids import SessionId
from desktop.domain.phase import Phase
from desktop.domain.replies import Answer
from desktop.domain.requests import Request, RequestKind
from desktop.formats import text, words
from desktop.windows.answer_button import AnswerButton
from desktop.windows.arming import PointerGuard
from desktop.windows.glyphs import GLYPH_SIZE, glyph_pixmap
from desktop.windows.session_list_model import Heading, Role
from desktop.windows.theme import (
    CONTROL_HEIGHT,
    LARGE,
    ROW_HEIGHT,
    ROW_RADIUS,
    SECTION_HEIGHT,
    SMALL,
    TIGHT,
    Theme,
    Type,
)

Clock = Callable[[], datetime]

GLYPH_LEFT = 20
TEXT_LEFT = 46
TEXT_RIGHT = 18
_GLYPH_TOP = 10
_CHEVRON = 14  # behind a title that can be folded
_MOST_CHOICES = 3
_LONGEST_CHOICE = 18


def row_height(theme: Theme) -> int:
    """How high a row is; more than usual when the person's own font is large."""
    name, body = QFontMetrics(theme.font(Type.NAME)), QFontMetrics(theme.font(Type.BODY))
    return max(ROW_HEIGHT, name.height() + body.height() + LARGE - TIGHT)


def draw_row(painter: QPainter, place: QRect, row: Row, line: str, now: datetime, theme: Theme, dpr: float) -> None:
    """Draw glyph, name, age and *line* into *place*, whose left is that of the window."""
    name_font, body_font = theme.font(Type.NAME), theme.font(Type.BODY)
    name_metrics, body_metrics = QFontMetrics(name_font), QFontMetrics(body_font)
    glyph_top = place.top() + _GLYPH_TOP
    painter.drawPixmap(place.left() + GLYPH_LEFT, glyph_top, glyph_pixmap(row.phase, GLYPH_SIZE, theme, dpr))
    is_urgent = row.phase.needs_person
    age_font = theme.font(Type.STRONG if is_urgent else Type.BODY)
    age = words.age(now - row.since)
    age_width = QFontMetrics(age_font).horizontalAdvance(age)
    right = place.right() - TEXT_RIGHT
    baseline = glyph_top + GLYPH_SIZE // 2 + name_metrics.capHeight() // 2
    painter.setFont(age_font)
    painter.setPen(theme.colour("red" if is_urgent else "muted"))
    painter.drawText(right - age_width + 1, baseline, age)
    left = place.left() + TEXT_LEFT
    painter.setFont(name_font)
    painter.setPen(theme.colour("muted" if row.phase is Phase.ENDED else "text"))
    room = right - age_width - SMALL - left
    name = text.one_line(row.name, 120)
    painter.drawText(left, baseline, name_metrics.elidedText(name, Qt.TextElideMode.ElideRight, room))
    painter.setFont(body_font)
    painter.setPen(theme.colour("muted"))
    shown = body_metrics.elidedText(line, Qt.TextElideMode.ElideRight, right - left)
    painter.drawText(left, baseline + body_metrics.height() + (2 if body_metrics.height() < LARGE else 0), shown)


def where_and_what(row: Row) -> str:
    """The second line of a closed row: project, agent, what it does or asks."""
    return _joined(words.place(row), row.agent_label, row.line)


def where_and_who(row: Row) -> str:
    """The second line of an opened row: project, agent and model, branch, task."""
    who = ", ".join(part for part in (text.one_line(row.agent_label, 40), text.one_line(row.model, 40)) if part)
    return _joined(words.place(row), who, row.branch, row.task)


def _joined(*parts: str) -> str:
    # Each part is fenced: a name written from right to left must not turn our line around.
    return words.SEPARATOR.join(text.isolate(text.one_line(part, 200)) for part in parts if part)


def quick_choices(row: Row) -> Request | None:
    """The request of *row* when it is one short question whose options fit on buttons, else None."""
    request = row.request
    if request is None or not request.is_answerable or request.kind is not RequestKind.QUESTION:
        return None
    if len(request.questions) != 1 or request.is_answering:
        return None
    question = request.questions[0]
    labels = [choice.label for choice in question.choices]
    is_short = 0 < len(labels) <= _MOST_CHOICES and all(len(label) <= _LONGEST_CHOICE for label in labels)
    # What cannot be read in full, or is not what it seems, is answered in the card.
    is_clear = all(text.is_plain(label) for label in labels) and text.is_plain(question.text)
    return request if is_short and is_clear and not question.is_multiple and row.line else None


class SessionRowDelegate(QStyledItemDelegate):
    """Draws headings and rows; lines that have a widget of their own take its height."""

    def __init__(self, theme: Theme, clock: Clock, parent: QObject) -> None:
        super().__init__(parent)
        self._theme = theme
        self._clock = clock
        self._opened: SessionId | None = None
        self._height_by_session: dict[SessionId, int] = {}

    def set_opened(self, session: SessionId | None) -> None:
        """The row of *session* is drawn by its card."""
        self._opened = session

    def set_height(self, session: SessionId, height: int | None) -> None:
        """Give a row the height of its widget, or its own again."""
        if height is None:
            self._height_by_session.pop(session, None)
        else:
            self._height_by_session[session] = height

    def height(self, session: SessionId) -> int | None:
        """The height given to a row, if any."""
        return self._height_by_session.get(session)

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        match index.data(Role.ITEM):
            case Heading():
                height = max(SECTION_HEIGHT, QFontMetrics(self._theme.font(Type.SECTION)).height() + SMALL) + TIGHT
            case Row() as row:
                height = self._height_by_session.get(row.session, row_height(self._theme))
            case _:
                height = 0
        return QSize(0, height)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        place: QRect = option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        match index.data(Role.ITEM):
            case Heading() as heading:
                if heading.is_folded and option.state & QStyle.StateFlag.State_Selected:
                    painter.setPen(Qt.PenStyle.NoPen)
                    painter.setBrush(self._theme.colour("selection"))
                    painter.drawRoundedRect(place.adjusted(SMALL, 0, -SMALL, 0), ROW_RADIUS, ROW_RADIUS)
                self._draw_heading(painter, place, heading)
            case Row() as row if row.session != self._opened:
                state: QStyle.StateFlag = option.state
                if state & QStyle.StateFlag.State_Selected:
                    painter.setPen(Qt.PenStyle.NoPen)
                    painter.setBrush(self._theme.colour("selection"))
                    painter.drawRoundedRect(place.adjusted(SMALL, 0, -SMALL, 0), ROW_RADIUS, ROW_RADIUS)
                dpr = painter.device().devicePixelRatio()
                draw_row(painter, place, row, where_and_what(row), self._clock(), self._theme, dpr)
            case _:
                pass
        painter.restore()

    def _draw_heading(self, painter: QPainter, place: QRect, heading: Heading) -> None:
        font = self._theme.font(Type.SECTION)
        inner = place.adjusted(LARGE, TIGHT, -LARGE, -TIGHT)
        vertical = Qt.AlignmentFlag.AlignBottom
        painter.setPen(self._theme.colour("muted"))
        painter.setFont(font)
        painter.drawText(inner, int(vertical | Qt.AlignmentFlag.AlignRight), str(heading.count))
        painter.setPen(self._theme.colour(_heading_ink(heading.phase)))
        metrics = QFontMetrics(font)
        count_width = metrics.horizontalAdvance(str(heading.count))
        room = inner.width() - count_width - SMALL - (_CHEVRON if heading.can_fold else 0)
        title = metrics.elidedText(text.one_line(heading.title, 80).upper(), Qt.TextElideMode.ElideRight, room)
        painter.drawText(inner, int(vertical | Qt.AlignmentFlag.AlignLeft), title)
        if heading.can_fold:
            middle = inner.bottom() - metrics.descent() - metrics.capHeight() / 2
            at = QPointF(inner.left() + metrics.horizontalAdvance(title) + _CHEVRON - TIGHT, middle + 1)
            self._draw_chevron(painter, at, is_folded=heading.is_folded)

    def _draw_chevron(self, painter: QPainter, at: QPointF, *, is_folded: bool) -> None:
        pen = QPen(self._theme.colour("muted"), 1.5, c=Qt.PenCapStyle.RoundCap, j=Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        open_way = (QPointF(-3, -1.5), QPointF(0, 1.5), QPointF(3, -1.5))
        folded_way = (QPointF(-1.5, -3), QPointF(1.5, 0), QPointF(-1.5, 3))
        painter.drawPolyline(QPolygonF([at + point for point in (folded_way if is_folded else open_way)]))


def _heading_ink(phase: Phase) -> str:
    if phase.needs_person:
        return "red"
    match phase:
        case Phase.WASTING_TIME:
            return "amber"
        case Phase.NEEDS_REVIEW:
            return "violet"
        case _:
            return "muted"


class RowHead(QWidget):
    """The same line as the top of an opened card."""

    clicked = Signal()

    def __init__(self, theme: Theme, clock: Clock, inset: int, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._clock = clock
        self._inset = inset
        self._row: Row | None = None
        self.setFixedHeight(row_height(theme))

    def show_row(self, row: Row) -> None:
        """Draw *row*."""
        self._row = row
        self.setAccessibleName(f"{text.one_line(row.name)}, {words.phase_word(row.phase)}")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._row is not None:
            painter = QPainter(self)
            place = self.rect().adjusted(-self._inset, 0, self._inset, 0)
            line = where_and_who(self._row)
            draw_row(painter, place, self._row, line, self._clock(), self._theme, self.devicePixelRatioF())
            painter.end()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.clicked.emit()


class ChoiceRow(QWidget):
    """The options of a short question as buttons under its row, and Other… which opens it."""

    chosen = Signal(object)  # Answer
    other_asked = Signal(object)  # SessionId

    def __init__(self, request: Request, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.request = request
        self._guard = PointerGuard(self)
        self._is_sent = False
        layout = QHBoxLayout(self)
        layout.setContentsMargins(TEXT_LEFT, row_height(theme) + TIGHT, TEXT_RIGHT, SMALL - 2)
        layout.setSpacing(SMALL)
        self._number_by_button: dict[AnswerButton, int] = {}
        for number, choice in enumerate(request.questions[0].choices):
            button = AnswerButton(theme, choice.label, parent=self)
            button.setAccessibleName(self.tr("Answer {label}").replace("{label}", text.one_line(choice.label)))
            self._guard.guard(button)
            self._number_by_button[button] = number
            layout.addWidget(button)
            button.clicked.connect(self._on_choice_clicked)
        other = AnswerButton(theme, self.tr("Other…"), parent=self)
        layout.addWidget(other)
        layout.addStretch()
        other.clicked.connect(self._on_other_clicked)
        self.height_wanted = row_height(theme) + TIGHT + max(CONTROL_HEIGHT, other.sizeHint().height()) + SMALL - 2

    def moveEvent(self, event: QMoveEvent) -> None:
        super().moveEvent(event)
        self._guard.content_changed()

    @Slot()
    def _on_choice_clicked(self) -> None:
        button = self.sender()
        if isinstance(button, AnswerButton) and not self._is_sent:
            self._is_sent = True
            self.setEnabled(False)
            label = self.request.questions[0].choices[self._number_by_button[button]].label
            request = self.request
            self.chosen.emit(Answer(request.session, request.id, request.digest, ((label,),)))

    @Slot()
    def _on_other_clicked(self) -> None:
        self.other_asked.emit(self.request.session)
