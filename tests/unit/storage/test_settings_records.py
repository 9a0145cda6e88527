"""Lists of records in the settings file: read, mended, kept."""

from dataclasses import replace
from pathlib import Path

import pytest

from desktop.domain.settings import ColourScheme, Settings, Task
from desktop.storage.settings_fields import SettingsUnreadable
from desktop.storage.settings_file import SettingsFile

WRITTEN = """\
version = 1
# mine
[[tasks]]
name = "Refunds"  # till May
directories = ["/home/dev/shop"]
colour = "green"

[[tasks]]
name = "Release"
branches = ["release/*"]
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "settings.toml"


@pytest.fixture
def file(path: Path, tmp_path: Path) -> SettingsFile:
    return SettingsFile(path, tmp_path / "last-good")


REFUNDS = Task("Refunds", directories=("/home/dev/shop",))
RELEASE = Task("Release", branches=("release/*",))


def test_every_table_is_a_record(file: SettingsFile, path: Path) -> None:
    path.write_text(WRITTEN)

    assert file.load() == (Settings(tasks=(REFUNDS, RELEASE)), ())


def test_what_did_not_change_is_not_touched(file: SettingsFile, path: Path) -> None:
    path.write_text(WRITTEN)
    settings, _ = file.load()

    file.save(replace(settings, look=replace(settings.look, scheme=ColourScheme.DARK)))

    assert path.read_text().startswith(WRITTEN)


def test_one_is_changed_one_removed_and_one_added_and_the_rest_is_kept(file: SettingsFile, path: Path) -> None:
    path.write_text(WRITTEN)
    settings, _ = file.load()

    new = (replace(REFUNDS, names=("*refund*",)), Task("Docs", directories=("/home/dev/docs",)))
    file.save(replace(settings, tasks=new))

    assert file.load() == (replace(settings, tasks=new), ())
    said = path.read_text()
    assert '# mine\n[[tasks]]\nname = "Refunds"  # till May\n' in said
    assert 'colour = "green"' in said
    assert "Release" not in said


def test_the_last_one_takes_the_list_with_it(file: SettingsFile, path: Path) -> None:
    path.write_text("[[tasks]]\nname = 'x'\n")
    settings, _ = file.load()

    file.save(replace(settings, tasks=()))

    assert "tasks" not in path.read_text()


def test_a_list_on_one_line_is_taken_and_may_be_added_to(file: SettingsFile, path: Path) -> None:
    path.write_text("tasks = [{name = 'x', branches = ['a']}]\n")
    settings, problems = file.load()

    assert (settings.tasks, problems) == ((Task("x", branches=("a",)),), ())
    file.save(replace(settings, tasks=(*settings.tasks, RELEASE)))
    assert file.load()[0].tasks == (Task("x", branches=("a",)), RELEASE)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("[[tasks]]\nbranches = ['a']", "tasks[2] has no name"),
        ("[[tasks]]\nname = 7", "tasks[2] has no name"),
        ("[[tasks]]\nname = ' '", "tasks[2] has no name"),
        (
            "[[tasks]]\nname = 'y'\nbranches = 'a'",
            "tasks[2] has a branches that has the wrong type; write a list of texts",
        ),
        ("[[tasks]]\nname = 'x'", "tasks[2] is called 'x' like another"),
    ],
)
def test_a_wrong_one_is_told_of_left_out_and_left_alone(file: SettingsFile, path: Path, wrong: str, said: str) -> None:
    path.write_text(f"[[tasks]]\nname = 'x'\n\n{wrong}\n")

    settings, problems = file.load()
    file.save(replace(settings, tasks=(*settings.tasks, RELEASE)))

    assert settings.tasks == (Task("x"),)
    assert [said in str(problem) for problem in problems] == [True]
    assert wrong in path.read_text()
    assert file.load()[0].tasks == (Task("x"), RELEASE)


@pytest.mark.parametrize("wrong", ["tasks = 7", "tasks = ['a']", "[tasks]\nname = 'x'"])
def test_what_is_no_list_is_told_of(file: SettingsFile, path: Path, wrong: str) -> None:
    path.write_text(wrong + "\n")

    settings, problems = file.load()

    assert settings.tasks == ()
    assert "Write each as [[tasks]]" in str(problems[0])
    with pytest.raises(SettingsUnreadable):
        file.save(replace(settings, tasks=(RELEASE,)))
    assert path.read_text() == wrong + "\n"


def test_a_flood_of_records_is_cut(file: SettingsFile, path: Path) -> None:
    path.write_text("".join(f"[[tasks]]\nname = 't{number}'\n" for number in range(300)))

    assert len(file.load()[0].tasks) == 200
