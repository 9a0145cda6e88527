import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as checked
from hypothesis import strategies as st

from desktop.domain.agent import Agent, HookSetup, OwnFile
from desktop.storage import hook_setup
from desktop.storage.hook_setup import SetupError
from tests.fakes.hook_agent import AGENT, RELAY

COMMAND = ("/usr/bin/python3", "-I", "-S", "/home/dev/.local/share/agent-tray/relay.py")
THEIRS = {"matcher": "*", "hooks": [{"type": "command", "command": "their-hook"}]}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "agent").mkdir()
    return tmp_path / "agent"


@pytest.fixture
def records(tmp_path: Path) -> Path:
    return tmp_path / "state" / "hooks"


def connect(home: Path, records: Path, command: tuple[str, ...] = COMMAND) -> hook_setup.Plan:
    made = plan_connect(home, records, command)
    hook_setup.apply(made)
    return made


def plan_connect(
    home: Path, records: Path, command: tuple[str, ...] = COMMAND, version: tuple[int, ...] = ()
) -> hook_setup.Plan:
    (made,) = hook_setup.plans_to_connect(AGENT, home, command, records, version)
    return made


def disconnect(home: Path, records: Path) -> None:
    for made in hook_setup.plans_to_disconnect(AGENT, home, records):
        hook_setup.apply(made)


def test_connecting_writes_our_entries_and_nothing_else(home: Path, records: Path) -> None:
    (home / "settings.json").write_text('{\n    "z": 1,\n    "a": {"x": [1, 2]}\n}\n')

    connect(home, records)

    text = (home / "settings.json").read_text()
    assert text.startswith('{\n    "z": 1,\n    "a": {"x": [1, 2]},\n    "hooks": {\n        "Ask": [\n')
    ours = {"type": "command", "command": COMMAND[0], "args": [*COMMAND[1:], "fake"]}
    assert json.loads(text)["hooks"] == {
        "Ask": [{"matcher": "*", "hooks": [ours | {"timeout": 86400, "statusMessage": "Waiting for you"}]}],
        "Stop": [{"hooks": [ours | {"timeout": 10, "async": True}]}],
    }
    assert hook_setup.is_connected(AGENT, home)


def test_an_event_the_version_may_not_know_is_left_out(home: Path, records: Path) -> None:
    assert b"Newer" not in (plan_connect(home, records).after or b"")
    assert b"Newer" in (plan_connect(home, records, version=(3, 1)).after or b"")


def test_planning_writes_nothing_and_shows_the_very_difference(home: Path, records: Path) -> None:
    (home / "settings.json").write_text("{}\n")

    plan = plan_connect(home, records)

    assert (home / "settings.json").read_text() == "{}\n"
    assert not records.exists()
    assert "-{}" in plan.diff
    assert '+            "command": "/usr/bin/python3",' in plan.diff


def test_connecting_twice_changes_nothing(home: Path, records: Path) -> None:
    (home / "settings.json").write_text(json.dumps({"hooks": {"Stop": [THEIRS]}}, indent=2))
    connect(home, records)

    plan = plan_connect(home, records)

    assert (plan.is_needed, plan.diff) == (False, "")


@pytest.mark.parametrize(
    "before",
    [
        None,
        b"",
        b"{}",
        b"{}\n",
        b'{"hooks": {}}',
        b'{"hooks":{"Stop":[]}}\n',
        b'{\r\n\t"a": 1.50,\r\n\t"hooks": {"Ask": [ ]}\r\n}',
        json.dumps({"hooks": {"Stop": [THEIRS], "Ask": [THEIRS]}, "é": "ü"}, indent=4, ensure_ascii=False).encode(),
        b'{"dup": 1, "dup": 2, "n": 1e400}',
    ],
)
def test_disconnecting_restores_every_byte(home: Path, records: Path, before: bytes | None) -> None:
    if before is not None:
        (home / "settings.json").write_bytes(before)
    connect(home, records)
    assert hook_setup.is_connected(AGENT, home)

    disconnect(home, records)

    assert ((home / "settings.json").read_bytes() if before is not None else None) == before
    assert (home / "settings.json").exists() == (before is not None)
    assert not hook_setup.is_connected(AGENT, home)
    assert list(records.iterdir()) == []


def test_a_second_connect_does_not_take_our_own_entries_for_what_was_before(home: Path, records: Path) -> None:
    (home / "settings.json").write_text('{"a": 1}')
    connect(home, records)
    connect(home, records, (*COMMAND[:3], "/elsewhere/agent-tray/relay.py"))

    disconnect(home, records)

    assert (home / "settings.json").read_text() == '{"a": 1}'


def test_entries_of_an_older_place_of_ours_are_replaced(home: Path, records: Path) -> None:
    connect(home, records, ("/old/python", "-I", "-S", "/old/agent-tray/relay.py"))

    connect(home, records)

    text = (home / "settings.json").read_text()
    assert "/old" not in text
    assert text.count(COMMAND[3]) == 2


def test_what_others_wrote_since_stays_and_only_ours_goes(home: Path, records: Path) -> None:
    (home / "settings.json").write_text(json.dumps({"hooks": {"Stop": []}, "a": 1}, indent=2))
    connect(home, records)
    changed = json.loads((home / "settings.json").read_text())
    changed["b"] = 2
    changed["hooks"]["Stop"].insert(0, THEIRS)
    (home / "settings.json").write_text(json.dumps(changed, indent=4))

    disconnect(home, records)

    assert (home / "settings.json").read_text() == json.dumps({"hooks": {"Stop": [THEIRS]}, "a": 1, "b": 2}, indent=4)


def test_a_list_that_was_there_empty_stays_when_only_ours_goes(home: Path, records: Path) -> None:
    (home / "settings.json").write_text('{\n  "hooks": {\n    "Stop": []\n  }\n}\n')
    connect(home, records)
    text = (home / "settings.json").read_text()
    (home / "settings.json").write_text(text + "\n")

    disconnect(home, records)

    assert (home / "settings.json").read_text() == '{\n  "hooks": {\n    "Stop": []\n  }\n}\n\n'


def test_our_handler_in_a_group_of_somebody_else_goes_alone(home: Path, records: Path) -> None:
    ours = {"type": "command", "command": "/p", "args": ["-I", "/x/agent-tray/relay.py", "fake"]}
    shared = {"matcher": "*", "hooks": [THEIRS["hooks"][0], ours]}  # type: ignore[index]
    (home / "settings.json").write_text(json.dumps({"hooks": {"Ask": [shared]}}))

    disconnect(home, records)

    assert json.loads((home / "settings.json").read_text()) == {"hooks": {"Ask": [THEIRS]}}


def test_hooks_that_only_look_like_ours_stay(home: Path, records: Path) -> None:
    others = [
        {"type": "command", "command": "/x/agent-tray/relay.py fake"},
        {"type": "command", "command": "/p", "args": ["/x/agent-tray/relay.py", "other"]},
        {"type": "command", "command": "/p", "args": ["/x/other/relay.py", "fake"]},
        {"type": "http", "url": "http://x"},
        "odd",
    ]
    text = json.dumps({"hooks": {"Ask": [{"hooks": others}, 3, {"hooks": 4}]}})
    (home / "settings.json").write_text(text)

    disconnect(home, records)

    assert (home / "settings.json").read_text() == text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@checked(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(
    rest=st.dictionaries(st.text(max_size=5), JSON, max_size=3),
    hooks=st.none() | st.dictionaries(st.sampled_from(["Ask", "Stop", "Else"]), st.lists(JSON, max_size=2)),
    style=st.sampled_from([None, 1, 2, "\t"]),
)
def test_whatever_the_settings_our_entries_come_and_go_without_a_trace(
    home: Path, records: Path, rest: dict[str, object], hooks: dict[str, object] | None, style: int | str | None
) -> None:
    rest.pop("hooks", None)
    data = rest if hooks is None else rest | {"hooks": hooks}
    text = json.dumps(data, indent=style)
    (home / "settings.json").write_text(text)
    connect(home, records)
    written = (home / "settings.json").read_text()
    assert {key: value for key, value in json.loads(written).items() if key != "hooks"} == rest
    (home / "settings.json").write_text(written + "\n")  # somebody else wrote: no shortcut by the backup

    disconnect(home, records)

    assert (home / "settings.json").read_text() == text + "\n"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b'{\n  "a": 1,\n}', "line 3"),
        (b"\xef\xbb\xbf{}", "byte order mark"),
        (b'{"a": "\xff"}', "UTF-8"),
        (b"[]", "object"),
        (b'{\n"hooks": []}', "line 2"),
        (b'{"hooks": {\n"Ask": {}}}', "line 2"),
        (b'{"hooks": {}, "hooks": {}}', "twice"),
        (b'{"hooks": {"Ask": [], "Ask": []}}', "once"),
        (b"[" * 100_000, "JSON|deep"),
        (b"{} trailing", "line 1"),
    ],
)
def test_settings_that_cannot_be_read_are_left_alone_with_a_reason(
    home: Path, records: Path, content: bytes, says: str
) -> None:
    (home / "settings.json").write_bytes(content)

    with pytest.raises(SetupError, match=says) as raised:
        connect(home, records)

    assert "settings.json" in str(raised.value)
    assert (home / "settings.json").read_bytes() == content
    assert not records.exists()
    assert not hook_setup.is_connected(AGENT, home)


def test_a_link_is_followed_and_stays_a_link(home: Path, records: Path, tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.json"
    real.write_text("{}")
    (home / "settings.json").symlink_to(real)

    connect(home, records)
    assert "relay.py" in real.read_text()
    disconnect(home, records)

    assert (home / "settings.json").is_symlink()
    assert real.read_text() == "{}"


@pytest.mark.parametrize("kind", ["dangling", "circle", "directory", "fifo", "device"])
def test_a_place_that_is_no_file_is_left_alone(home: Path, records: Path, kind: str) -> None:
    place = home / "settings.json"
    match kind:
        case "dangling":
            place.symlink_to(home / "nowhere")
        case "circle":
            place.symlink_to(place)
        case "directory":
            place.mkdir()
        case "fifo":
            os.mkfifo(place)
        case _:
            place.symlink_to("/dev/null")

    with pytest.raises(SetupError, match=r"settings|null"):
        connect(home, records)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs to give a file away")
def test_a_file_of_another_user_is_left_alone(home: Path, records: Path) -> None:
    (home / "settings.json").write_text("{}")
    os.chown(home / "settings.json", 65534, -1)

    with pytest.raises(SetupError, match="another user"):
        connect(home, records)


def test_a_directory_that_cannot_be_written_leaves_the_file_whole(
    home: Path, records: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "settings.json").write_text("{}")
    plan = plan_connect(home, records)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", str(home))

    monkeypatch.setattr(os, "replace", full)

    with pytest.raises(SetupError, match="No space left"):
        hook_setup.apply(plan)
    assert [each.name for each in home.iterdir()] == ["settings.json"]
    assert (home / "settings.json").read_text() == "{}"


def test_a_file_changed_since_the_plan_is_not_overwritten(home: Path, records: Path) -> None:
    (home / "settings.json").write_text("{}")
    plan = plan_connect(home, records)
    (home / "settings.json").write_text('{"new": 1}')

    with pytest.raises(SetupError, match="in the meantime"):
        hook_setup.apply(plan)

    assert (home / "settings.json").read_text() == '{"new": 1}'


def test_the_mode_of_the_file_is_kept(home: Path, records: Path) -> None:
    (home / "settings.json").write_text("{}")
    (home / "settings.json").chmod(0o640)

    connect(home, records)

    assert (home / "settings.json").stat().st_mode & 0o777 == 0o640


def test_an_agent_that_never_ran_here_is_said_so(tmp_path: Path, records: Path) -> None:
    with pytest.raises(SetupError, match="Start the agent once"):
        connect(tmp_path / "missing", records)


def test_attack_46_settings_of_a_project_are_not_looked_at(
    home: Path, records: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "settings.json").write_text("not json at all")
    (project / ".agent-tray.toml").write_text("allow = true")
    monkeypatch.chdir(project)

    connect(home, records)

    assert (project / "settings.json").read_text() == "not json at all"
    assert hook_setup.is_connected(AGENT, home)


def test_the_relay_is_copied_once_and_runs_with_the_named_interpreter(tmp_path: Path) -> None:
    place = hook_setup.install_relay(RELAY, tmp_path / "data" / "relay.py")
    first = place.stat().st_ino
    assert hook_setup.install_relay(RELAY, place).stat().st_ino == first

    command = hook_setup.relay_command(place)

    assert os.path.isabs(command[0])
    told = subprocess.run(
        [*command, "fake"], input=b"{}", capture_output=True, env={"XDG_RUNTIME_DIR": str(tmp_path)}, check=True
    )
    assert (told.stdout, told.stderr) == (b"", b"")


def test_a_frozen_program_names_the_interpreter_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.frozen", True, raising=False)

    assert hook_setup.relay_command(Path("/x/relay.py"))[0] == "/usr/bin/python3"


PLUGIN = OwnFile("plugins/agent-tray/tray.js", "demo/plugin.js")
PLUGGED = replace(AGENT, hook_setup=HookSetup(file="", events=(), command_name="fake", own_files=(PLUGIN,)))


@pytest.fixture
def plugged(monkeypatch: pytest.MonkeyPatch) -> Agent:
    content = b"// agent-tray\nconst words = @WORDS@\nconst line = @LINE@\n"
    monkeypatch.setattr(hook_setup, "resource_bytes", lambda name: content if name == PLUGIN.resource else b"")
    return PLUGGED


def change(made: list[hook_setup.Plan]) -> None:
    for plan in made:
        hook_setup.apply(plan)


def test_a_file_of_our_own_comes_with_its_folders_and_goes_with_them(home: Path, records: Path, plugged: Agent) -> None:
    change(hook_setup.plans_to_connect(plugged, home, COMMAND, records))

    text = (home / PLUGIN.path).read_text()
    assert f"const words = {json.dumps([*COMMAND, 'fake'])}\n" in text
    assert 'const line = "/usr/bin/python3 -I -S /home/dev/.local/share/agent-tray/relay.py fake"\n' in text
    assert hook_setup.is_connected(plugged, home)
    assert not any(plan.is_needed for plan in hook_setup.plans_to_connect(plugged, home, COMMAND, records))

    change(hook_setup.plans_to_disconnect(plugged, home, records))

    assert list(home.iterdir()) == []
    assert list(records.iterdir()) == []
    assert not hook_setup.is_connected(plugged, home)


def test_a_folder_that_others_used_since_stays(home: Path, records: Path, plugged: Agent) -> None:
    change(hook_setup.plans_to_connect(plugged, home, COMMAND, records))
    (home / "plugins" / "theirs.js").write_text("")

    change(hook_setup.plans_to_disconnect(plugged, home, records))

    assert [path.name for path in (home / "plugins").iterdir()] == ["theirs.js"]


def test_a_file_of_somebody_else_under_our_name_is_left_alone(home: Path, records: Path, plugged: Agent) -> None:
    (home / PLUGIN.path).parent.mkdir(parents=True)
    (home / PLUGIN.path).write_text("theirs")

    with pytest.raises(SetupError, match="not ours"):
        hook_setup.plans_to_connect(plugged, home, COMMAND, records)
    change(hook_setup.plans_to_disconnect(plugged, home, records))

    assert (home / PLUGIN.path).read_text() == "theirs"
    assert not hook_setup.is_connected(plugged, home)


def test_a_file_of_our_own_is_brought_up_to_date(home: Path, records: Path, plugged: Agent) -> None:
    change(hook_setup.plans_to_connect(plugged, home, ("/old", "/x/agent-tray/relay.py"), records))

    change(hook_setup.plans_to_connect(plugged, home, COMMAND, records))
    assert "/old" not in (home / PLUGIN.path).read_text()
    change(hook_setup.plans_to_disconnect(plugged, home, records))

    assert list(home.iterdir()) == []


def test_settings_may_lie_elsewhere_than_in_the_home(home: Path, records: Path, tmp_path: Path) -> None:
    assert AGENT.hook_setup is not None
    elsewhere = replace(AGENT, hook_setup=replace(AGENT.hook_setup, base=str(tmp_path / "shared"), file="a/hooks.json"))

    change(hook_setup.plans_to_connect(elsewhere, home, COMMAND, records))
    assert hook_setup.is_connected(elsewhere, home)
    assert list(home.iterdir()) == []
    change(hook_setup.plans_to_disconnect(elsewhere, home, records))

    assert not (tmp_path / "shared").exists()
