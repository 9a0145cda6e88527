"""One value of the settings file: checked, and said in words."""

import dataclasses

import pytest

from desktop.domain.settings import Look, Notifications
from desktop.storage import settings_fields


def field_of(record: object, name: str) -> "dataclasses.Field[object]":
    return next(field for field in dataclasses.fields(record) if field.name == name)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("scheme", "dark", ""),
        ("scheme", "green", "cannot be 'green'"),
        ("mini_window", True, ""),
        ("mini_window", 1, "is not true or false"),
        ("mini_opacity", 30, ""),
        ("mini_opacity", 29, "is out of bounds (29)"),
        ("mini_opacity", True, "has the wrong type"),
        ("mini_opacity", "30", "has the wrong type"),
    ],
)
def test_a_value_fits_its_field_or_it_is_said_why_not(name: str, value: object, said: str) -> None:
    field, default = field_of(Look, name), getattr(Look(), name)
    if not said:
        assert settings_fields.checked(value, field, default) == value
        return
    with pytest.raises(ValueError, match=r".") as refused:
        settings_fields.checked(value, field, default)
    assert str(refused.value) == said


def test_what_may_be_written_instead_is_told_for_every_sort() -> None:
    assert settings_fields.wish(True, None, None) == "true or false"
    assert settings_fields.wish(3, 1, 9) == "a whole number from 1 to 9"
    assert settings_fields.wish((), None, None).startswith("a list of texts")
    assert settings_fields.wish(Notifications().backend, None, None) == 'one of "automatic", "basic", "none"'


def test_values_are_given_as_the_file_and_as_a_person_has_them() -> None:
    assert settings_fields.plain(("a",)) == ["a"]
    assert (settings_fields.words(True), settings_fields.words((1,)), settings_fields.words(7)) == (
        "true",
        "the default",
        "7",
    )


def test_the_line_that_sets_a_key_is_found() -> None:
    text = 'version = 1\n[look]\nscheme = "x"\n[other]\nscheme = 1\n'

    assert settings_fields.line_of(text, "look", "scheme") == 3
    assert settings_fields.line_of("look.scheme = 1\n", "look", "scheme") == 1
    assert settings_fields.line_of(text, "look", "nowhere") == 0
