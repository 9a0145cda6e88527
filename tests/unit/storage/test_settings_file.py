"""What becomes of a person's settings file, whatever is in it."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from tomlkit import TOMLDocument

from desktop.domain.settings import Backend, ColourScheme, Settings
from desktop.storage.settings_fields import SettingsUnreadable
from desktop.storage.settings_file import SettingsFile


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config" / "settings.toml"


@pytest.fixture
def file(path: Path, tmp_path: Path) -> SettingsFile:
    path.parent.mkdir()
    return SettingsFile(path, tmp_path / "state" / "settings.toml.last-good")


def _dark(settings: Settings) -> Settings:
    return replace(settings, look=replace(settings.look, scheme=ColourScheme.DARK))


def test_without_a_file_the_defaults_hold(file: SettingsFile) -> None:
    assert file.load() == (Settings(), ())


def test_what_is_saved_is_what_is_loaded(file: SettingsFile) -> None:
    wanted = Settings(
        notifications=replace(Settings().notifications, backend=Backend.BASIC, finished=True, per_hour=3),
        look=replace(Settings().look, scheme=ColourScheme.DARK),
        answering=replace(Settings().answering, quick_replies=('say "yes"', "weiter\tso")),
    )

    file.save(wanted)

    assert file.load() == (wanted, ())


def test_comments_and_unknown_keys_survive_a_save(file: SettingsFile, path: Path) -> None:
    path.write_text(
        '# mine\nversion = 1\n[look]\nscheme = "light"  # bright room\nfuture = 3\n[plugins.x]\non = true\n'
    )

    settings, problems = file.load()
    file.save(_dark(settings))

    assert problems == ()
    assert path.read_text() == (
        '# mine\nversion = 1\n[look]\nscheme = "dark"  # bright room\nfuture = 3\n[plugins.x]\non = true\n'
    )


def test_only_what_was_chosen_is_written(file: SettingsFile, path: Path) -> None:
    file.save(_dark(Settings()))

    assert path.read_text() == 'version = 1\n\n[look]\nscheme = "dark"\n'


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('arming_ms = "fast"', "answering.arming_ms has the wrong type"),
        ("arming_ms = 1", "answering.arming_ms is out of bounds (1)"),
        ("arming_ms = true", "answering.arming_ms has the wrong type"),
        ("arming_ms = 700.5", "answering.arming_ms has the wrong type"),
        ("quick_replies = [1, 2]", "answering.quick_replies has the wrong type"),
    ],
)
def test_a_wrong_value_takes_its_default_and_is_named_with_its_line(
    file: SettingsFile, path: Path, line: str, says: str
) -> None:
    path.write_text(f"version = 1\n[answering]\n{line}\nhidden_hold_s = 30\n")

    settings, problems = file.load()

    assert settings == replace(Settings(), answering=replace(Settings().answering, hidden_hold_s=30))
    assert len(problems) == 1
    assert str(problems[0]).startswith(f"{path}, line 3: {says}. Write ")


def test_an_unknown_word_lists_the_words_that_are_known(file: SettingsFile, path: Path) -> None:
    path.write_text('[look]\nscheme = "pink"\n')

    _settings, problems = file.load()

    assert "cannot be 'pink'" in str(problems[0])
    assert '"system", "light", "dark"' in str(problems[0])


def test_a_boolean_that_is_a_word_is_not_guessed_at(file: SettingsFile, path: Path) -> None:
    path.write_text('[notifications]\nfinished = "yes"\n')

    settings, problems = file.load()

    assert settings.notifications.finished is False
    assert "is not true or false" in str(problems[0])


def test_a_section_that_is_a_number_is_a_problem_and_is_not_overwritten(file: SettingsFile, path: Path) -> None:
    path.write_text("version = 1\nlook = 3\n")

    settings, problems = file.load()

    assert settings == Settings()
    assert problems[0].line == 2
    with pytest.raises(SettingsUnreadable):
        file.save(_dark(settings))
    assert path.read_text() == "version = 1\nlook = 3\n"


@pytest.mark.parametrize(
    ("broken", "line"),
    [
        (b"version = 1\n[look\nscheme = 1\n", 2),
        (b"\xef\xbb\xbfversion = 1\n", 1),
        (b"version = 1\n# caf\xe9\n", 2),
        (b"version = 1\nversion = 2\n", 0),
        (b"a = " + b"[" * 100_000, 0),
        (b"#" * 300_000, 0),
    ],
)
def test_fault_23_an_invalid_file_means_the_last_good_one_and_is_never_overwritten(
    file: SettingsFile, path: Path, broken: bytes, line: int
) -> None:
    file.save(_dark(Settings()))
    path.write_bytes(broken)

    settings, problems = file.load()

    assert settings == _dark(Settings())
    assert len(problems) == 1
    assert not line or problems[0].line == line
    with pytest.raises(SettingsUnreadable):
        file.save(Settings())
    assert path.read_bytes() == broken


def test_an_invalid_file_without_a_last_good_one_means_the_defaults(file: SettingsFile, path: Path) -> None:
    path.write_text("= 3")

    settings, problems = file.load()

    assert settings == Settings()
    assert "line 1" in str(problems[0])


def test_a_file_of_a_newer_version_is_read_but_not_written(file: SettingsFile, path: Path) -> None:
    path.write_text('version = 9\n[look]\nscheme = "dark"\n')

    settings, problems = file.load()

    assert settings == _dark(Settings())
    assert "newer" in str(problems[0])
    with pytest.raises(SettingsUnreadable):
        file.save(settings)


def test_an_older_version_is_migrated_step_by_step(path: Path, tmp_path: Path) -> None:
    def rename(document: TOMLDocument) -> None:
        document["look"] = {"scheme": document.pop("colours")}

    path.parent.mkdir()
    path.write_text('version = 1\ncolours = "dark"\n')
    file = SettingsFile(path, tmp_path / "last-good", migrations=(rename,))

    assert file.load() == (_dark(Settings()), ())
    file.save(Settings())
    assert "version = 2" in path.read_text()
    assert "colours" not in path.read_text()


def test_a_link_into_somebodys_dotfiles_stays_a_link(file: SettingsFile, path: Path, tmp_path: Path) -> None:
    target = tmp_path / "dotfiles.toml"
    target.write_text("version = 1\n")
    path.symlink_to(target)

    file.save(_dark(Settings()))

    assert path.is_symlink()
    assert "dark" in target.read_text()


@pytest.mark.skipif(os.name != "posix", reason="modes are of POSIX")
def test_the_files_mode_is_kept_and_a_new_one_is_private(file: SettingsFile, path: Path) -> None:
    file.save(_dark(Settings()))
    assert path.stat().st_mode & 0o777 == 0o600

    path.chmod(0o644)
    file.save(Settings())

    assert path.stat().st_mode & 0o777 == 0o644


def test_a_failed_save_leaves_the_old_file_and_no_litter(
    file: SettingsFile, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.save(_dark(Settings()))
    before = path.read_bytes()

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        file.save(Settings())

    assert path.read_bytes() == before
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]
