"""What the main thread lends to the hook socket's thread. Only whole, immutable values cross."""

import json
from collections.abc import Callable

from desktop.app import clock, report
from desktop.app.commands.watch import Changes
from desktop.app.inbox import Inbox
from desktop.domain.board import Board
from desktop.domain.ids import SessionId
from desktop.domain.session import Claim, Session, Source
from desktop.formats import hook_payload, text
from desktop.formats.foreign_json import parse_object, text_of


class SocketFront:
    """The ``Front`` of the hook socket."""

    def __init__(
        self,
        inbox: Inbox,
        beat: Callable[[], None],
        raised: Callable[[str], None],
        proposed: Callable[[str, str, str], None],
    ) -> None:
        self._inbox = inbox
        self._beat = beat
        self._raised = raised
        self._proposed = proposed
        self._owners: dict[SessionId, tuple[int, ...]] = {}
        self._told: dict[int, tuple[SessionId, ...]] = {}
        self._board = Board(clock.now())
        self._changes = Changes()

    # -- main thread

    def note_owner(self, session: Session) -> None:
        """Learn which processes own *session*."""
        pids = {
            int(item.origin)
            for item in session.evidence
            if item.source in (Source.LIVE_STATE, Source.PROCESS)
            and item.claim is not Claim.GONE
            and item.origin.isdigit()
        }
        if session.pid is not None:
            pids.add(session.pid)
        if session.ended_at is not None or not pids:
            self._owners.pop(session.id, None)
        else:
            self._owners[session.id] = tuple(sorted(pids))
        for pid, told in list(self._told.items()):
            self._told[pid] = tuple(known for known in told if known != session.id)
        if session.ended_at is None:
            for item in session.evidence:
                is_told = item.source is Source.LIVE_STATE or item.detail == hook_payload.CALLED_US
                if is_told and item.origin.isdigit():
                    self._told[int(item.origin)] = (*self._told.get(int(item.origin), ()), session.id)

    def forget_process(self, pid: int) -> None:
        """Learn that a process is gone: its number may come again for another."""
        self._told.pop(pid, None)
        for session, pids in list(self._owners.items()):
            if pid in pids:
                self._owners[session] = tuple(known for known in pids if known != pid)

    def show_board(self, board: Board) -> bytes:
        """Take a new board; what watchers are to be told of it."""
        self._board = board
        return b"".join(
            _line({**report.session(row), "line": report.line(row, board.at)}) for row in self._changes.of(board)
        )

    # -- any thread

    def owners_of(self, session: SessionId) -> tuple[int, ...]:
        """The processes that own *session*."""
        return self._owners.get(session, ())

    def told_by(self, pid: int) -> tuple[SessionId, ...]:
        """The sessions that a process itself said it holds, the one it spoke of last at the end."""
        return self._told.get(pid, ())

    def pulse(self) -> None:
        """Have the main thread show that it lives."""
        self._inbox.call(self._beat)

    def status(self) -> bytes:
        """All sessions, for programs and for people."""
        board = self._board
        answer = report.status(board)
        answer["lines"] = report.lines(board)
        answer["explanations"] = {
            text.one_line(row.session): report.explanation(row, clock.now()) for row in board.rows
        }
        return _line(answer)

    def watch(self) -> bytes:
        """Every session as it stands, for one who begins to watch."""
        board = self._board
        return b"".join(_line({**report.session(row), "line": report.line(row, board.at)}) for row in board.rows)

    def propose(self, payload: bytes) -> None:
        """Show the form that begins a session, filled in as proposed; whoever speaks to our socket may propose."""
        asked = parse_object(payload) or {}
        kind, cwd, prompt = (text_of(asked, key) for key in ("agent", "cwd", "prompt"))
        self._inbox.call(lambda: self._proposed(kind, cwd, prompt))

    def raise_window(self, token: str) -> None:
        """Bring the window forward."""
        self._inbox.call(lambda: self._raised("" if token == "-" else token))


def _line(answer: dict[str, object]) -> bytes:
    return json.dumps(answer, ensure_ascii=False).encode(errors="replace") + b"\n"
