"""What differs since the last time is shown plainly, and bounded."""

from datetime import datetime, timedelta

import pytest
from pytestqt.qtbot import QtBot

from desktop.domain.board import Previous
from desktop.domain.ids import RequestId
from desktop.domain.settings import ColourScheme
from desktop.formats import words
from desktop.formats.palette import TEXT_RATIO, contrast
from desktop.windows.change_view import ChangeView
from desktop.windows.code_text import CodeText
from desktop.windows.labels import WrapLabel
from desktop.windows.theme import Theme
from tests.widgets.boards import NOW, permission

EARLIER = NOW - timedelta(minutes=30)


class Stage:
    """A view, and what can be read in it."""

    def __init__(self, qtbot: QtBot) -> None:
        self.theme = Theme(ColourScheme.LIGHT)
        self.view = ChangeView(self.theme, None)  # type: ignore[arg-type]  # a window here
        qtbot.addWidget(self.view)

    def compares(self, after: str, before: str | None, at: datetime = EARLIER) -> None:
        """Show the request *after*, with what was asked before."""
        request = permission(text=after)
        self.view.compare(request, None if before is None else Previous(RequestId("r1"), before, at))

    @property
    def says(self) -> str:
        """The words above the difference."""
        return self.view.findChild(WrapLabel).text()

    @property
    def lines(self) -> list[str]:
        """The difference, as far as it is shown."""
        text = self.view.findChild(CodeText)
        return text.toPlainText().split("\n") if text.isVisibleTo(self.view) else []


@pytest.fixture
def stage(qtbot: QtBot) -> Stage:
    return Stage(qtbot)


def test_what_was_never_asked_before_is_compared_with_nothing(stage: Stage) -> None:
    stage.compares("ls", "ls -a")
    stage.compares("ls", None)

    assert stage.view.isHidden()


def test_the_same_text_is_said_to_be_the_same(stage: Stage) -> None:
    stage.compares("make all", "make all")

    at = words.moment(EARLIER.astimezone(), NOW.astimezone())
    assert stage.says == f"Word for word what it asked at {at}."
    assert stage.lines == []
    assert not stage.view.isHidden()


def test_what_changed_is_shown_old_and_new(stage: Stage) -> None:
    stage.compares("cd src\nmake fast", "cd src\nmake all")

    assert stage.says.startswith("Different from what it asked at ")
    assert stage.lines == ["− make all", "+ make fast"]


def test_a_character_nobody_sees_is_a_difference_one_sees(stage: Stage) -> None:
    stage.compares("ls\u200b -a", "ls -a")

    assert stage.lines == ["− ls -a", "+ ls⟨U+200B⟩ -a"]


def test_a_text_that_imitates_a_token_is_not_called_the_same(stage: Stage) -> None:
    stage.compares("ls\u200b", "ls⟨U+200B⟩")

    assert stage.view.isHidden()


def test_of_very_much_the_rest_is_counted(stage: Stage) -> None:
    stage.compares("\n".join(f"new {n}" for n in range(50)), "\n".join(f"old {n}" for n in range(50)))

    assert len(stage.lines) == 61
    assert stage.lines[-1].startswith("… and 40 more")


def test_it_is_drawn_anew_in_another_scheme(stage: Stage) -> None:
    stage.compares("make fast", "make all")

    stage.theme.set_scheme(ColourScheme.DARK)

    assert stage.lines == ["− make all", "+ make fast"]


def test_it_can_be_reached_and_is_named(stage: Stage) -> None:
    assert stage.view.tab_stop.accessibleName() == "What changed since it last asked"


@pytest.mark.parametrize("scheme", [ColourScheme.LIGHT, ColourScheme.DARK])
def test_every_word_reads_well_on_its_ground(stage: Stage, scheme: ColourScheme) -> None:
    stage.theme.set_scheme(scheme)
    stage.compares("make fast all", "make slow all")

    tokens = stage.theme.tokens
    block = stage.view.findChild(CodeText).document().firstBlock()
    while block.isValid():
        for part in block.textFormats():
            style = part.format
            ink = (
                style.foreground().color().name() if style.hasProperty(style.Property.ForegroundBrush) else tokens.text
            )
            ground = style.background().color().name() if style.hasProperty(style.Property.BackgroundBrush) else None
            assert contrast(ink, ground or tokens.code_ground) >= TEXT_RATIO
        block = block.next()
