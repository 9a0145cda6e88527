"""A rule is shown whole, and taken only when ticked."""

import pytest
from pytestqt.qtbot import QtBot

from desktop.domain.requests import Suggestion
from desktop.domain.settings import ColourScheme
from desktop.windows.labels import WrapLabel
from desktop.windows.rule_box import RuleBox
from desktop.windows.theme import Theme


@pytest.mark.parametrize("rule", ["pytest:*", "Edit(" + "deep/" * 60 + "**)", "one\ntwo"])
def test_the_whole_rule_is_there_and_read_out(qtbot: QtBot, rule: str) -> None:
    theme = Theme(ColourScheme.LIGHT)
    box = RuleBox(Suggestion(rule), theme, None)  # type: ignore[arg-type]  # a window here
    qtbot.addWidget(box)

    assert box.findChild(WrapLabel).text() == rule
    assert box.box.accessibleName().endswith(rule)
    assert not box.is_taken
    box.box.setChecked(True)
    assert box.is_taken


def test_attack_3_a_rule_hides_no_character(qtbot: QtBot) -> None:
    theme = Theme(ColourScheme.LIGHT)
    box = RuleBox(Suggestion("\u0430pt:*"), theme, None)  # type: ignore[arg-type]
    qtbot.addWidget(box)

    assert "U+0430" in box.findChild(WrapLabel).text()
