import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.formats import text

ANYTHING = st.text(st.characters(exclude_categories=())) | st.text(
    st.sampled_from("ab \n\t\r\x00\x1b[]0;m\x07\\\x9b\x9d\u0301\u0300\u200d\ufe0f\u202e\u3164\U000e0061\ud800аé❤")
)
BANNED = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
INVISIBLE = set("\u034f\u115f\u1160\u2800\u3164\uffa0") | {chr(code) for code in range(0xFE00, 0xFE10)}


@given(ANYTHING, st.integers(0, 60))
def test_cleaning_twice_changes_nothing_more(raw: str, limit: int) -> None:
    once = text.clean(raw, limit)

    assert text.clean(once, limit) == once
    assert text.one_line(text.one_line(raw, limit), limit) == text.one_line(raw, limit)


@given(ANYTHING)
def test_only_printable_characters_newlines_and_tabs_come_out(raw: str) -> None:
    for character in text.clean(raw):
        assert character in "\n\t" or unicodedata.category(character) not in BANNED
        assert character not in INVISIBLE


@given(ANYTHING, st.integers(0, 60))
def test_nothing_is_longer_than_its_limit(raw: str, limit: int) -> None:
    assert len(text.clean(raw, limit)) <= limit
    assert len(text.one_line(raw, limit)) <= limit


@given(ANYTHING)
def test_nothing_grows_more_than_twelvefold(raw: str) -> None:
    assert len(text.clean(raw)) <= len(raw)
    assert len(text.escape_markup(raw)) <= 12 * len(raw)
    assert sum(len(span.text) for span in text.reveal(raw)) <= 12 * len(raw)


@given(ANYTHING)
def test_one_line_has_no_line_break_and_no_double_blank(raw: str) -> None:
    line = text.one_line(raw)

    assert "\n" not in line
    assert "\t" not in line
    assert "  " not in line
    assert line == line.strip()


@given(ANYTHING)
def test_plain_text_is_its_own_cleaning_and_is_revealed_without_a_token(raw: str) -> None:
    if text.is_plain(raw):
        assert text.clean(raw, max(len(raw), 1)) == raw
        assert not any(span.is_odd for span in text.reveal(raw) if "line breaks" not in span.text)


@given(ANYTHING)
def test_whatever_shows_a_token_is_not_plain(raw: str) -> None:
    if any(span.is_odd for span in text.reveal(raw) if "line breaks" not in span.text):
        assert not text.is_plain(raw)


@given(ANYTHING, st.integers(1, 20))
def test_chunks_lose_nothing_and_keep_to_their_width(raw: str, width: int) -> None:
    chunks = text.hard_chunk(raw, width)

    assert "".join(chunks) == raw.replace("\n", "")
    assert all(len(chunk) <= width for chunk in chunks)
    assert len(chunks) >= raw.count("\n") + 1


@given(st.binary())
def test_any_bytes_become_text_that_can_be_encoded(raw: bytes) -> None:
    decoded = text.decode(raw)

    assert decoded.encode().decode() == decoded
    assert not decoded.startswith("\ufeff") or raw.startswith(b"\xef\xbb\xbf" * 2)


def test_a_cut_says_how_much_is_missing() -> None:
    assert text.clean("x" * 130, 100) == "x" * 87 + "…(+43)"


def test_a_cut_counts_what_was_not_even_looked_at() -> None:
    cut = text.clean("x" * 1_000_000, 100)

    assert cut == "x" * 87 + "…(+999913)"


def test_text_that_just_fits_is_not_cut() -> None:
    assert text.clean("x" * 100, 100) == "x" * 100


def test_newlines_and_tabs_stay_and_other_line_ends_become_newlines() -> None:
    assert text.clean("a\tb\r\nc\nd\x85e") == "a\tb\nc\nd\ne"


def test_blank_lines_are_kept_up_to_two() -> None:
    assert text.clean("a\n\n\nb") == "a\n\n\nb"
    assert text.clean("a\n \n\t\n\n\nb") == "a\n\n\nb"


def test_emoji_persian_and_accents_read_as_they_should() -> None:
    assert text.clean("❤\ufe0f é e\u0301") == "❤ é e\u0301"
    assert text.clean("می\u200cخواهم") == "میخواهم"


@pytest.mark.parametrize(
    "honest",
    [
        "rm -rf build",
        "naïve café",
        "Привет, мир",
        "日本語のテキストabc",
        "한국어 漢字",
        "Ωμέγα",
        "5 µs",
        "a\n\tb",
        "✔ done",
    ],
)
def test_honest_text_of_any_script_is_plain(honest: str) -> None:
    assert text.is_plain(honest)
    assert text.reveal(honest) == (text.Span(honest, is_odd=False),)


def test_revealing_nothing_shows_nothing() -> None:
    assert text.reveal("") == ()


def test_the_same_odd_character_in_a_row_is_named_once_and_counted() -> None:
    assert text.reveal("a" + "\u200b" * 3 + "b") == (
        text.Span("a", is_odd=False),
        text.Span("⟨U+200B ×3⟩", is_odd=True),
        text.Span("b", is_odd=False),
    )


def test_an_empty_line_is_a_chunk() -> None:
    assert text.hard_chunk("a\n\nbcd", 2) == ["a", "", "bc", "d"]


def test_our_own_words_keep_their_order_around_an_isolated_name() -> None:
    assert text.isolate("שלום") == "\u2068שלום\u2069"


@pytest.mark.parametrize(
    ("shown", "masked"),
    [
        ("curl -H 'Authorization: Bearer abcdef1234567890'", "curl -H 'Authorization: Bearer •••'"),
        ("API_KEY=abcdefgh123 run", "API_KEY=••• run"),
        ('{"password": "hunter2!"}', '{"password": "•••"}'),
        ("mysql --password hunter22 db", "mysql --password ••• db"),
        ("git clone https://me:hunter2@host/x", "git clone https://me:•••@host/x"),
        ("ghp_abcdefghijklmnopqrst", "•••"),
        ("echo sk-proj-abcdefghijklmnop", "echo •••"),
        ("AKIAABCDEFGHIJKLMNOP", "•••"),
        ("eyJhbGciOiJI.eyJzdWIiOiIx.c2ln", "•••"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nls", "•••\nls"),
    ],
)
def test_secrets_are_masked_and_their_names_stay(shown: str, masked: str) -> None:
    assert text.mask_secrets(shown) == masked


@pytest.mark.parametrize(
    "honest",
    ["grep token src/foo-bar", "git commit -m 'raise token limits'", "TOKEN=$(cat file)", "pytest -k secret", "sk-8"],
)
def test_text_without_secrets_is_not_masked(honest: str) -> None:
    assert text.mask_secrets(honest) == honest


@given(ANYTHING)
def test_masking_never_fails(raw: str) -> None:
    assert len(text.mask_secrets(raw)) <= len(raw) + 3
