"""Tests of reading other people's JSON."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.formats import foreign_json


@given(st.binary(max_size=200))
def test_attack_18_no_bytes_ever_raise(raw: bytes) -> None:
    foreign_json.parse_object(raw)


@pytest.mark.parametrize("raw", [b"[" * 1_000_000, b'{"a":' * 1_000_000, b"", b"{", b"NaN", b'{"a":1e999}'])
def test_attack_18_what_is_no_json_is_nothing(raw: bytes) -> None:
    assert foreign_json.parse(raw) is None


@pytest.mark.parametrize("raw", [b"[]", b"7", b'"x"', b"null", b"true"])
def test_only_an_object_is_an_object(raw: bytes) -> None:
    assert foreign_json.parse_object(raw) is None


def test_half_an_emoji_becomes_a_mark_and_the_rest_is_read() -> None:
    read = foreign_json.parse_object(rb'{"a":"cut \ud83d","b":"\udc00\ud83d\ude00","c":"\\ud83d","d":"\\\ud83d"}')

    assert read == {"a": "cut \ufffd", "b": "\ufffd😀", "c": r"\ud83d", "d": "\\\ufffd"}


def test_bytes_that_are_no_text_become_marks() -> None:
    assert foreign_json.parse_object(b'{"a":"\xff!"}') == {"a": "\ufffd!"}


def test_attack_18_a_field_of_the_wrong_type_counts_as_missing() -> None:
    fields: dict[str, object] = {"text": 7, "object": [], "objects": {"a": 1}, "mixed": [{"a": 1}, 7, None]}

    assert foreign_json.text_of(fields, "text") == ""
    assert foreign_json.object_of(fields, "object") == {}
    assert foreign_json.objects_of(fields, "objects") == []
    assert foreign_json.objects_of(fields, "mixed") == [{"a": 1}]
    assert foreign_json.text_of(fields, "absent") == ""
