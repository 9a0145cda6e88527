"""What stands above the sessions while it matters: parts of ours that work badly, and an agent not yet connected."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from desktop.domain.board import Board, Trouble
from desktop.domain.ids import AgentKind
from desktop.formats import text
from desktop.windows.answer_button import AnswerButton
from desktop.windows.labels import WrapLabel
from desktop.windows.theme import LARGE, MEDIUM, SMALL, TIGHT, Button, Ink, Theme, Type, set_property

_MOST_TROUBLES = 3


class Banners(QWidget):
    """Takes boards; asks for the way to connect an agent."""

    diff_asked = Signal(object)  # AgentKind

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._board: Board | None = None
        self._put_off: set[AgentKind] = set()
        self._kind: AgentKind | None = None
        self._is_connecting = False
        self._troubles = QFrame(self)
        set_property(self._troubles, "surface", "raised")
        self._troubles_text = WrapLabel(theme, Type.BODY, Ink.AMBER, self._troubles)
        column = QVBoxLayout(self._troubles)
        column.setContentsMargins(LARGE, SMALL, LARGE, SMALL)
        column.addWidget(self._troubles_text)
        self._connect = QFrame(self)
        set_property(self._connect, "surface", "raised")
        self._connect_text = WrapLabel(theme, Type.BODY, Ink.TEXT, self._connect)
        self._connect_button = AnswerButton(theme, self.tr("Connect…"), parent=self._connect)
        self._later = AnswerButton(theme, self.tr("Not now"), kind=Button.QUIET, parent=self._connect)
        row = QHBoxLayout(self._connect)
        row.setContentsMargins(LARGE, SMALL, MEDIUM, SMALL)
        row.setSpacing(TIGHT)
        row.addWidget(self._connect_text, 1)
        row.addWidget(self._connect_button)
        row.addWidget(self._later)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._troubles)
        layout.addWidget(self._connect)
        self._troubles.hide()
        self._connect.hide()
        self._connect_button.clicked.connect(self._on_connect_button_clicked)
        self._later.clicked.connect(self._on_later_clicked)

    def show_board(self, board: Board) -> None:
        """Show what *board* has of troubles and of agents that are not connected."""
        self._board = board
        told = [_told(trouble) for trouble in board.troubles[:_MOST_TROUBLES]]
        self._troubles_text.setText("\n".join(told))
        self._troubles.setVisible(bool(told))
        self._show_connect()

    def set_connecting(self, *, is_connecting: bool) -> None:
        """Whether the person is at it already: then nothing is offered."""
        self._is_connecting = is_connecting
        self._show_connect()

    def _show_connect(self) -> None:
        agents = self._board.agents_seen if self._board is not None else ()
        lacking = [
            (kind, label) for kind, label, is_connected in agents if not is_connected and kind not in self._put_off
        ]
        self._kind = lacking[0][0] if lacking else None
        if lacking:
            said = self.tr("{agent} can be watched but not yet answered from here.")
            self._connect_text.setText(said.replace("{agent}", text.isolate(text.one_line(lacking[0][1], 60))))
        self._connect.setVisible(bool(lacking) and not self._is_connecting)

    @Slot()
    def _on_connect_button_clicked(self) -> None:
        if self._kind is not None:
            self.diff_asked.emit(self._kind)

    @Slot()
    def _on_later_clicked(self) -> None:
        if self._kind is not None:
            self._put_off.add(self._kind)
        self._show_connect()


def _told(trouble: Trouble) -> str:
    return f"{text.one_line(trouble.text, 200)} {text.one_line(trouble.remedy, 200)}".strip()
