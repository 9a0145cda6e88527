from hypothesis import given
from hypothesis import strategies as st

from desktop.formats.jsonl import Lines


def test_whole_lines_come_out_in_order_and_without_their_ends() -> None:
    assert Lines().feed(b'{"a":1}\n{"b":2}\r\n') == [b'{"a":1}', b'{"b":2}']


def test_a_torn_line_is_kept_back_until_the_rest_arrives() -> None:
    lines = Lines()

    assert lines.feed('{"a":"é'.encode()[:-1]) == []
    assert lines.is_mid_line
    assert lines.feed('é"}'.encode()[1:] + b"\n") == ['{"a":"é"}'.encode()]
    assert not lines.is_mid_line


def test_empty_lines_are_left_out() -> None:
    assert Lines().feed(b"\n\r\na\n\n") == [b"a"]


def test_consumed_ends_after_the_last_whole_line() -> None:
    lines = Lines()

    lines.feed(b"one\ntw")
    assert lines.consumed == 4
    lines.feed(b"o\nth")
    assert lines.consumed == 8


def test_a_line_that_never_ends_is_counted_once_and_not_kept() -> None:
    lines = Lines(longest=10)

    for _ in range(100):
        assert lines.feed(b"x" * 7) == []

    assert lines.oversize == 1
    assert lines.consumed == 700
    assert lines.is_mid_line
    assert lines.feed(b"xx\nnext\n") == [b"next"]
    assert lines.oversize == 1
    assert lines.consumed == 708


def test_an_oversize_line_inside_one_piece_is_counted_and_its_neighbours_survive() -> None:
    lines = Lines(longest=10)

    assert lines.feed(b"a\n" + b"x" * 11 + b"\nb\n") == [b"a", b"b"]
    assert lines.oversize == 1


def test_an_oversize_line_completed_by_a_later_piece_is_counted() -> None:
    lines = Lines(longest=10)

    assert lines.feed(b"x" * 10) == []
    assert lines.feed(b"x\nb\n") == [b"b"]
    assert lines.oversize == 1


def test_a_stream_that_begins_inside_a_line_skips_its_rest() -> None:
    lines = Lines(begins_torn=True)

    assert lines.feed(b'st of it"}') == []
    assert lines.feed(b"}\nwhole\n") == [b"whole"]
    assert lines.oversize == 0


@given(st.lists(st.binary(max_size=30)), st.integers(1, 8))
def test_feeding_in_pieces_equals_feeding_whole(pieces: list[bytes], longest: int) -> None:
    whole, piecemeal = Lines(longest), Lines(longest)
    data = b"\n".join(pieces)

    expected = whole.feed(data)
    got = [line for at in range(len(data)) for line in piecemeal.feed(data[at : at + 1])]

    assert got == expected
    assert (piecemeal.oversize, piecemeal.consumed, piecemeal.is_mid_line) == (
        whole.oversize,
        whole.consumed,
        whole.is_mid_line,
    )
