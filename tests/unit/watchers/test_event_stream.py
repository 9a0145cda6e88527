import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.watchers.event_stream import EventStream, TooLong

TWO = b'data: {"a":1}\n\nid: 7\r\nevent: message\r\ndata: first\r\ndata:second\r\n\r\n: a comment\n\ndata: torn'


def test_whole_events_come_out_and_a_torn_one_waits() -> None:
    stream = EventStream()

    assert stream.feed(TWO) == [b'{"a":1}', b"first\nsecond"]
    assert stream.feed(b" end\n\n") == [b"torn end"]


@given(st.lists(st.integers(0, len(TWO)), max_size=8))
def test_how_the_bytes_are_cut_changes_nothing(cuts: list[int]) -> None:
    stream = EventStream()
    places = [0, *sorted(cuts), len(TWO)]

    events = [event for low, high in itertools.pairwise(places) for event in stream.feed(TWO[low:high])]

    assert events == [b'{"a":1}', b"first\nsecond"]


@pytest.mark.parametrize("chunk", [b"x" * 60, b"data: " + b"x" * 60 + b"\n"])
def test_an_event_that_never_ends_is_refused(chunk: bytes) -> None:
    with pytest.raises(TooLong):
        EventStream(most_bytes=50).feed(chunk)
