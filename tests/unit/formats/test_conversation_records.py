"""Tests of what is decoded at all."""

import msgspec
import pytest

from desktop.formats import conversation_records
from desktop.formats.foreign_json import BAD_JSON


@pytest.mark.parametrize(
    "line",
    [
        b'{"type":"api-request-shape","shape":' + b"x" * 80_000,
        b'{ "type" : "mode","mode":"normal"}',
        b'{"parentUuid":null,"isSidechain":false,"attachment":{"type":"skill_listing"',
        b'{"parentUuid":null,"isSidechain":true,"type":"assistant"',
        b"",
        b" \t",
    ],
)
def test_a_line_that_means_nothing_is_told_by_its_head(line: bytes) -> None:
    assert conversation_records.means_nothing(line)


@pytest.mark.parametrize(
    "line",
    [
        b'{"type":"user","message":{}}',
        b'{"type":"custom-title","customTitle":"x"}',
        b'{"parentUuid":null,"isSidechain":false,"type":"user","message":{"content":"x"}}',
        rb'{"type":"user","message":{"content":"a forged \"isSidechain\":true and \"attachment\":{ in words"}}',
        b'{"message":{"content":"x"},"type":"user"}',
        b"garbage",
    ],
)
def test_any_other_line_is_looked_at(line: bytes) -> None:
    assert not conversation_records.means_nothing(line)


def test_fields_are_found_under_the_names_they_have_in_the_file() -> None:
    record = conversation_records.decode(
        b'{"type":"user","isMeta":true,"gitBranch":"main","toolUseResult":{"a":1},"message":{"stop_reason":"end_turn"}}'
    )

    assert record.is_meta is True
    assert record.git_branch == "main"
    assert bytes(record.tool_use_result) == b'{"a":1}'
    assert record.message is not None
    assert record.message.stop_reason == "end_turn"


def test_half_an_emoji_does_not_cost_the_record() -> None:
    assert conversation_records.decode(rb'{"type":"last-prompt","lastPrompt":"cut \ud83d"}').last_prompt == "cut \ufffd"


@pytest.mark.parametrize("line", [b"{", b"[]", b'{"type":7}', b"\xff", b'{"message":' + b"[" * 1_000_000])
def test_what_is_no_record_raises_only_what_readers_expect(line: bytes) -> None:
    with pytest.raises(BAD_JSON):
        conversation_records.decode(line)


def test_an_absent_raw_field_is_empty() -> None:
    assert bytes(conversation_records.Block().input) == b""
    assert isinstance(conversation_records.NOTHING, msgspec.Raw)
