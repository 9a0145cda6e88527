import ast
import importlib.util
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[3]
DEV = ROOT / "packaging" / "dev.py"
LOCKS = sorted((ROOT / "packaging").glob("requirements*.txt"))


@pytest.fixture
def dev() -> ModuleType:
    spec = importlib.util.spec_from_file_location("dev_under_test", DEV)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def bare(dev: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with an empty PATH, on which every command that is started is noted and fails."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def test_an_old_python_can_read_it_far_enough_to_be_told() -> None:
    ast.parse(DEV.read_text(encoding="utf-8"), feature_version=(3, 6))


def test_an_old_python_is_refused_in_a_sentence(dev: ModuleType, bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dev.sys, "version_info", (3, 8, 18))

    with pytest.raises(SystemExit, match=r"needs Python 3\.11 or newer, and this is 3\.8\."):
        dev.require_python()


@pytest.mark.parametrize("words", [[], ["fly"]])
def test_an_unknown_command_gets_the_list(words: list[str]) -> None:
    done = subprocess.run([sys.executable, DEV, *words], capture_output=True, text=True, timeout=60)

    assert done.returncode == 2
    assert all(f"  {command} " in done.stdout for command in ("run", "demo", "test", "bench"))


def test_missing_libraries_are_named_with_the_line_that_installs_them(
    dev: ModuleType, bare: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(dev, "loads", lambda soname: soname != "libEGL.so.1")
    (bare / "dnf").touch(mode=0o755)

    with pytest.raises(SystemExit):
        dev.ensure_libraries()

    said = capsys.readouterr().err
    assert "libEGL.so.1" in said
    assert "sudo dnf install libglvnd-egl" in said
    assert "pacman" not in said


def test_libraries_are_asked_for_by_a_name_that_can_be_loaded(dev: ModuleType) -> None:
    assert dev.loads("libc.so.6") or sys.platform != "linux"
    assert not dev.loads("libnot-there.so.9")
    assert all(re.fullmatch(r"lib[\w.+-]+\.so\.\d+", soname) for soname in dev.LIBRARIES)


def test_a_program_that_is_absent_or_fails_does_not_work(dev: ModuleType) -> None:
    assert dev.works(sys.executable, "-c", "")
    assert not dev.works(sys.executable, "-c", "raise SystemExit(3)")
    assert not dev.works("/nonexistent/program")


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_pin_has_a_version_and_hashes_and_no_address(lock: Path) -> None:
    content = lock.read_text(encoding="utf-8")
    pins = [line for line in content.splitlines() if re.match(r"[a-z]", line)]

    assert pins
    assert all(re.match(r"[a-z0-9._-]+==\S+( ; .+)? \\$", pin) for pin in pins)
    assert content.count("--hash=sha256:") >= len(pins)
    assert "://" not in content
    assert not re.search(r"^\s*--(?!hash)", content, re.MULTILINE)


def test_everything_the_project_depends_on_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pinned = set(re.findall(r"^([a-z0-9._-]+)==", (ROOT / "packaging" / "requirements.txt").read_text(), re.MULTILINE))

    wanted = {re.match(r"[\w.-]+", line)[0].lower() for line in project["dependencies"]}  # type: ignore[index]

    assert wanted <= pinned
