import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(place)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=50)
    return next(place.glob("agent_tray-*.whl"))


def test_the_wheel_carries_every_resource_and_nothing_but_the_program(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    resources = {f"desktop/_resources/{path.relative_to(ROOT / 'resources')}" for path in _files(ROOT / "resources")}

    assert resources <= set(names)
    assert {name.partition("/")[0] for name in names} == {"desktop", next(n for n in names if "/RECORD" in n)[:-7]}


def test_a_program_from_the_wheel_finds_its_resources(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    resource = _files(ROOT / "resources")[0]
    name = resource.relative_to(ROOT / "resources").as_posix()
    code = "import sys; sys.path.insert(0, sys.argv[1]); from desktop.formats import resources as r;"
    code += "print(r.__file__); sys.stdout.flush(); sys.stdout.buffer.write(r.resource_bytes(sys.argv[2]))"

    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, str(tmp_path), name], capture_output=True, check=True, timeout=50
    )

    where, _, content = done.stdout.partition(b"\n")
    assert where.decode().startswith(str(tmp_path))
    assert content == resource.read_bytes()


def test_the_wheel_installs_both_commands(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    entry_points = archive.read(next(name for name in archive.namelist() if name.endswith("entry_points.txt"))).decode()

    assert "agent-tray = desktop.app.main:main" in entry_points
    assert "agent-tray-hook = desktop.relay.main:main" in entry_points


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())
