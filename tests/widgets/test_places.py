"""Directories as a person reads them."""

from pathlib import Path

from desktop.windows.places import short_path


def test_the_home_directory_is_a_tilde() -> None:
    assert short_path(f"{Path.home()}/src") == "\u2068~/src\u2069"
    assert short_path(str(Path.home())) == "\u2068~\u2069"
    assert short_path(f"{Path.home()}-other") == f"\u2068{Path.home()}-other\u2069"


def test_attack_45_a_directory_cannot_break_the_line() -> None:
    assert "\n" not in short_path("/src/a\nb")
