"""The pinned window: who needs the person, at a glance, in three sizes. It never takes focus but to be typed into."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

from PySide6.QtCore import QEvent, QPoint, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QBitmap,
    QContextMenuEvent,
    QEnterEvent,
    QGuiApplication,
    QHideEvent,
    QImage,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QShowEvent,
)
from PySide6.QtWidgets import QApplication, QMenu, QVBoxLayout, QWidget

from desktop.domain.board import Board
from desktop.domain.replies import OpenRequest
from desktop.formats import words
from desktop.windows import mini_item, mini_place, mini_strip
from desktop.windows.labels import PlainLabel
from desktop.windows.mini_card import CARD_WIDTH, MiniCard
from desktop.windows.mini_item import MiniItem
from desktop.windows.mini_place import Area, MiniPlace, MiniSize
from desktop.windows.theme import CARD_RADIUS, Theme

_LINE_HEIGHT = 36
_PILL_HEIGHT = 28
_FLAGS = Qt.WindowType.Tool | Qt.WindowType.FramelessWindowHint | Qt.WindowType.WindowStaysOnTopHint


def utc_now() -> datetime:
    """The clock on the wall."""
    return datetime.now(UTC)


class MiniWindow(QWidget):
    """Shows the board small; gives the person's answers and wishes out as signals."""

    intent_made = Signal(object)  # Intent
    request_chosen = Signal(object)  # Request
    session_chosen = Signal(object)  # SessionId
    placed = Signal(object)  # MiniPlace
    window_asked = Signal()
    dismissed = Signal()

    def __init__(
        self,
        theme: Theme,
        place: MiniPlace | None = None,
        clock: Callable[[], datetime] = utc_now,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent, _FLAGS | Qt.WindowType.WindowDoesNotAcceptFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        # X11 without a compositor draws what is translucent black, and nobody tells which it is: there we cut a shape.
        self._is_cut = QGuiApplication.platformName() == "xcb"
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground, on=not self._is_cut)
        # A tool window of macOS hides whenever its application is not the active one, which is always.
        self.setAttribute(Qt.WidgetAttribute.WA_MacAlwaysShowToolWindow)
        self.setAttribute(Qt.WidgetAttribute.WA_QuitOnClose, on=False)
        self.setWindowTitle(self.tr("Agent Tray, mini window"))
        self._theme = theme
        self._clock = clock
        self._place = place or MiniPlace()
        self._board = Board(clock())
        self._items: tuple[MiniItem, ...] = ()
        self._opacity = 1.0
        self._content: QWidget | None = None
        self._age: PlainLabel | None = None
        self._card: MiniCard | None = None
        self._drawn: object = None
        self._pressed_at: QPoint | None = None
        self._grip = QPoint()
        self._is_dragged = False
        self._next_age = QTimer(self)
        self._next_age.setSingleShot(True)
        self._next_age.timeout.connect(self._show_age)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(1, 1, 1, 1)
        layout.setSpacing(0)
        theme.changed.connect(self._on_theme_changed)
        application = QGuiApplication.instance()
        if isinstance(application, QGuiApplication):
            application.screenAdded.connect(self._on_screens_changed)
            application.screenRemoved.connect(self._on_screens_changed)
            application.primaryScreenChanged.connect(self._on_screens_changed)
        self.setStyleSheet(theme.stylesheet())
        self._draw()
        self.move(mini_place.position(self._place, self.size(), mini_place.areas()))

    @property
    def place(self) -> MiniPlace:
        """What is to be remembered."""
        return self._place

    def show_board(self, board: Board, now: datetime) -> None:
        """Draw *board*; what is shown stays until it is gone."""
        del now  # ages are told by our own clock, as they go on between boards
        self._board = board
        self._items = mini_item.waiting(board)
        self._draw()

    def set_size(self, size: MiniSize) -> None:
        """Show more or less."""
        self._place = MiniPlace(self._place.screen, self._place.x, self._place.y, size)
        self._draw()
        self._remember()

    def set_opacity(self, percent: int) -> None:
        """How solid it is while the pointer is elsewhere."""
        self._opacity = max(30, min(100, percent)) / 100
        self.setWindowOpacity(1.0 if self.underMouse() else self._opacity)

    def _draw(self) -> None:
        card = self._card
        if card is not None and card.is_replying:
            self._refresh_reply(card)
            return
        item = self._shown_item()
        size = self._place.size if item is not None or self._place.size is MiniSize.PILL else MiniSize.LINE
        # The card keeps itself up to date; the others are cheap and made anew when they say something else.
        wanted: tuple[object, ...]
        match size:
            case MiniSize.CARD:
                wanted = (
                    size,
                    None if item is None else (item.key, item.request and item.request.text, item.row.phase),
                )
            case MiniSize.LINE:
                wanted = (
                    size,
                    item and (item.key, item.row.name),
                    len(self._items),
                    self._board.phase,
                    mini_strip.headline(self._board),
                )
            case MiniSize.PILL:
                wanted = (size, mini_strip.told(self._board))
        if wanted != self._drawn:
            self._drawn = wanted
            self._replace(size, item)
        elif card is not None and item is not None:
            card.show_item(item, self._number(item))
        self._show_age()

    def _refresh_reply(self, card: MiniCard) -> None:
        same = next((item for item in self._items if item.key == card.item.key), None)
        if same is None:
            card.show_gone()
        else:
            card.show_item(same, self._number(same))
        self._show_age()

    def _replace(self, size: MiniSize, item: MiniItem | None) -> None:
        old, self._card, self._age = self._content, None, None
        made = self._make(size, item)
        self._content = made
        layout = self.layout()
        assert layout is not None
        if old is not None:
            layout.removeWidget(old)
            old.hide()
            old.deleteLater()
        layout.addWidget(made)
        made.show()
        self._fit()

    def _make(self, size: MiniSize, item: MiniItem | None) -> QWidget:
        if size is MiniSize.PILL:
            return mini_strip.Pill(self._theme, self._board, self._clock(), self)
        if size is MiniSize.CARD and item is not None:
            return self._make_card(item)
        line = mini_strip.Line(self._theme, self._board, item, len(self._items), self)
        self._age = line.age
        return line

    def _fit(self) -> None:
        content = self._content
        assert content is not None
        scale = self._theme.font_scale
        if isinstance(content, MiniCard):
            size = QSize(round(CARD_WIDTH * scale), content.sizeHint().height() + 2)
        elif self._drawn_size is MiniSize.PILL:
            size = QSize(content.sizeHint().width() + 2, round(_PILL_HEIGHT * scale))
        else:
            size = QSize(round(CARD_WIDTH * scale), round(_LINE_HEIGHT * scale))
        before = self.geometry()
        corner = before.topLeft()
        if self.isVisible():
            corner = mini_place.resized(before, size, self._area().rect)
        self.setFixedSize(size)
        self.move(corner)
        if self._is_cut:
            self.setMask(self._cut())

    @property
    def _drawn_size(self) -> MiniSize:
        size = self._drawn[0] if isinstance(self._drawn, tuple) else self._place.size
        return MiniSize(size)

    def _make_card(self, item: MiniItem) -> MiniCard:
        card = MiniCard(self._theme, item, self._number(item), self)
        card.reviewed.connect(self._on_card_reviewed)
        card.answered.connect(self.intent_made)
        card.next_asked.connect(self._on_card_next_asked)
        card.reply_opened.connect(self._on_card_reply_opened)
        card.reply_closed.connect(self._on_card_reply_closed)
        self._card, self._age = card, card.age
        return card

    def _shown_item(self) -> MiniItem | None:
        # What is before the person stays there while it waits: nothing slides under the pointer.
        shown = self._card.item.key if self._card is not None else None
        return next((item for item in self._items if item.key == shown), self._items[0] if self._items else None)

    def _number(self, item: MiniItem) -> tuple[int, int]:
        keys = [item.key for item in self._items]
        return keys.index(item.key) + 1, len(keys)

    @Slot()
    def _show_age(self) -> None:
        item = self._card.item if self._card is not None else self._shown_item()
        if self._age is None or item is None:
            self._next_age.stop()
            return
        waited = self._clock() - item.since
        self._age.setText(words.age(waited))
        if self.isVisible():
            self._next_age.start(_milliseconds(words.until_next_age(waited)))

    def _shape(self, inset: float) -> QPainterPath:
        radius = self.height() / 2 if self._drawn_size is MiniSize.PILL else float(CARD_RADIUS)
        path = QPainterPath()
        box = self.rect().toRectF().adjusted(inset, inset, -inset, -inset)
        path.addRoundedRect(box, radius - inset, radius - inset)
        return path

    def _cut(self) -> QBitmap:
        image = QImage(self.size(), QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillPath(self._shape(0), Qt.GlobalColor.black)
        painter.end()
        return QBitmap.fromImage(image.createAlphaMask(Qt.ImageConversionFlag.ThresholdDither))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self._is_cut:
            painter.fillRect(self.rect(), self._theme.colour("border"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(self._theme.colour("surface"))
        painter.setPen(QPen(self._theme.colour("border"), 1))
        painter.drawPath(self._shape(0.5))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show_age()
        if self._card is not None:
            self._card.guard()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._next_age.stop()

    def enterEvent(self, event: QEnterEvent) -> None:
        self.setWindowOpacity(1.0)

    def leaveEvent(self, event: QEvent) -> None:
        self.setWindowOpacity(self._opacity)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed_at = event.globalPosition().toPoint()
            self._grip = self._pressed_at - self.pos()
            self._is_dragged = False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed_at is None:
            return
        at = event.globalPosition().toPoint()
        if (at - self._pressed_at).manhattanLength() >= QApplication.startDragDistance():
            self._is_dragged = True
        if not self._is_dragged:
            return
        handle = self.windowHandle()
        if QGuiApplication.platformName().startswith("wayland") and handle is not None:
            handle.startSystemMove()  # there a window cannot place itself
            self._pressed_at = None
            return
        self.move(at - self._grip)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._pressed_at is None or event.button() != Qt.MouseButton.LeftButton:
            return
        self._pressed_at = None
        if self._is_dragged:
            self.move(mini_place.within(self.pos(), self.size(), self._area().rect))
            self._remember()
        elif self._card is None or not self._card.is_replying:
            self.set_size(self._next_size())

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        names = {MiniSize.PILL: self.tr("Counts"), MiniSize.LINE: self.tr("One line"), MiniSize.CARD: self.tr("Card")}
        for size, name in names.items():
            action = menu.addAction(name)
            action.setCheckable(True)
            action.setChecked(size is self._place.size)
            action.triggered.connect(partial(self._on_size_chosen, size))
        menu.addSeparator()
        menu.addAction(self.tr("Sessions")).triggered.connect(self._on_sessions_chosen)
        menu.addAction(self.tr("Hide")).triggered.connect(self._on_hide_chosen)
        menu.popup(event.globalPos())

    def _next_size(self) -> MiniSize:
        match self._place.size:
            case MiniSize.PILL:
                return MiniSize.LINE
            case MiniSize.LINE:
                return MiniSize.CARD if self._items else MiniSize.PILL
            case MiniSize.CARD:
                return MiniSize.PILL

    def _area(self) -> Area:
        return mini_place.area_at(self.geometry().center(), mini_place.areas())

    def _remember(self) -> None:
        area = self._area()
        corner = self.pos() - area.rect.topLeft()
        self._place = MiniPlace(area.screen, corner.x(), corner.y(), self._place.size)
        self.placed.emit(self._place)

    def _take_focus(self, *, takes: bool) -> None:
        # The flag is read when a window is mapped: it has to go and come back.
        was_visible, at = self.isVisible(), self.pos()
        self.setWindowFlag(Qt.WindowType.WindowDoesNotAcceptFocus, not takes)
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating, not takes)
        self.move(at)
        self.setVisible(was_visible)
        if takes:
            self.activateWindow()

    @Slot(object)
    def _on_card_reviewed(self, item: MiniItem) -> None:
        if item.request is None:
            self.session_chosen.emit(item.row.session)
        else:
            self.request_chosen.emit(item.request)

    @Slot()
    def _on_card_next_asked(self) -> None:
        card = self._card
        if card is None or not self._items:
            return
        number = next((at for at, item in enumerate(self._items) if item.key == card.item.key), -1)
        item = self._items[(number + 1) % len(self._items)]
        self._drawn = MiniSize.CARD, (item.key, item.request and item.request.text, item.row.phase)
        self._replace(MiniSize.CARD, item)
        self._show_age()

    @Slot()
    def _on_card_reply_opened(self) -> None:
        self._fit()
        self._take_focus(takes=True)
        if self._card is not None and self._card.item.request is not None:
            self.intent_made.emit(OpenRequest(self._card.item.request.id))

    @Slot()
    def _on_card_reply_closed(self) -> None:
        self._take_focus(takes=False)
        self.intent_made.emit(OpenRequest(None))
        self._drawn = None
        self._draw()

    @Slot()
    def _on_sessions_chosen(self) -> None:
        self.window_asked.emit()

    @Slot()
    def _on_hide_chosen(self) -> None:
        self.hide()
        self.dismissed.emit()

    def _on_size_chosen(self, size: MiniSize, _is_checked: bool) -> None:  # noqa: FBT001  # what Qt's signal gives
        self.set_size(size)

    @Slot()
    def _on_theme_changed(self) -> None:
        self.setStyleSheet(self._theme.stylesheet())
        self.update()

    @Slot()
    def _on_screens_changed(self) -> None:
        self.move(mini_place.position(self._place, self.size(), mini_place.areas()))


def _milliseconds(delta: timedelta) -> int:
    return int(delta.total_seconds() * 1000) + 1
