"""Every colour there is, by role, for a light and a dark ground; and how well one reads on another."""

from dataclasses import replace
from typing import assert_never

from desktop.domain.phase import Phase
from desktop.domain.record import dataclass
from desktop.formats.resources import resource_text

TEXT_RATIO = 4.5  # WCAG 2.2, 1.4.3: text
SHAPE_RATIO = 3.0  # WCAG 2.2, 1.4.11: glyphs and the outlines of controls


@dataclass(frozen=True, slots=True)
class Tokens:
    """The colours of one ground, as #RRGGBB."""

    ground: str
    surface: str
    raised: str
    border: str
    selection: str
    code_ground: str
    text: str
    muted: str
    faint: str  # decoration only: nothing that must be read
    red: str
    amber: str
    violet: str
    blue: str
    grey: str
    accent: str
    on_accent: str

    @property
    def is_dark(self) -> bool:
        """Whether the ground is darker than what is written on it."""
        return luminance(self.ground) < luminance(self.text)

    @property
    def grounds(self) -> tuple[str, ...]:
        """Everything that words and glyphs stand on."""
        return (self.ground, self.surface, self.raised, self.selection, self.code_ground)


LIGHT = Tokens(
    ground="#F6F6F4",
    surface="#FFFFFF",
    raised="#FBFBFA",
    border="#E2E2DE",
    selection="#EEF3FB",
    code_ground="#F3F3F0",
    text="#1C1D20",
    muted="#666A71",
    faint="#9A9EA5",
    red="#C4301C",
    amber="#9A5B00",
    violet="#6A3FC4",
    blue="#1D67C2",
    grey="#858A93",
    accent="#1D67C2",
    on_accent="#FFFFFF",
)

DARK = Tokens(
    ground="#191A1D",
    surface="#212328",
    raised="#26282E",
    border="#33363D",
    selection="#262C36",
    code_ground="#1B1C20",
    text="#ECEDEF",
    muted="#A2A7AF",
    faint="#737881",
    red="#FF7A66",
    amber="#F0AE45",
    violet="#B69CFF",
    blue="#6BB0FF",
    grey="#8A9099",
    accent="#6BB0FF",
    on_accent="#10151C",
)


def phase_colour(phase: Phase, tokens: Tokens) -> str:
    """Red blocks, amber drifts, violet is to be read, blue runs, grey is the rest."""
    match phase:
        case Phase.NEEDS_APPROVAL | Phase.NEEDS_ANSWER | Phase.FAILED:
            return tokens.red
        case Phase.WASTING_TIME:
            return tokens.amber
        case Phase.NEEDS_REVIEW:
            return tokens.violet
        case Phase.YOUR_TURN | Phase.WORKING | Phase.SCHEDULED:
            return tokens.blue
        case Phase.UNKNOWN | Phase.IDLE | Phase.ENDED:
            return tokens.grey
        case _:
            assert_never(phase)


def glyph_svg(phase: Phase, colour: str) -> str:
    """The drawing of *phase* on its 16 px grid; what is not *colour* is transparent."""
    return resource_text(f"glyphs/{phase.value.replace(' ', '-')}.svg").replace("currentColor", colour)


def luminance(colour: str) -> float:
    """Relative luminance as WCAG defines it, 0 for black and 1 for white."""
    red, green, blue = (_linear(channel / 255) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(a: str, b: str) -> float:
    """How well *a* stands out from *b*: 1 for the same, 21 for black on white."""
    lighter, darker = sorted((luminance(a), luminance(b)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def mix(a: str, b: str, share: float) -> str:
    """*a* with *share* of *b* in it, 0 to 1."""
    pairs = zip(_channels(a), _channels(b), strict=True)
    return "#" + "".join(f"{round(one + (other - one) * share):02X}" for one, other in pairs)


def system_tokens(ground: str, surface: str, text: str, accent: str, on_accent: str) -> Tokens:
    """Tokens for colours that a person chose: theirs where they chose, ours moved until they can be read there."""
    base = DARK if luminance(ground) < luminance(text) else LIGHT
    chosen = replace(
        base,
        ground=ground,
        surface=surface,
        raised=surface,
        selection=ground,
        code_ground=ground,
        border=text,
        text=text,
        muted=text,
        faint=text,
        accent=accent,
        on_accent=on_accent,
    )
    moved = {name: _readable(getattr(base, name), chosen) for name in ("red", "amber", "violet", "blue", "grey")}
    return replace(chosen, **moved)


def _readable(colour: str, tokens: Tokens) -> str:
    candidates = (mix(colour, tokens.text, tenths / 10) for tenths in range(10))
    readable = (
        candidate
        for candidate in candidates
        if min(contrast(candidate, ground) for ground in tokens.grounds) >= TEXT_RATIO
    )
    return next(readable, tokens.text)


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
