"""How the list follows the board."""

import random
from dataclasses import replace
from datetime import timedelta

import pytest
from PySide6.QtCore import QPersistentModelIndex, Qt
from pytestqt.modeltest import ModelTester

from desktop.domain.board import Board, Row
from desktop.domain.ids import SessionId
from desktop.domain.phase import Phase
from desktop.domain.settings import GroupBy
from desktop.hub.arrange import arranged
from desktop.windows.session_list_model import Heading, Role, SessionListModel
from tests.widgets.boards import NOW, board, row


def _shown(model: SessionListModel) -> list[str]:
    return [f"[{item.title} {item.count}]" if isinstance(item, Heading) else item.session for item in model.items()]


@pytest.fixture
def model(qtmodeltester: ModelTester) -> SessionListModel:
    return SessionListModel()


def test_headings_and_rows_stand_in_the_order_of_the_board(model: SessionListModel) -> None:
    model.show_board(board(row(1), row(2, Phase.NEEDS_REVIEW), row(3)))

    assert _shown(model) == ["[To review 1]", "robot:2", "[Working 2]", "robot:1", "robot:3"]


def test_a_row_that_moves_to_another_group_keeps_its_persistent_index(model: SessionListModel) -> None:
    model.show_board(board(row(1), row(2), row(3)))
    kept = QPersistentModelIndex(model.index_of(SessionId("robot:3")))

    model.show_board(board(row(1), row(2), row(3, Phase.NEEDS_APPROVAL)))

    assert _shown(model) == ["[Needs you 1]", "robot:3", "[Working 2]", "robot:1", "robot:2"]
    assert kept.isValid()
    assert kept.row() == 1


def test_an_equal_board_changes_nothing(model: SessionListModel) -> None:
    model.show_board(board(row(1)))
    told: list[str] = []
    for signal in (model.dataChanged, model.rowsInserted, model.rowsRemoved, model.rowsMoved):
        signal.connect(lambda *_: told.append("told"))

    model.show_board(board(row(1)))

    assert told == []


def test_whatever_the_boards_the_model_ends_as_the_last_one_and_is_never_reset(qtmodeltester: ModelTester) -> None:
    chance = random.Random(7)
    model = SessionListModel()
    qtmodeltester.check(model)
    resets: list[int] = []
    model.modelReset.connect(lambda: resets.append(1))
    for _ in range(120):
        numbers = chance.sample(range(12), chance.randrange(12))
        wanted = board(*(row(number, chance.choice(list(Phase)), line=str(chance.random())) for number in numbers))

        model.show_board(wanted)

        assert [item for item in model.items() if isinstance(item, Row)] == list(wanted.rows)
        assert sum(isinstance(item, Heading) for item in model.items()) == len(wanted.groups)
    qtmodeltester.check(model)
    assert resets == []


def test_a_board_that_names_a_session_twice_shows_it_once(model: SessionListModel) -> None:
    twice = board(row(1), row(1, Phase.IDLE))

    model.show_board(twice)
    model.show_board(twice)

    assert _shown(model).count("robot:1") == 1


def test_the_filter_wants_every_word_in_any_of_the_texts(model: SessionListModel) -> None:
    model.show_board(board(row(1, name="Fix refunds"), row(2, name="Fix cart"), row(3, Phase.IDLE, name="Refunds")))

    model.set_filter("refunds FIX")
    assert _shown(model) == ["[Working 1]", "robot:1"]

    model.set_filter("")
    assert model.rowCount() == 5


def test_a_screen_reader_hears_name_phase_and_what_it_does(model: SessionListModel) -> None:
    model.show_board(board(row(1, Phase.NEEDS_APPROVAL, "Fix\u202erefunds\n", line="wants to run a command")))

    spoken = model.index(1, 0).data(Qt.ItemDataRole.AccessibleTextRole)

    assert "Needs approval" in spoken
    assert "wants to run a command" in spoken
    assert "\u202e" not in spoken
    assert "\n" not in spoken


def test_only_rows_can_be_selected(model: SessionListModel) -> None:
    model.show_board(board(row(1)))

    assert not model.flags(model.index(0, 0)) & Qt.ItemFlag.ItemIsSelectable
    assert model.flags(model.index(1, 0)) & Qt.ItemFlag.ItemIsSelectable


def test_a_changed_row_is_told_as_changed_and_not_as_new(model: SessionListModel) -> None:
    first = row(1)
    model.show_board(board(first))
    changed: list[int] = []
    inserted: list[int] = []
    model.dataChanged.connect(lambda index, *_: changed.append(index.row()))
    model.rowsInserted.connect(lambda *_: inserted.append(1))

    model.show_board(board(replace(first, since=NOW - timedelta(hours=1))))

    assert changed == [1]
    assert inserted == []
    assert model.index(1, 0).data(Role.ITEM).since == NOW - timedelta(hours=1)


def test_an_empty_board_is_an_empty_list(model: SessionListModel) -> None:
    model.show_board(board(row(1)))
    model.show_board(Board(NOW))

    assert model.rowCount() == 0


def _by_project(*rows: Row) -> Board:
    """The board as the hub arranges it."""
    made = board(*rows)
    return replace(made, arranged=arranged(made.groups, GroupBy.PROJECT))


def test_rows_stand_as_the_person_arranged_them(model: SessionListModel) -> None:
    model.show_board(_by_project(row(1, cwd="~/b"), row(2, Phase.NEEDS_APPROVAL, cwd="~/b"), row(3, cwd="~/a")))

    assert _shown(model) == ["[b 2]", "robot:2", "robot:1", "[a 1]", "robot:3"]
    heading = model.item(0)
    assert isinstance(heading, Heading)
    assert heading.phase is Phase.NEEDS_APPROVAL


def test_a_folded_group_stays_folded_by_its_title_and_never_hides_who_needs_the_person(
    model: SessionListModel,
) -> None:
    model.show_board(_by_project(row(1, cwd="~/b"), row(2, cwd="~/b"), row(3, cwd="~/a")))
    model.set_folded("b", is_folded=True)
    assert _shown(model) == ["[a 1]", "robot:3", "[b 2]"]

    model.show_board(_by_project(row(1, Phase.NEEDS_APPROVAL, cwd="~/b"), row(2, cwd="~/b"), row(3, cwd="~/a")))
    assert _shown(model) == ["[b 2]", "robot:1", "[a 1]", "robot:3"]

    model.set_folded("b", is_folded=False)
    assert _shown(model) == ["[b 2]", "robot:1", "robot:2", "[a 1]", "robot:3"]


def test_what_is_open_and_what_is_looked_for_is_seen_in_a_folded_group(model: SessionListModel) -> None:
    model.show_board(board(row(1), row(2)))
    model.set_folded("Working", is_folded=True)
    model.keep(SessionId("robot:2"))
    assert _shown(model) == ["[Working 2]", "robot:2"]

    model.keep(None)
    model.set_filter("cart")

    assert _shown(model) == ["[Working 2]", "robot:1", "robot:2"]


def test_a_group_where_all_wait_for_the_person_cannot_be_folded(model: SessionListModel) -> None:
    model.show_board(board(row(1, Phase.NEEDS_APPROVAL), row(2)))

    headings = [item for item in model.items() if isinstance(item, Heading)]

    assert [heading.can_fold for heading in headings] == [False, True]


def test_a_folded_heading_can_be_selected_for_it_stands_for_its_rows(model: SessionListModel) -> None:
    model.show_board(board(row(1)))
    assert not model.flags(model.index(0, 0)) & Qt.ItemFlag.ItemIsSelectable

    model.set_folded("Working", is_folded=True)

    assert model.flags(model.index(0, 0)) & Qt.ItemFlag.ItemIsSelectable
    assert model.index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole) == "Working, 1, folded"
