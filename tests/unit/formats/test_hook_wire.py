import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.formats import hook_wire
from desktop.formats.hook_wire import Header, Verb


@pytest.mark.parametrize("verb", Verb)
def test_a_header_is_read_as_it_was_written(verb: Verb) -> None:
    line = hook_wire.header(verb, "an-argument", 12).removesuffix(b"\n")

    assert hook_wire.parse_header(line) == Header(verb, "an-argument", 12)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"AT2 hook x 1",
        b"AT1 allow x 1",
        b"AT1 hook x",
        b"AT1 hook x y z",
        b"AT1 hook x 1 ",
        b"AT1 hook \xff 1",
        b"AT1 hook x 1048577",
        b"AT1 status - 4097",
        b"AT1 hook ../x 1",
        b"AT1 hook x 1\r",
    ],
)
def test_anything_else_is_no_header(line: bytes) -> None:
    assert hook_wire.parse_header(line) is None


@given(st.binary(max_size=200))
def test_no_bytes_upset_the_reading_of_a_header(line: bytes) -> None:
    hook_wire.parse_header(line)


def test_attack_56_no_verb_answers_a_request() -> None:
    assert set(Verb) == {"hook", "status", "watch", "raise", "hello", "propose"}


def test_a_reply_names_the_bytes_it_answers() -> None:
    assert hook_wire.say(b"asked", b"yes\n") == b"say " + hashlib.sha256(b"asked").hexdigest().encode() + b" 4\nyes\n"
