"""The pinned window: who needs the person, at a glance, in three sizes. It never takes focus but to be typed into."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

from PySide6.QtCore import QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QHideEvent, QShowEvent
from PySide6.QtWidgets import QMenu, QWidget

from desktop.domain.board import Board
from desktop.domain.replies import OpenRequest
from desktop.formats import words
from desktop.windows import mini_item, mini_place, mini_strip
from desktop.windows.labels import PlainLabel
from desktop.windows.mini_card import CARD_WIDTH, MiniCard
from desktop.windows.mini_item import MiniItem
from desktop.windows.mini_place import MiniPlace, MiniSize
from desktop.windows.pinned_frame import PinnedFrame
from desktop.windows.theme import Theme

_LINE_HEIGHT = 36
_PILL_HEIGHT = 28


def utc_now() -> datetime:
    """The clock on the wall."""
    return datetime.now(UTC)


class MiniWindow(PinnedFrame):
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
        super().__init__(theme, parent)
        self.setWindowTitle(self.tr("Mini window"))
        self._clock = clock
        self._place = place or MiniPlace()
        self._board = Board(clock())
        self._items: tuple[MiniItem, ...] = ()
        self._age: PlainLabel | None = None
        self._card: MiniCard | None = None
        self._drawn: object = None
        self._is_locked = False
        self._put_away: QWidget | None = None  # what was shown when the screen was locked
        self._next_age = QTimer(self)
        self._next_age.setSingleShot(True)
        self._next_age.timeout.connect(self._show_age)
        self.dragged.connect(self._remember)
        self.tapped.connect(self._on_tapped)
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

    def show_locked(self, *, is_locked: bool) -> None:
        """Show nothing of what goes on while the screen is locked; what was typed waits behind it."""
        if is_locked == self._is_locked:
            return
        self._is_locked = is_locked
        if is_locked:
            self._put_away = self.hold(mini_strip.Locked(self._theme, self))
            scale = self._theme.font_scale
            self.fit(QSize(round(CARD_WIDTH * scale), round(_LINE_HEIGHT * scale)), is_round=False)
            return
        if self._put_away is not None:
            self._let_go(self.hold(self._put_away))
            self._put_away = None
            self._fit()
        self._draw()
        if self._card is not None:
            self._card.guard()

    def _draw(self) -> None:
        if self._is_locked:
            return
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
        self._card = self._age = None
        self._let_go(self.hold(self._make(size, item)))
        self._fit()

    def _let_go(self, old: QWidget | None) -> None:
        if old is not None:
            old.deleteLater()

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
        self.fit(size, is_round=self._drawn_size is MiniSize.PILL)

    @property
    def _drawn_size(self) -> MiniSize:
        size = self._drawn[0] if isinstance(self._drawn, tuple) else self._place.size
        return MiniSize(size)

    def _make_card(self, item: MiniItem) -> MiniCard:
        card = MiniCard(self._theme, item, self._number(item), self)
        card.reviewed.connect(self._on_card_reviewed)
        card.answered.connect(self.intent_made)
        card.jump_asked.connect(self.intent_made)
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
        if self._age is None or item is None or self._is_locked:
            self._next_age.stop()
            return
        waited = self._clock() - item.since
        self._age.setText(words.age(waited))
        if self.isVisible():
            self._next_age.start(_milliseconds(words.until_next_age(waited)))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show_age()
        if self._card is not None:
            self._card.guard()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._next_age.stop()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self._is_locked:
            return
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

    @Slot()
    def _remember(self) -> None:
        area = self.area
        corner = self.pos() - area.rect.topLeft()
        self._place = MiniPlace(area.screen, corner.x(), corner.y(), self._place.size)
        self.placed.emit(self._place)

    @Slot()
    def _on_tapped(self) -> None:
        if not self._is_locked and (self._card is None or not self._card.is_replying):
            self.set_size(self._next_size())

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
        self.take_focus(takes=True)
        if self._card is not None and self._card.item.request is not None:
            self.intent_made.emit(OpenRequest(self._card.item.request.id))

    @Slot()
    def _on_card_reply_closed(self) -> None:
        self.take_focus(takes=False)
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
