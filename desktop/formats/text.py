"""The one place that makes hostile text fit to show.

Everything an agent, a transcript, a file name or a tool says may hold anything. ``clean`` and ``one_line`` are for
surfaces where a person reads; ``reveal`` is for the view where a person decides, and hides nothing. Every function
here takes time linear in its input, whatever the input.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache

from desktop.domain.record import dataclass

ODD = "\ufffd"
MARKS_PER_LETTER = 4  # Vietnamese needs two, Biblical Hebrew four; more is a tower that paints over its neighbours
BLANKS_IN_A_ROW = 80  # deeper than any honest indentation; more pushes what follows out of view
LINES_IN_A_ROW = 20  # blank lines in the view where a person decides, for the same reason
_WINDOW = 65_536  # characters looked at when far fewer will be kept: bounds the time on the main thread

# Letters and marks that draw nothing, though their category (Lo, Mn, So) says they would.
_INVISIBLE = frozenset(
    {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0, 0x1D159}
    | set(range(0x180B, 0x1810))
    | set(range(0xFE00, 0xFE10))
    | set(range(0xE0100, 0xE01F0))
)
_BREAKS = frozenset("\r\v\f\x1c\x1d\x1e\x85")

# A string sequence (OSC, DCS, SOS, PM, APC) goes whole when it ends; an unterminated one loses its introducer alone,
# so that it cannot swallow what follows. No class may hold an introducer: that keeps the scan linear.
_ESCAPES = re.compile(
    r"(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])(?:[^\x07\x1b\x90\x98\x9c-\x9f]*(?:\x07|\x1b\\|\x9c))?"
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
    r"|\x1b[ -/]*[0-~]?"
)
# Joiners and variation selectors after a letter that is not ASCII are how emoji, Persian and Indic scripts are spelt.
_JOINERS = re.compile(r"(?<=[^\x00-\x7f])[\u200c\u200d\ufe00-\ufe0f]+")
_BEYOND_LATIN = re.compile(r"[^\x00-\u02ff]{5,}")
_WIDE_GAP = re.compile(rf"[ \t]{{{BLANKS_IN_A_ROW + 1},}}")
_GAP = " " * (BLANKS_IN_A_ROW + 1)
_BLANK_LINES = re.compile(rf"\n(?:[ \t]{{0,{BLANKS_IN_A_ROW}}}\n){{3,}}")
_ODD_PLACES = re.compile(
    rf"[ \t]{{{BLANKS_IN_A_ROW + 1},}}|(?:\n[ \t]{{0,{BLANKS_IN_A_ROW}}}){{{LINES_IN_A_ROW + 1},}}|[^\n\t\x20-\x7e]+"
)

# Scripts that are written together (Unicode Technical Standard 39, "highly restrictive").
_TOGETHER = (
    frozenset({"LATIN", "CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "FULLWIDTH", "HALFWIDTH"}),
    frozenset({"LATIN", "CJK", "BOPOMOFO"}),
    frozenset({"LATIN", "CJK", "HANGUL"}),
)


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of revealed text; an odd one is a token that stands for what cannot be seen or trusted."""

    text: str
    is_odd: bool


class _Plain(dict[int, str]):
    """For ``str.translate``: what each character becomes, worked out when first met."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        match unicodedata.category(character):
            case "Cc":
                plain = "\n" if character in _BREAKS else character if character in "\n\t" else ""
            case "Cf" | "Cs" | "Co" | "Cn" | "Zl" | "Zp":
                plain = ODD
            case "Zs":
                plain = " "
            case _:
                plain = ODD if code in _INVISIBLE else character
        if len(self) < 8192:  # a hostile text may hold every character there is
            self[code] = plain
        return plain


_PLAIN = _Plain()


def decode(raw: bytes) -> str:
    """Read *raw* as UTF-8; what is not becomes U+FFFD, and a byte order mark at the head goes."""
    return raw.decode("utf-8", "replace").removeprefix("\ufeff")


def clean(text: str, limit: int = 2000) -> str:
    """Make *text* plain and printable, newlines and tabs kept; a cut says how much is missing."""
    if len(text) <= min(limit, BLANKS_IN_A_ROW) and text.isascii() and text.isprintable():
        return text  # most texts are; too short for a gap
    window = max(_WINDOW, 2 * limit)
    return _cut(_plain(text[:window]), limit, len(text) - window)


def one_line(text: str, limit: int = 200) -> str:
    """Make *text* plain, on one line, with single blanks."""
    if text.isascii() and len(text) <= _WINDOW and text.isprintable():
        # Most texts are. Then blanks are the only white space there is.
        return _cut(text.strip() if "  " not in text else " ".join(text.split()), limit, 0)
    window = max(_WINDOW, 2 * limit)
    return _cut(" ".join(_plain(text[:window]).split()), limit, len(text) - window)


def is_plain(text: str) -> bool:
    """Whether cleaning would change nothing, nothing was lost before, and no word mixes scripts."""
    if text.isascii() and text.isprintable() and len(text) <= BLANKS_IN_A_ROW:
        return True
    return ODD not in text and _plain(text) == text and not any(_foreign(word) for word in _word().findall(text))


def reveal(text: str) -> tuple[Span, ...]:
    """Show all of *text*: what is invisible, misleading or borrowed from another script becomes a token."""
    spans: list[Span] = []
    foreign = _foreign_places(text)
    end = 0  # of what is in spans
    for odd in _ODD_PLACES.finditer(text):
        for start, stop, token in _tokens(text, odd.start(), odd.end(), foreign):
            if end < start:
                spans.append(Span(text[end:start], is_odd=False))
            spans.append(Span(token, is_odd=True))
            end = stop
    if end < len(text):
        spans.append(Span(text[end:], is_odd=False))
    return tuple(spans)


def escape_markup(text: str) -> str:
    """Escape what a notification server, or Qt's rich text, would take for markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def escape_mnemonics(text: str) -> str:
    """Escape what a button, a tab or a menu would take for a keyboard mnemonic."""
    return text.replace("&", "&&")


def isolate(text: str) -> str:
    """Fence cleaned *text* so that its direction cannot reorder our own words around it."""
    return f"\u2068{text}\u2069"


def hard_chunk(text: str, width: int = 2000) -> list[str]:
    """Split *text* into lines, and lines into pieces of at most *width* characters; nothing else is lost."""
    return [line[at : at + width] for line in text.split("\n") for at in range(0, max(len(line), 1), width)]


_SECRET_NAME = r"(?:api[_-]?key|access[_-]?key|token|secret|passw(?:or)?d|passphrase|credentials?)"
_SECRETS = (
    re.compile(r"()-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[^-]*(?:-----END [A-Z ]{0,40}-----)?"),
    re.compile(r"(://[^\s:/@]*:)[^\s/@]+(?=@)"),
    re.compile(r"(?i)(\b(?:bearer|basic)\s{1,8})[\w.~+/=-]{8,}"),
    re.compile(
        r"()(?<![A-Za-z0-9])(?:sk-[\w-]{16,}|[rp]k_(?:live|test)_\w{16,}|sk_(?:live|test)_\w{16,}|gh[oprsu]_\w{16,}"
        r"|github_pat_\w{16,}|glpat-[\w-]{16,}|xox[abeoprs]-[\w-]{10,}|(?:AKIA|ASIA)[0-9A-Z]{16}|AIza[\w-]{30,}"
        r"|npm_\w{30,}|pypi-[\w-]{30,}|hf_\w{20,}|dop_v1_\w{30,}|ya29\.[\w-]{20,})"
    ),
    re.compile(r"()(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?"),
    re.compile(rf"(?i)({_SECRET_NAME}[\"']?\s{{0,4}}[=:]\s{{0,4}}[\"']?)(?![$<{{=])[^\s\"',;&]{{6,}}"),
    re.compile(rf"(?i)((?<=-){_SECRET_NAME}\s{{1,4}}[\"']?)(?![$<{{-])[^\s\"',;&]{{6,}}"),
)


def mask_secrets(text: str) -> str:
    """Replace what has the shape of a key, a token or a password; its name stays."""
    for shape in _SECRETS:
        text = shape.sub(r"\1•••", text)
    return text


def _plain(text: str) -> str:
    if text.isascii() and text.isprintable():
        return _WIDE_GAP.sub(" " * BLANKS_IN_A_ROW, text) if _GAP in text else text
    if text.isascii() and text.replace("\n", " ").replace("\t", " ").isprintable():
        return _BLANK_LINES.sub("\n\n\n", _WIDE_GAP.sub(" " * BLANKS_IN_A_ROW, text))
    text = _ESCAPES.sub("", text)
    text = _JOINERS.sub("", text).replace("\r\n", "\n").translate(_PLAIN)
    text = _BEYOND_LATIN.sub(lambda run: _without_towers(run[0]), text)
    text = _WIDE_GAP.sub(" " * BLANKS_IN_A_ROW, text)
    return _BLANK_LINES.sub("\n\n\n", text)


def _cut(text: str, limit: int, unread: int) -> str:
    missing = max(unread, 0)
    if len(text) <= limit and not missing:
        return text
    # The number's own length decides how much fits; nine digits are room for the longest text there can be.
    kept = text[: max(limit - len("…(+999999999)"), 0)].rstrip()
    return f"{kept}…(+{len(text) - len(kept) + missing})"[:limit]


def _without_towers(run: str) -> str:
    kept: list[str] = []
    marks = 0
    for character in run:
        marks = marks + 1 if _is_mark(character) else 0
        if marks <= MARKS_PER_LETTER:
            kept.append(character)
    return "".join(kept)


@lru_cache(maxsize=8192)
def _is_mark(character: str) -> bool:
    return unicodedata.category(character)[0] == "M"


@lru_cache(maxsize=8192)
def _script(character: str) -> str:
    """Name the script of a letter; empty for what every script shares."""
    if not unicodedata.category(character).startswith("L"):
        return ""
    name = unicodedata.name(character, "")
    is_letter = " LETTER " in name or " IDEOGRAPH" in name or " SYLLABLE" in name or name.startswith("MATHEMATICAL")
    return name.partition(" ")[0] if is_letter else ""


@cache
def _word() -> re.Pattern[str]:
    """Compiled when first needed: that takes 3 ms, and the tray's first picture does without."""
    return re.compile(r"[A-Za-z0-9\xaa\xb5\xba\xc0-\u1fff\u2c00-\U0010ffff]+")


def _foreign(word: str) -> frozenset[str]:
    """Name the scripts that do not belong in *word*; when Latin is one of them, Latin belongs."""
    if word.isascii():
        return frozenset()
    scripts = {_script(character) for character in word} - {""}
    if len(scripts) < 2 or any(scripts <= together for together in _TOGETHER):
        return frozenset()
    home = "LATIN" if "LATIN" in scripts else min(scripts)
    return frozenset(scripts - {home})


def _foreign_places(text: str) -> frozenset[int]:
    if text.isascii():
        return frozenset()
    return frozenset(
        word.start() + offset
        for word in _word().finditer(text)
        if (foreign := _foreign(word[0]))
        for offset, character in enumerate(word[0])
        if _script(character) in foreign
    )


def _tokens(text: str, start: int, stop: int, foreign: frozenset[int]) -> Iterator[tuple[int, int, str]]:
    """Name what must not be shown as it is between *start* and *stop*; the same character in a row is named once."""
    if text[start] in " \t\n":
        breaks = text.count("\n", start, stop)
        yield start, stop, f"⟨{breaks} line breaks⟩" if breaks else f"⟨{stop - start} blanks⟩"
        return
    marks = 0
    place = start
    while place < stop:
        first = place
        character = text[place]
        marks = marks + 1 if _is_mark(character) else 0
        place += 1
        if place - 1 in foreign or marks > MARKS_PER_LETTER or character == ODD or _PLAIN[ord(character)] != character:
            while place < stop and text[place] == character:
                place += 1
            times = f" ×{place - first}" if place - first > 1 else ""
            yield first, place, f"⟨U+{ord(character):04X}{times}⟩"
