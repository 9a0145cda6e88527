from desktop.domain.board import Board
from desktop.domain.ids import SessionId
from desktop.domain.phase import Phase
from tests.helpers.story import Story


def test_an_empty_board_is_idle_and_has_no_rows() -> None:
    board = Board(Story().now)

    assert (board.phase, board.rows, board.row(SessionId("x:1"))) == (Phase.IDLE, (), None)


def test_the_most_urgent_phase_is_the_boards() -> None:
    story = Story()
    story.session_starts()
    board = story.hub.board(story.now)

    assert board.phase is Phase.IDLE
    assert [row.request for row in board.rows] == [None]
