"""The settings describe themselves well enough for a window and a file to be made from them."""

from dataclasses import fields

import pytest

from desktop.domain.settings import Settings

SECTIONS = [
    (section.name, field)
    for section in fields(Settings)
    if "record" not in section.metadata
    for field in fields(getattr(Settings(), section.name))
]


@pytest.mark.parametrize(("section", "field"), SECTIONS, ids=lambda value: getattr(value, "name", value))
def test_every_setting_has_a_label_a_sentence_and_bounds_that_hold_its_default(section: str, field: object) -> None:
    metadata = field.metadata  # type: ignore[attr-defined]
    default = getattr(getattr(Settings(), section), field.name)  # type: ignore[attr-defined]

    assert metadata["label"]
    assert metadata["help"].endswith(".")
    if type(default) is int:
        assert metadata["low"] <= default <= metadata["high"]
    else:
        assert metadata["low"] is metadata["high"] is None
