"""The person's settings in use: found, kept, and spoken of when that cannot be."""

import os
from dataclasses import replace

import pytest

from desktop.app.preferences import PART, Preferences
from desktop.domain.events import HealthReported
from desktop.domain.settings import ColourScheme, Look, Settings
from desktop.storage import paths
from tests.fakes.hook_agent import Events

DARK = Settings(look=Look(scheme=ColourScheme.DARK))


@pytest.fixture
def events() -> Events:
    return Events()


def health(events: Events) -> list[str]:
    assert {event.part for event in events.of(HealthReported)} <= {PART}
    return [event.text for event in events.of(HealthReported)]


def test_a_first_start_takes_the_defaults_and_says_nothing(events: Events) -> None:
    preferences = Preferences(events)

    assert preferences.settings == Settings()
    assert preferences.is_new
    assert events.all == []
    assert not paths.places().settings.exists()


def test_what_was_saved_is_found_by_the_next_start(events: Events) -> None:
    first = Preferences(events)
    first.save(DARK)

    assert first.settings == DARK
    assert Preferences(events).settings == DARK
    assert not Preferences(events).is_new
    assert health(events) == [""]


def test_one_who_kept_the_defaults_but_ran_it_before_is_not_new(events: Events) -> None:
    paths.places().ledger.parent.mkdir(parents=True)
    paths.places().ledger.write_bytes(b"")

    assert not Preferences(events).is_new


def test_a_file_that_cannot_be_parsed_is_named_and_left_alone_while_wishes_hold_for_the_run(events: Events) -> None:
    place = paths.places().settings
    place.parent.mkdir(parents=True)
    place.write_text("[look\nscheme = 'dark'\n")

    preferences = Preferences(events)
    assert f"{place}, line 1" in health(events)[0]
    preferences.save(DARK)

    assert preferences.settings == DARK
    assert place.read_text() == "[look\nscheme = 'dark'\n"
    assert health(events)[1].startswith("They hold until the end of this run. ")


def test_a_value_out_of_bounds_is_said_and_the_others_hold(events: Events) -> None:
    place = paths.places().settings
    place.parent.mkdir(parents=True)
    place.write_text("[look]\nscheme = 'dark'\nmini_opacity = 5000\n")

    preferences = Preferences(events)

    assert preferences.settings == replace(DARK, look=replace(DARK.look, mini_opacity=100))
    assert "mini_opacity" in health(events)[0]


def test_a_place_that_cannot_be_written_is_said_with_what_helps(events: Events) -> None:
    preferences = Preferences(events)
    folder = paths.places().settings.parent
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("a file in the place of our folder")

    preferences.save(DARK)

    assert preferences.settings == DARK
    told = events.of(HealthReported)[-1]
    assert told.text.startswith("They hold until the end of this run: ")
    assert str(folder) in told.text
    assert told.remedy == "Make the file writable."
    os.unlink(folder)
    preferences.save(DARK)
    assert health(events)[-1] == ""


def test_windows_keep_their_places_beside_the_settings(events: Events) -> None:
    Preferences(events).windows.put("mini", {"x": 1})

    assert Preferences(events).windows.get("mini") == {"x": 1}
    assert (paths.places().state / "windows.json").exists()
