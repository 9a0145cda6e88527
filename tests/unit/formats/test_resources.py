from pathlib import Path

import pytest

import desktop
from desktop.formats import resources


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(resources, "_kept", {})
    monkeypatch.setattr(resources, "_roots", lambda: (tmp_path / "wheel", tmp_path / "checkout"))
    (tmp_path / "checkout" / "phases").mkdir(parents=True)
    (tmp_path / "checkout" / "phases" / "a.svg").write_text("<svg>é</svg>", encoding="utf-8")
    return tmp_path


def test_a_checkout_reads_from_its_own_directory(shipped: Path) -> None:
    assert resources.resource_text("phases/a.svg") == "<svg>é</svg>"


def test_what_the_wheel_carries_is_taken_first(shipped: Path) -> None:
    (shipped / "wheel").mkdir()
    (shipped / "wheel" / "note").write_bytes(b"\x00wheel")
    (shipped / "checkout" / "note").write_bytes(b"checkout")

    assert resources.resource_bytes("note") == b"\x00wheel"


def test_fault_34_what_was_kept_outlives_its_files(shipped: Path) -> None:
    (shipped / "wheel" / "phases").mkdir(parents=True)
    (shipped / "wheel" / "phases" / "b.svg").write_bytes(b"b of the wheel")
    (shipped / "checkout" / "phases" / "b.svg").write_bytes(b"b of the checkout")
    (shipped / "checkout" / "phases" / "deeper").mkdir()

    resources.keep("phases", "no such folder")
    (shipped / "checkout" / "phases" / "a.svg").unlink()
    (shipped / "wheel" / "phases" / "b.svg").unlink()

    assert resources.resource_text("phases/a.svg") == "<svg>é</svg>"
    assert resources.resource_bytes("phases/b.svg") == b"b of the wheel"


def test_a_missing_resource_says_where_we_looked(shipped: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"'phases/none.svg' is in none of .*wheel.*checkout"):
        resources.resource_bytes("phases/none.svg")


@pytest.mark.parametrize("name", ["", "../pyproject.toml", "/etc/hostname", "a//b", "phases/./a.svg", "..\\x"])
def test_a_name_that_leads_outside_is_refused(shipped: Path, name: str) -> None:
    with pytest.raises(ValueError, match="not a resource name"):
        resources.resource_bytes(name)


def test_this_checkout_has_resources() -> None:
    assert any(root.is_dir() for root in resources._roots())


def test_a_resource_has_a_path_for_other_programs_and_a_missing_one_none() -> None:
    assert Path(resources.resource_path("icons/agent-tray.svg")).is_file()
    assert resources.resource_path("icons/none.svg") == ""


def test_a_package_that_is_no_directory_is_asked_for_what_it_carries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desktop, "__path__", ["/nowhere/archive.zip/desktop"])

    assert any(root.is_dir() for root in resources._roots())
