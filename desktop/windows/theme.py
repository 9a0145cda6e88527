"""The one place for colours, sizes and type of everything that is drawn; follows the system and the person."""

from enum import StrEnum

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QWidget

from desktop.domain.settings import ColourScheme
from desktop.formats.palette import DARK, LIGHT, Tokens, contrast, mix, system_tokens

TIGHT, SMALL, MEDIUM, LARGE, WIDE = 4, 8, 12, 16, 24
CONTROL_RADIUS, ROW_RADIUS, CARD_RADIUS, WINDOW_RADIUS = 6, 8, 10, 12
ROW_HEIGHT, CONTROL_HEIGHT, SECTION_HEIGHT, WINDOW_WIDTH = 46, 28, 26, 420

# Desktops set 12 to 15 px of their own accord; what is beyond was asked for by a person who needs it larger.
_USUAL_FONT_PX = 15.0
# High contrast themes are the only ones whose windows, fields and buttons share one ground under such text.
_CHOSEN_CONTRAST = 12.0


class Type(StrEnum):
    """What a piece of text is."""

    HEADLINE = "headline"
    NAME = "name"
    CONTROL = "control"
    BODY = "body"
    STRONG = "strong"  # an age, a count
    SECTION = "section"
    CODE = "code"


_PIXELS = {
    Type.HEADLINE: 16.0,
    Type.NAME: 13.5,
    Type.CONTROL: 12.5,
    Type.BODY: 12.0,
    Type.STRONG: 12.0,
    Type.SECTION: 11.0,
    Type.CODE: 12.5,
}
_WEIGHTS = {
    Type.HEADLINE: QFont.Weight.DemiBold,
    Type.NAME: QFont.Weight.DemiBold,
    Type.CONTROL: QFont.Weight.Medium,
    Type.BODY: QFont.Weight.Normal,
    Type.STRONG: QFont.Weight.DemiBold,
    Type.SECTION: QFont.Weight.DemiBold,
    Type.CODE: QFont.Weight.Normal,
}


class Ink(StrEnum):
    """The role whose colour a label takes; the names are those of the tokens."""

    TEXT = "text"
    MUTED = "muted"
    FAINT = "faint"
    RED = "red"
    AMBER = "amber"
    VIOLET = "violet"
    BLUE = "blue"


class Button(StrEnum):
    """How much a button asks to be pressed."""

    PRIMARY = "primary"
    PLAIN = "plain"
    QUIET = "quiet"


class Theme(QObject):
    """The colours and fonts in force; belongs to the application and outlives its windows."""

    changed = Signal()

    def __init__(self, scheme: ColourScheme = ColourScheme.SYSTEM, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._scheme = scheme
        self._hints = QGuiApplication.styleHints()
        self._tokens = self._choose()
        self._tell_platform()
        self._hints.colorSchemeChanged.connect(self._on_system_changed)
        self._hints.accessibility().contrastPreferenceChanged.connect(self._on_system_changed)

    @property
    def tokens(self) -> Tokens:
        """Every colour, by role."""
        return self._tokens

    @property
    def is_dark(self) -> bool:
        """Whether the ground is dark."""
        return self._tokens.is_dark

    @property
    def is_motion_reduced(self) -> bool:
        """Whether the person asked for things to stand still."""
        return self._hints.accessibility().motionPreference() == Qt.MotionPreference.ReducedMotion

    def set_scheme(self, scheme: ColourScheme) -> None:
        """Take light, dark, or what the system says."""
        self._scheme = scheme
        self._tell_platform()
        self._on_system_changed()

    def colour(self, role: str) -> QColor:
        """The colour of one role, or of a literal ``#RRGGBB``."""
        return QColor(role if role.startswith("#") else str(getattr(self._tokens, role)))

    def font(self, kind: Type) -> QFont:
        """The system's own family in the size and weight of *kind*, larger when the person's own font is."""
        font = QFont(QGuiApplication.font())
        if kind is Type.CODE:
            font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        screen = QGuiApplication.primaryScreen()
        dots_per_inch = screen.logicalDotsPerInch() if screen is not None else 96.0
        # Points, because Qt rounds sizes given in pixels to whole ones.
        font.setPointSizeF(_PIXELS[kind] * self.font_scale * 72.0 / dots_per_inch)
        font.setWeight(_WEIGHTS[kind])
        return font

    @property
    def font_scale(self) -> float:
        """How much larger than usual the person wants text; 1 for the usual."""
        font = QGuiApplication.font()
        screen = QGuiApplication.primaryScreen()
        if font.pixelSize() > 0:
            pixels = float(font.pixelSize())
        else:
            pixels = font.pointSizeF() * (screen.logicalDotsPerInch() if screen is not None else 96.0) / 72.0
        return max(1.0, pixels / _USUAL_FONT_PX)

    def dress(self, widget: QWidget, kind: Type, ink: Ink = Ink.TEXT) -> None:
        """Give *widget* a font and a colour that follows later changes of the theme."""
        widget.setFont(self.font(kind))
        set_property(widget, "ink", ink.value)

    def stylesheet(self) -> str:
        """The style sheet of every window; a window sets it on itself and again after `changed`."""
        return _stylesheet(self._tokens)

    @Slot()
    def _on_system_changed(self) -> None:
        tokens = self._choose()
        if tokens != self._tokens:
            self._tokens = tokens
            self.changed.emit()

    def _tell_platform(self) -> None:
        # So that title bars, menus and file dialogs, which we do not draw, agree with the rest.
        match self._scheme:
            case ColourScheme.LIGHT:
                self._hints.setColorScheme(Qt.ColorScheme.Light)
            case ColourScheme.DARK:
                self._hints.setColorScheme(Qt.ColorScheme.Dark)
            case ColourScheme.SYSTEM:
                self._hints.unsetColorScheme()

    def _choose(self) -> Tokens:
        chosen = QGuiApplication.palette()
        if self._hints.accessibility().contrastPreference() == Qt.ContrastPreference.HighContrast:
            return palette_tokens(chosen)
        match self._scheme:
            case ColourScheme.LIGHT:
                return LIGHT
            case ColourScheme.DARK:
                return DARK
            case ColourScheme.SYSTEM:
                pass
        if is_high_contrast(chosen):
            return palette_tokens(chosen)
        match self._hints.colorScheme():
            case Qt.ColorScheme.Dark:
                return DARK
            case Qt.ColorScheme.Light:
                return LIGHT
            case _:
                window, text = chosen.color(QPalette.ColorRole.Window), chosen.color(QPalette.ColorRole.WindowText)
                return DARK if window.lightness() < text.lightness() else LIGHT


_MIDDLE, _WHITE = 128, 255  # of the lightness of a colour


def is_high_contrast(palette: QPalette) -> bool:
    """Whether *palette* was chosen for contrast: one pure ground everywhere, far from its text.

    A light one is pure white: one desktop's ordinary theme has #FAF9F8 everywhere under black text.
    """
    roles = (QPalette.ColorRole.Window, QPalette.ColorRole.Base, QPalette.ColorRole.Button)
    grounds = {palette.color(role).rgb() for role in roles}
    ground, text = palette.color(QPalette.ColorRole.Window), palette.color(QPalette.ColorRole.WindowText)
    is_chosen = ground.lightness() < _MIDDLE or ground.lightness() == _WHITE
    return len(grounds) == 1 and is_chosen and contrast(_hex(ground), _hex(text)) >= _CHOSEN_CONTRAST


def palette_tokens(palette: QPalette) -> Tokens:
    """The person's own ground, text and accent, with our phase colours made to read there."""
    return system_tokens(
        ground=_hex(palette.color(QPalette.ColorRole.Window)),
        surface=_hex(palette.color(QPalette.ColorRole.Base)),
        text=_hex(palette.color(QPalette.ColorRole.WindowText)),
        accent=_hex(palette.color(QPalette.ColorRole.Highlight)),
        on_accent=_hex(palette.color(QPalette.ColorRole.HighlightedText)),
    )


def set_property(widget: QWidget, name: str, value: str) -> None:
    """Set a property that the style sheet selects by, and draw anew if it changed."""
    if widget.property(name) == value:
        return
    widget.setProperty(name, value)
    widget.style().unpolish(widget)
    widget.style().polish(widget)


def set_button(widget: QWidget, kind: Button) -> None:
    """Make a push button primary, plain or quiet."""
    set_property(widget, "kind", kind.value)


def _hex(colour: QColor) -> str:
    return colour.name(QColor.NameFormat.HexRgb).upper()


def _stylesheet(t: Tokens) -> str:
    inks = "\n".join(f'*[ink="{ink.value}"] {{ color: {getattr(t, ink.value)}; }}' for ink in Ink)
    hover = mix(t.surface, t.text, 0.06)
    pressed = mix(t.surface, t.text, 0.12)
    edge = mix(t.border, t.text, 0.12)
    return f"""
QWidget {{ color: {t.text}; }}
QWidget[surface="window"], QMainWindow {{ background: {t.ground}; }}
QFrame[surface="card"] {{ background: {t.surface}; border: 1px solid {t.border}; border-radius: {CARD_RADIUS}px; }}
QFrame[surface="code"] {{ background: {t.code_ground}; border: 1px solid {t.border};
    border-radius: {CONTROL_RADIUS}px; }}
QFrame[surface="raised"] {{ background: {t.raised}; border: none; }}
QFrame[surface="line"] {{ background: {t.border}; border: none; max-height: 1px; min-height: 1px; }}
QLabel {{ background: transparent; }}
{inks}

QPushButton {{ background: {t.surface}; color: {t.text}; border: 1px solid {edge}; border-radius: {CONTROL_RADIUS}px;
    padding: 0 {MEDIUM}px; min-height: {CONTROL_HEIGHT - 2}px; }}
QPushButton:hover {{ background: {hover}; }}
QPushButton:pressed, QPushButton:checked {{ background: {pressed}; }}
QPushButton:focus {{ border: 2px solid {t.accent}; padding: 0 {MEDIUM - 1}px; min-height: {CONTROL_HEIGHT - 4}px; }}
QPushButton:disabled {{ color: {t.faint}; border-color: {t.border}; background: {t.surface}; }}
QPushButton[kind="primary"] {{ background: {t.accent}; color: {t.on_accent}; border: 1px solid {t.accent}; }}
QPushButton[kind="primary"]:hover {{ background: {mix(t.accent, t.on_accent, 0.1)}; }}
QPushButton[kind="primary"]:pressed {{ background: {mix(t.accent, t.on_accent, 0.2)}; }}
QPushButton[kind="primary"]:focus {{ border: 2px solid {t.text}; }}
QPushButton[kind="primary"]:disabled {{ background: {mix(t.accent, t.surface, 0.6)};
    border-color: {mix(t.accent, t.surface, 0.6)}; color: {t.surface}; }}
QPushButton[kind="quiet"] {{ background: transparent; border: 1px solid transparent; color: {t.muted};
    padding: 0 {SMALL}px; }}
QPushButton[kind="quiet"]:hover {{ background: {hover}; color: {t.text}; }}
QPushButton[kind="quiet"]:pressed, QPushButton[kind="quiet"]:checked {{ background: {pressed}; color: {t.text}; }}
QPushButton[kind="quiet"]:focus {{ border: 2px solid {t.accent}; }}
QToolButton {{ background: transparent; color: {t.muted}; border: 1px solid transparent;
    border-radius: {CONTROL_RADIUS}px; min-height: {CONTROL_HEIGHT - 2}px; min-width: {CONTROL_HEIGHT - 2}px; }}
QToolButton:hover {{ background: {hover}; color: {t.text}; }}
QToolButton:pressed, QToolButton:checked {{ background: {pressed}; color: {t.text}; }}
QToolButton:focus {{ border: 2px solid {t.accent}; }}
QToolButton::menu-indicator {{ image: none; }}

QLineEdit, QPlainTextEdit, QSpinBox, QComboBox {{ background: {t.surface}; color: {t.text}; border: 1px solid {edge};
    border-radius: {CONTROL_RADIUS}px; padding: 0 {SMALL}px; selection-background-color: {t.accent};
    selection-color: {t.on_accent}; placeholder-text-color: {t.muted}; }}
QLineEdit, QSpinBox, QComboBox {{ min-height: {CONTROL_HEIGHT - 2}px; }}
QPlainTextEdit {{ padding: {TIGHT}px; }}
QLineEdit:focus, QPlainTextEdit:focus, QSpinBox:focus, QComboBox:focus {{ border: 2px solid {t.accent}; }}
QPlainTextEdit[surface="code"] {{ background: {t.code_ground}; border: 1px solid {t.border}; }}
QPlainTextEdit[surface="code"]:focus {{ border: 1px solid {t.accent}; }}
QComboBox QAbstractItemView {{ background: {t.surface}; color: {t.text}; selection-background-color: {t.selection};
    selection-color: {t.text}; border: 1px solid {edge}; outline: none; }}
QCheckBox, QRadioButton {{ spacing: {SMALL}px; min-height: {WIDE}px; background: transparent; }}
QCheckBox:focus, QRadioButton:focus {{ color: {t.accent}; }}

QScrollArea, QAbstractScrollArea[surface="bare"] {{ background: transparent; border: none; }}
QListView, QTreeView {{ background: transparent; border: none; outline: none; }}
QScrollBar:vertical {{ background: transparent; width: 10px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: 10px; margin: 0; }}
QScrollBar::handle {{ background: {mix(t.ground, t.text, 0.25)}; border-radius: 3px; margin: 2px; }}
QScrollBar::handle:vertical {{ min-height: {WIDE}px; }}
QScrollBar::handle:horizontal {{ min-width: {WIDE}px; }}
QScrollBar::handle:hover {{ background: {t.muted}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}

QMenu {{ background: {t.surface}; color: {t.text}; border: 1px solid {edge}; padding: {TIGHT}px; }}
QMenu::item {{ padding: 6px {WIDE}px 6px {MEDIUM}px; border-radius: {CONTROL_RADIUS}px; }}
QMenu::item:selected {{ background: {mix(t.selection, t.accent, 0.12)}; }}
QMenu::item:disabled {{ color: {t.muted}; }}
QMenu::separator {{ height: 1px; background: {t.border}; margin: {TIGHT}px {SMALL}px; }}
QToolTip {{ background: {t.raised}; color: {t.text}; border: 1px solid {edge}; padding: {TIGHT}px; }}
QTabBar::tab {{ background: transparent; color: {t.muted}; padding: {SMALL}px {MEDIUM}px;
    border-bottom: 2px solid transparent; }}
QTabBar::tab:selected {{ color: {t.text}; border-bottom: 2px solid {t.accent}; }}
QTabWidget::pane {{ border: none; border-top: 1px solid {t.border}; }}
"""
