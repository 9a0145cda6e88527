import os
from pathlib import Path

import pytest

from desktop.storage import paths
from desktop.storage.paths import UnsafeDirectoryError


@pytest.fixture
def base(tmp_path: Path) -> Path:
    tmp_path.chmod(0o700)
    return tmp_path


def test_the_runtime_directory_is_made_for_its_owner_alone(base: Path) -> None:
    made = paths.make_runtime_dir({"XDG_RUNTIME_DIR": str(base)})

    assert made == base / "agent-tray"
    assert made.stat().st_mode & 0o777 == 0o700


def test_the_runtime_directory_is_found_again(base: Path) -> None:
    first = paths.make_runtime_dir({"XDG_RUNTIME_DIR": str(base)})

    assert paths.make_runtime_dir({"XDG_RUNTIME_DIR": str(base)}) == first


@pytest.mark.parametrize("kind", ["link", "file", "open"])
def test_attack_24_a_runtime_directory_that_is_not_ours_alone_is_refused_with_a_remedy(base: Path, kind: str) -> None:
    place = base / "agent-tray"
    match kind:
        case "link":
            (base / "elsewhere").mkdir(mode=0o700)
            place.symlink_to(base / "elsewhere")
        case "file":
            place.touch()
        case _:
            place.mkdir()
            place.chmod(0o755)

    with pytest.raises(UnsafeDirectoryError, match=r"agent-tray.*Remove it"):
        paths.make_runtime_dir({"XDG_RUNTIME_DIR": str(base)})


def test_attack_25_what_listens_in_a_directory_open_to_others_is_not_believed(base: Path) -> None:
    made = paths.make_runtime_dir({"XDG_RUNTIME_DIR": str(base)})
    assert paths.is_ours_alone(made)

    made.chmod(0o770)

    assert not paths.is_ours_alone(made)
    assert not paths.is_ours_alone(base / "missing")


@pytest.mark.skipif(os.geteuid() != 0, reason="needs to give a directory away")
def test_attack_24_a_directory_of_another_user_is_refused(base: Path) -> None:
    (base / "agent-tray").mkdir(mode=0o700)
    os.chown(base / "agent-tray", 65534, -1)

    with pytest.raises(UnsafeDirectoryError):
        paths.make_runtime_dir({"XDG_RUNTIME_DIR": str(base)})


@pytest.mark.skipif(os.geteuid() != 0, reason="needs to give a directory away")
def test_attack_24_a_base_of_another_user_is_no_candidate(base: Path) -> None:
    os.chown(base, 65534, -1)

    assert base / "agent-tray" not in paths.runtime_candidates({"XDG_RUNTIME_DIR": str(base)})


def test_attack_24_an_unset_variable_leaves_a_place_that_the_socket_fits_in() -> None:
    candidates = paths.runtime_candidates({})

    assert candidates
    assert all(len(os.fsencode(each / paths.SOCKET)) <= paths.LONGEST_SOCKET_PATH for each in candidates)


def test_every_place_of_ours_carries_our_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))

    places = paths.places()

    assert {places.settings.parent.name, places.relay.parent.name, places.ledger.parent.name} == {"agent-tray"}
    assert not list(tmp_path.iterdir())
