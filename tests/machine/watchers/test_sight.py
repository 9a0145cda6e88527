"""The watching thread, with real processes, files and inotify."""

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from desktop.domain.agent import LiveState, LogHead
from desktop.domain.events import (
    ActivitySeen,
    EvidenceGiven,
    HealthReported,
    ProcessEnded,
    SessionDescribed,
    SessionEnded,
    TurnStarted,
)
from desktop.domain.session import Claim, Source
from desktop.watchers.ears import Ears, Interest
from desktop.watchers.pace import Pace
from desktop.watchers.runner import NO_LIVE_STATE
from desktop.watchers.sight import WATCHING
from desktop.watchers.stand_ins import CLEARED, RENAMED
from tests.fakes.fake_agent_record import FAKE, PROGRAM, Heard, MemoryCursors, read_live_state, transcript_paths
from tests.machine.watchers.conftest import Begin, Launch

SOON = 1.0  # what a person is promised


def says(session: str, claim: Claim) -> object:
    return lambda event: isinstance(event, EvidenceGiven) and event.session == session and event.evidence.claim is claim


def acts(text: str) -> object:
    return lambda event: isinstance(event, ActivitySeen) and event.text == text


def described(session: str) -> object:
    return lambda event: isinstance(event, SessionDescribed) and event.session == session


def log_path(home: Path, project: Path, session: str = "one") -> Path:
    return Path(transcript_paths(str(home), session, str(project))[0])


def test_a_session_that_ran_before_is_seen_at_the_start(begin: Begin, launch: Launch, heard: Heard) -> None:
    agent = launch()

    begin()

    event, _ = heard.wait(described("fake:one"))
    assert isinstance(event, SessionDescribed)
    assert event.pid == agent.pid


def test_a_new_session_in_a_home_that_did_not_exist_is_seen_within_a_second(
    begin: Begin, launch: Launch, heard: Heard
) -> None:  # fault 13
    begin()
    agent = launch()

    began = time.monotonic()
    _, at = heard.wait(described("fake:one"))

    assert at - began < SOON
    agent.does("status", "busy")
    began = time.monotonic()
    _, at = heard.wait(says("fake:one", Claim.WORKING))
    assert at - began < 0.25


def test_fault_13_a_directory_made_just_before_it_is_listened_for_is_found(
    begin: Begin, launch: Launch, heard: Heard, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listen = Ears.listen
    home.mkdir()

    def listen_late(ears: Ears, interests: Mapping[str, Interest]) -> frozenset[str]:
        if not (home / "live").exists():
            launch()  # its live-state directory appears after we have seen that there is none
        return listen(ears, interests)

    monkeypatch.setattr(Ears, "listen", listen_late)
    began = time.monotonic()
    begin(pace=Pace(scan_busy=60.0, scan_quiet=60.0, reconcile_live=60.0))

    _, at = heard.wait(described("fake:one"))
    assert at - began < SOON


def test_a_session_in_a_home_of_its_own_is_found_by_its_process(
    begin: Begin, launch: Launch, heard: Heard, tmp_path: Path
) -> None:
    begin()
    elsewhere = tmp_path / "elsewhere"

    launch("two", at=elsewhere, FAKE_HOME=str(elsewhere))

    event, _ = heard.wait(described("fake:two"), 3.0)
    assert isinstance(event, SessionDescribed)
    assert event.home == str(elsewhere)


def test_a_birth_directory_tells_of_a_session_anywhere_at_once(
    begin: Begin, launch: Launch, heard: Heard, tmp_path: Path
) -> None:
    births = tmp_path / "births"
    births.mkdir()
    begin(pace=Pace(scan_busy=60.0, scan_quiet=60.0), FAKE_BIRTHS=str(births))
    heard_before = len(heard.events)
    elsewhere = tmp_path / "elsewhere"
    agent = launch("two", at=elsewhere, FAKE_HOME=str(elsewhere))

    (births / str(agent.pid)).touch()

    heard.wait(described("fake:two"), SOON, heard_before)


def test_a_killed_process_is_gone_at_once(begin: Begin, launch: Launch, heard: Heard) -> None:
    agent = launch()
    begin()
    heard.wait(described("fake:one"))

    began = time.monotonic()
    agent.kill()

    event, at = heard.wait(lambda event: isinstance(event, ProcessEnded))
    assert isinstance(event, ProcessEnded)
    assert event.pid == agent.pid
    assert at - began < 0.25


def test_a_file_left_by_a_killed_process_brings_no_session(begin: Begin, launch: Launch, heard: Heard) -> None:
    dead = launch("dead")
    dead.kill()
    launch("alive")

    begin()

    heard.wait(described("fake:alive"))
    assert not [event for event in heard.of(SessionDescribed) if described("fake:dead")(event)]


def test_fault_30_a_reused_pid_is_not_taken_for_the_process_before(begin: Begin, home: Path, heard: Heard) -> None:
    live = home / "live"
    live.mkdir(parents=True)
    mine = f'{{"pid": {os.getpid()}, "session": "old", "started": "1", "cwd": "/", "status": "busy"}}'
    (live / f"{os.getpid()}.json").write_text(mine)

    sight = begin()
    sight.stop(5.0)

    assert heard.of(SessionDescribed) == []


def test_attack_43_a_file_that_speaks_for_another_process_is_not_heard(
    begin: Begin, launch: Launch, home: Path, heard: Heard
) -> None:
    agent = launch()
    forged = (home / "live" / f"{agent.pid}.json").read_text().replace('"one"', '"forged"')
    (home / "live" / "1.json").write_text(forged)

    begin()

    heard.wait(described("fake:one"))
    assert not [event for event in heard.events if described("fake:forged")(event)]


@pytest.mark.parametrize("native", ["../../etc/passwd", "a\nb", "'; DROP TABLE waits; --", "x" * 10_000])
def test_attack_44_an_id_that_is_no_id_brings_no_session(
    begin: Begin, launch: Launch, heard: Heard, native: str
) -> None:
    launch(native)
    launch("honest")

    begin()

    heard.wait(described("fake:honest"))
    assert {event.session for event in heard.of(SessionDescribed)} == {"fake:honest"}


def test_clearing_ends_the_old_conversation_and_shows_the_new(begin: Begin, launch: Launch, heard: Heard) -> None:
    agent = launch()
    begin()
    heard.wait(described("fake:one"))

    agent.does("clear", "other")

    heard.wait(described("fake:other"))
    ended = heard.of(SessionEnded)
    assert [(event.session, event.why) for event in ended] == [("fake:one", CLEARED)]
    assert heard.events.index(ended[0]) < next(
        index for index, event in enumerate(heard.events) if described("fake:other")(event)
    )


def test_a_session_open_in_two_processes_ends_only_with_the_last(begin: Begin, launch: Launch, heard: Heard) -> None:
    first, second = launch("one"), launch("one")
    begin()
    heard.wait(lambda event: says("fake:one", Claim.RESTING)(event) and event.evidence.origin == str(first.pid))
    heard.wait(lambda event: says("fake:one", Claim.RESTING)(event) and event.evidence.origin == str(second.pid))

    second.does("clear", "other")

    heard.wait(described("fake:other"))
    assert heard.of(SessionEnded) == []


def test_a_vanished_file_of_a_living_process_makes_its_source_silent(
    begin: Begin, launch: Launch, heard: Heard
) -> None:
    agent = launch()
    begin()
    heard.wait(described("fake:one"))

    agent.does("forget")

    event, _ = heard.wait(says("fake:one", Claim.SILENT))
    assert event.evidence.source is Source.LIVE_STATE
    assert heard.of(ProcessEnded) == []


def test_a_transcript_that_appears_later_is_followed(begin: Begin, launch: Launch, heard: Heard) -> None:
    agent = launch()
    begin()
    heard.wait(described("fake:one"))

    agent.logs("prompt", text="hello")
    heard.wait(lambda event: isinstance(event, TurnStarted))
    agent.logs("activity", text="first")
    began = time.monotonic()
    _, at = heard.wait(acts("first"))

    assert at - began < 0.25
    assert len(heard.of(TurnStarted)) == 1


def test_the_past_of_a_transcript_is_summed_up(begin: Begin, launch: Launch, heard: Heard) -> None:
    agent = launch()
    for turn in range(3):
        agent.logs("prompt", text=f"turn {turn}")
        for step in range(5):
            agent.logs("activity", text=f"step {step}")

    begin()

    heard.wait(acts("step 4"))
    assert [event.prompt for event in heard.of(TurnStarted)] == ["turn 2"]
    assert len(heard.of(ActivitySeen)) == 1


def test_the_last_words_of_a_process_are_heard_before_its_end(begin: Begin, launch: Launch, heard: Heard) -> None:
    agent = launch()
    agent.logs("prompt", text="hello")
    begin()
    heard.wait(lambda event: isinstance(event, TurnStarted))

    agent.logs("activity", text="last")
    agent.kill()

    heard.wait(lambda event: isinstance(event, ProcessEnded))
    kinds = [type(event) for event in heard.events]
    assert kinds.index(ActivitySeen) < kinds.index(ProcessEnded)


def test_an_old_version_is_shown_by_its_process_until_it_is_known_by_its_own_id(
    begin: Begin, launch: Launch, heard: Heard, home: Path
) -> None:
    agent = launch("one", "--no-state", FAKE_HOME=str(home))
    begin(pace=Pace(stand_in_after=0.5))

    event, _ = heard.wait(described(f"fake:pid-{agent.pid}"), 6.0)
    heard.wait(lambda event: isinstance(event, EvidenceGiven) and event.evidence.detail == NO_LIVE_STATE)
    agent.does("remember")
    heard.wait(described("fake:one"))

    assert isinstance(event, SessionDescribed)
    ended, _ = heard.wait(lambda event: isinstance(event, SessionEnded))
    assert ended.why == RENAMED


def test_an_old_version_is_known_by_the_transcript_it_writes(
    begin: Begin, launch: Launch, heard: Heard, home: Path
) -> None:
    begin(pace=Pace(stand_in_after=0.5))
    agent = launch("one", "--no-state", FAKE_HOME=str(home))
    heard.wait(described(f"fake:pid-{agent.pid}"), 6.0)

    agent.logs("prompt", text="hello")

    heard.wait(described("fake:one"), 6.0)
    heard.wait(lambda event: isinstance(event, TurnStarted) and event.session == "fake:one")


def test_an_agent_without_live_state_is_known_by_its_log_within_a_second(
    begin: Begin, launch: Launch, heard: Heard, home: Path, project: Path
) -> None:
    silent = replace(
        FAKE,
        live_state_dir="",
        log_dirs=lambda home, cwd, _now: [f"{home}/logs/{cwd.replace('/', '-')}"],
        read_log_head=lambda _raw, path: LogHead(Path(path).stem, str(project)),
    )
    begin(silent)
    agent = launch("one", "--no-state", FAKE_HOME=str(home))
    heard.wait(described(f"fake:pid-{agent.pid}"), 6.0)

    began = time.monotonic()
    agent.logs("prompt", text="hello")
    _, at = heard.wait(lambda event: isinstance(event, TurnStarted) and event.session == "fake:one")

    assert at - began < 1.0


def test_fault_11_after_lost_events_everything_is_looked_at(begin: Begin, launch: Launch, heard: Heard) -> None:
    sight = begin()
    heard_nothing = Pace().reconcile_live
    agent = launch()
    heard.wait(described("fake:one"))
    scene = sight._scene
    assert scene is not None
    scene._ears._interests = {}  # from now on nothing is heard
    agent.does("status", "busy")

    scene._ears._on_overflowed()

    _, at = heard.wait(says("fake:one", Claim.WORKING), heard_nothing / 2)
    assert at


def test_fault_13_a_home_that_is_removed_and_comes_back_is_watched_again(
    begin: Begin, launch: Launch, heard: Heard, home: Path
) -> None:
    agent = launch()
    begin()
    heard.wait(described("fake:one"))
    agent.does("forget")
    (home / "live").rmdir()
    heard.wait(says("fake:one", Claim.SILENT))
    before = len(heard.events)

    agent.does("status", "busy")

    heard.wait(says("fake:one", Claim.WORKING), 2.0, before)


@pytest.mark.logs_errors
def test_fault_38_a_failing_loop_is_started_again_and_says_so(
    begin: Begin, launch: Launch, heard: Heard, caplog: pytest.LogCaptureFixture
) -> None:
    failures = iter([True])

    def fail_once(content: bytes, home: str) -> LiveState | None:
        if next(failures, False):
            raise RuntimeError("injected")
        return read_live_state(content, home)

    launch()
    with caplog.at_level(logging.CRITICAL, "desktop.watchers.sight"):
        begin(replace(FAKE, read_live_state=fail_once), Pace(calm=0.2))

        heard.wait(described("fake:one"))
        heard.wait(lambda event: isinstance(event, HealthReported) and event.part == WATCHING and event.text != "")
        heard.wait(lambda event: isinstance(event, HealthReported) and event.part == WATCHING and event.text == "")


@pytest.mark.logs_errors
def test_fault_38_a_process_that_ends_while_the_loop_is_down_is_reported(
    begin: Begin, launch: Launch, heard: Heard, caplog: pytest.LogCaptureFixture
) -> None:
    agent = launch()

    def fail_when_busy(content: bytes, home: str) -> LiveState | None:
        if b"busy" in content:
            os.kill(agent.pid, 9)
            raise RuntimeError("injected")
        return read_live_state(content, home)

    with caplog.at_level(logging.CRITICAL, "desktop.watchers.sight"):
        begin(replace(FAKE, read_live_state=fail_when_busy))
        heard.wait(described("fake:one"))
        assert agent.process.stdin is not None
        agent.process.stdin.write('["status", "busy"]\n')
        agent.process.stdin.flush()

        event, _ = heard.wait(lambda event: isinstance(event, ProcessEnded))

    assert isinstance(event, ProcessEnded)
    assert event.pid == agent.pid


@pytest.mark.logs_errors
def test_fault_38_a_store_that_cannot_keep_places_costs_only_the_places(
    begin: Begin, launch: Launch, heard: Heard, cursors: MemoryCursors, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(_: object) -> None:
        raise OSError("no space left on device")

    cursors.save = refuse  # type: ignore[method-assign]
    agent = launch()
    agent.logs("prompt", text="hello")
    with caplog.at_level(logging.CRITICAL, "desktop.watchers.sight"):
        sight = begin(pace=Pace(save_every=0.0, calm=0.1, reconcile_live=0.2))
        heard.wait(lambda event: isinstance(event, HealthReported) and event.text != "")
        before = len(heard.events)

        agent.does("status", "busy")

        heard.wait(says("fake:one", Claim.WORKING), 5.0, before)
        sight.stop(2.0)
    assert not sight._thread.is_alive()


def test_stopping_ends_the_threads_and_keeps_the_places(
    begin: Begin, launch: Launch, heard: Heard, cursors: MemoryCursors, home: Path, project: Path
) -> None:
    agent = launch()
    agent.logs("prompt", text="hello")
    sight = begin()
    heard.wait(lambda event: isinstance(event, TurnStarted))

    began = time.monotonic()
    sight.stop(2.0)

    assert time.monotonic() - began < 1.0
    assert not {thread.name for thread in threading.enumerate()} & {"sight", "directory watch"}
    path = log_path(home, project)
    assert cursors.kept[str(path)].offset == path.stat().st_size


def test_many_sessions_need_no_more_threads_than_one(begin: Begin, launch: Launch, heard: Heard) -> None:
    begin()
    launch("s0")
    heard.wait(described("fake:s0"))
    before = threading.active_count()

    for number in range(1, 6):
        launch(f"s{number}").logs("prompt", text="hello")
    heard.wait(described("fake:s5"))

    assert threading.active_count() == before


def test_an_idle_session_costs_no_reading_and_few_wake_ups(begin: Begin, launch: Launch, heard: Heard) -> None:
    agent = launch()
    for _ in range(500):
        agent.logs("activity", text="x" * 500)
    sight = begin(pace=Pace(quiet_after=0.0))
    heard.wait(lambda event: isinstance(event, ActivitySeen))
    tail = next(iter(sight._scene._transcripts._follows.values()))._tail
    read = tail.bytes_read
    task = Path(f"/proc/self/task/{sight._thread.native_id}/status")

    def switches() -> int:
        line = next(line for line in task.read_text().splitlines() if line.startswith("voluntary"))
        return int(line.split()[1])

    began, before = time.monotonic(), switches()
    threading.Event().wait(10.0)
    rate = (switches() - before) / (time.monotonic() - began)

    assert tail.bytes_read == read
    assert rate <= 0.6


def _can_contain() -> bool:
    return subprocess.run(["unshare", "-Urp", "--fork", "true"], capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not _can_contain(), reason="no namespaces here")
def test_an_agent_in_a_container_is_not_taken_for_one_of_this_machine(
    begin: Begin, launch: Launch, heard: Heard, home: Path, project: Path
) -> None:
    inside = [sys.executable, str(PROGRAM), str(home), "contained", "--cwd", str(project)]
    contained = subprocess.Popen(
        ["unshare", "-Urp", "--fork", *inside], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert contained.stdout is not None
    contained.stdout.readline()
    beside = launch("beside")

    begin(replace(FAKE, live_state_dir="", read_live_state=None))  # both are there before the first look

    heard.wait(lambda event: isinstance(event, SessionDescribed) and event.pid == beside.pid)
    # One scan tells of processes in the order of their numbers: the contained one would have come first.
    assert {event.pid for event in heard.of(SessionDescribed) if isinstance(event, SessionDescribed)} == {beside.pid}
    contained.communicate('["quit"]\n', timeout=10)
