"""Our backend against a real bus and a fake daemon, message for message."""

import re
from collections.abc import Callable

import pytest
from pytestqt.qtbot import QtBot

from desktop.domain.notices import Act, Button, Urgency
from desktop.notifications.freedesktop import FreedesktopNotifier
from desktop.notifications.on_screen import OnScreen, ScreenMemory
from desktop.notifications.server_watch import Patience
from desktop.notifications.session_bus import SessionBus
from tests.fakes.notices import decision, news
from tests.fakes.private_bus import Daemon, PrivateBus
from tests.machine.notifications.conftest import HASTE, Desk

Start = Callable[..., Daemon]


def keys(report: dict[str, object]) -> dict[str, str]:
    """Label of each action to its key."""
    call = report["notify"]
    assert isinstance(call, dict)
    actions = call["actions"]
    return dict(zip(actions[1::2], actions[0::2], strict=True))


def notified(report: dict[str, object]) -> dict[str, object]:
    call = report["notify"]
    assert isinstance(call, dict)
    return call


def test_a_decision_is_said_with_the_exact_types_of_the_specification(desk: Desk, daemon: Start) -> None:
    server = daemon()
    desk.start()

    desk.notifier.raise_notice(decision("make <all> & go"))

    report = desk.until_told(server, "notify")
    call = notified(report)
    assert call["signature"] == "susssasa{sv}i"
    assert call["hints"] == {
        "urgency": ["y", 2],
        "desktop-entry": ["s", "io.github.agenttray.AgentTray"],
        "category": ["s", "im.received"],
    }
    assert (call["replaces"], call["timeout"], call["app_name"]) == (0, 0, "Agent Tray")
    assert call["title"] == "api: wants to run a command"
    assert call["body"] == "make &lt;all&gt; &amp; go"
    assert list(keys(report)) == ["Allow", "Deny", "Review…", "Open"]
    assert keys(report)["Open"] == "default"
    assert all(re.fullmatch("a:[0-9a-f]{24}", keys(report)[label]) for label in ("Allow", "Deny", "Review…"))


def test_markup_is_left_alone_for_a_server_that_draws_none(desk: Desk, daemon: Start) -> None:
    server = daemon("--capabilities", "actions,body")
    desk.start()

    desk.notifier.raise_notice(decision("a < b && <b>c</b>"))

    assert notified(desk.until_told(server, "notify"))["body"] == "a < b && <b>c</b>"


def test_news_fades_after_ten_seconds_without_sound(desk: Desk, daemon: Start) -> None:
    server = daemon()
    desk.start()

    desk.notifier.raise_notice(news(urgency=Urgency.LOW))

    call = notified(desk.until_told(server, "notify"))
    assert call["timeout"] == 10_000
    hints = call["hints"]
    assert isinstance(hints, dict)
    assert (hints["urgency"], hints["transient"], hints["suppress-sound"]) == (["y", 0], ["b", True], ["b", True])


@pytest.mark.parametrize("delivery", ["unicast", "broadcast"])
def test_a_press_on_allow_arrives_once_with_the_notice_it_stood_on(desk: Desk, daemon: Start, delivery: str) -> None:
    server = daemon("--delivery", delivery)
    desk.start()
    notice = decision()
    desk.notifier.raise_notice(notice)
    report = desk.until_told(server, "notify")

    server.do(token=report["id"], text="token-7")
    server.do(click=report["id"], key=keys(report)["Allow"])

    desk.until(lambda: bool(desk.acted))
    assert [(acted.notice, acted.act, acted.activation_token) for acted in desk.acted] == [
        (notice, Act.ALLOW, "token-7")
    ]


def test_the_plain_click_opens(desk: Desk, daemon: Start) -> None:
    server = daemon()
    desk.start()
    desk.notifier.raise_notice(decision())
    report = desk.until_told(server, "notify")

    server.do(click=report["id"], key="default")

    desk.until(lambda: bool(desk.acted))
    assert desk.acted[0].act is Act.OPEN


def test_a_chosen_option_says_which(desk: Desk, daemon: Start) -> None:
    server = daemon()
    desk.start()
    desk.notifier.raise_notice(decision(buttons=(Button(Act.CHOOSE, "Red", 0), Button(Act.CHOOSE, "Blue", 1))))
    report = desk.until_told(server, "notify")

    server.do(click=report["id"], key=keys(report)["Blue"])

    desk.until(lambda: bool(desk.acted))
    assert (desk.acted[0].act, desk.acted[0].choice) == (Act.CHOOSE, 1)


def test_a_server_that_says_everything_twice_is_heard_once(desk: Desk, daemon: Start) -> None:
    server = daemon("--double")
    desk.start()
    assert desk.refusal == ""
    desk.notifier.raise_notice(decision())
    report = desk.until_told(server, "notify")

    server.do(click=report["id"], key=keys(report)["Deny"])
    server.do(close=report["id"], reason=2)

    desk.until_told(server, "closed")
    desk.settle(server)
    assert [acted.act for acted in desk.acted] == [Act.DENY]


def test_attack_28_a_forged_click_from_another_program_is_ignored(desk: Desk, daemon: Start, bus: PrivateBus) -> None:
    server = daemon()
    desk.start()
    desk.notifier.raise_notice(decision())
    report = desk.until_told(server, "notify")
    own_name = desk.notifier._bus.unique_name

    bus.forge("ActionInvoked", (report["id"], keys(report)["Allow"]))
    bus.forge("ActionInvoked", (report["id"], keys(report)["Allow"]), own_name)
    bus.forge("NotificationReplied", (report["id"], "yes"), own_name)

    desk.settle(server)
    assert desk.acted == []
    server.do(click=report["id"], key=keys(report)["Allow"])
    desk.until(lambda: bool(desk.acted))


def test_attack_29_an_id_from_before_the_daemon_restarted_means_nothing(desk: Desk, daemon: Start) -> None:
    first = daemon()
    desk.start()
    desk.notifier.raise_notice(decision())
    report = desk.until_told(first, "notify")
    first.stop_now()
    second = daemon()
    desk.until(lambda: desk.changes == [""])

    second.do(click=report["id"], key=keys(report)["Allow"])

    desk.settle(second)
    assert desk.acted == []


def test_attack_31_a_click_on_another_programs_notification_means_nothing(desk: Desk, daemon: Start) -> None:
    server = daemon()
    desk.start()
    desk.notifier.raise_notice(decision())
    report = desk.until_told(server, "notify")

    server.do(click=report["id"] + 1, key=keys(report)["Allow"])
    server.do(click=report["id"] + 1, key="default")
    server.do(click=report["id"], key="a:000000000000000000000000")

    desk.settle(server)
    assert desk.acted == []


def test_attack_32_a_daemon_replaced_while_it_was_asked_gets_all_again(desk: Desk, daemon: Start) -> None:
    first = daemon()
    desk.start()
    first.do(hang=True)
    desk.notifier.raise_notice(decision())
    second = daemon("--name", "second")
    desk.until(lambda: desk.changes == [""])
    assert desk.notifier.capabilities().server == "second 1.0"

    desk.notifier.raise_notice(decision())
    report = desk.until_told(second, "notify")
    first.do(hang=False)
    second.do(click=report["id"], key=keys(report)["Allow"])

    desk.until(lambda: bool(desk.acted))
    assert [acted.act for acted in desk.acted] == [Act.ALLOW]


def test_attack_33_a_typed_reply_keeps_its_lines_and_loses_its_escapes(desk: Desk, daemon: Start) -> None:
    server = daemon("--capabilities", "actions,inline-reply")
    desk.start()
    assert desk.notifier.capabilities().has_inline_reply
    desk.notifier.raise_notice(decision(buttons=(Button(Act.REPLY, "Reply…"),)))
    report = desk.until_told(server, "notify")
    assert keys(report) == {"Reply…": "inline-reply", "Open": "default"}
    hints = notified(report)["hints"]
    assert isinstance(hints, dict)
    assert hints["x-kde-reply-submit-button-text"] == ["s", "Send"]

    server.do(reply=report["id"], text="first\nsecond\x1b[201~ third\x07")

    desk.until(lambda: bool(desk.acted))
    assert (desk.acted[0].act, desk.acted[0].text) == (Act.REPLY, "first\nsecond third")


def test_attack_34_both_buttons_pressed_count_as_the_first(desk: Desk, daemon: Start) -> None:
    server = daemon()
    desk.start()
    desk.notifier.raise_notice(decision())
    report = desk.until_told(server, "notify")

    server.do(click=report["id"], key=keys(report)["Deny"])
    server.do(click=report["id"], key=keys(report)["Allow"])

    desk.settle(server)
    assert [acted.act for acted in desk.acted] == [Act.DENY]


def test_a_reply_to_a_notice_that_asked_for_none_is_ignored(desk: Desk, daemon: Start) -> None:
    server = daemon("--capabilities", "actions,inline-reply")
    desk.start()
    desk.notifier.raise_notice(decision())
    report = desk.until_told(server, "notify")

    server.do(reply=report["id"], text="yes")

    desk.settle(server)
    assert desk.acted == []


def test_without_inline_reply_the_button_says_only_that_one_wants_to_reply(desk: Desk, daemon: Start) -> None:
    server = daemon()
    desk.start()
    desk.notifier.raise_notice(decision(buttons=(Button(Act.REPLY, "Reply…"),)))
    report = desk.until_told(server, "notify")

    server.do(click=report["id"], key=keys(report)["Reply…"])

    desk.until(lambda: bool(desk.acted))
    assert (desk.acted[0].act, desk.acted[0].text) == (Act.REPLY, None)


def test_the_second_notice_of_a_key_replaces_the_first_and_its_keys(desk: Desk, daemon: Start) -> None:
    server = daemon()
    desk.start()
    desk.notifier.raise_notice(decision("one", request="r1"))
    first = desk.until_told(server, "notify")

    desk.notifier.raise_notice(decision("two", request="r2"))
    second = desk.until_told(server, "notify", 2)

    assert notified(second)["replaces"] == first["id"] == second["id"]
    desk.settle(server)
    server.do(click=first["id"], key=keys(first)["Allow"])
    desk.settle(server)
    assert desk.acted == []
    server.do(click=second["id"], key=keys(second)["Allow"])
    desk.until(lambda: bool(desk.acted))
    assert desk.acted[0].notice.request == "r2"


def test_shown_is_what_the_server_has_taken_and_not_what_was_replaced(desk: Desk, daemon: Start) -> None:
    daemon()
    desk.start()
    first, second = decision("one"), decision("two", request="r2")
    desk.notifier.raise_notice(first)
    assert not desk.notifier.is_shown(first)
    desk.until(lambda: desk.notifier.is_shown(first))

    desk.notifier.raise_notice(second)

    desk.until(lambda: desk.notifier.is_shown(second))
    assert not desk.notifier.is_shown(first)


def test_withdrawing_closes(desk: Desk, daemon: Start) -> None:
    server = daemon()
    desk.start()
    desk.notifier.raise_notice(decision())
    report = desk.until_told(server, "notify")
    desk.settle(server)

    desk.notifier.withdraw(decision().key)

    assert desk.until_told(server, "closed") == {"closed": report["id"]}
    server.do(click=report["id"], key=keys(report)["Allow"])
    desk.settle(server)
    assert desk.acted == []


def test_withdrawing_what_is_still_on_its_way_closes_it_on_arrival(desk: Desk, daemon: Start) -> None:
    server = daemon()
    desk.start()
    server.do(hang=True)
    desk.notifier.raise_notice(decision())
    desk.notifier.withdraw(decision().key)

    server.do(hang=False)

    assert desk.until_told(server, "closed")["closed"] == server.of("notify")[0]["id"]


def test_what_comes_too_fast_is_sent_once_with_the_latest_words(desk: Desk, daemon: Start) -> None:
    server = daemon()
    desk.start()
    desk.notifier.raise_notice(news("1 file"))
    desk.until_told(server, "notify")

    for count in range(2, 10):
        desk.notifier.raise_notice(news(f"{count} files"))

    assert notified(desk.until_told(server, "notify", 2))["body"] == "9 files"
    desk.settle(server)
    assert len(server.of("notify")) == 2


def test_a_server_that_finds_it_too_much_is_asked_once_more_with_the_latest_words(desk: Desk, daemon: Start) -> None:
    server = daemon("--refuse", "1")
    desk.start()

    desk.notifier.raise_notice(decision())

    desk.until_told(server, "notify")
    assert len(server.of("refused")) == 1
    assert desk.changes == []


def test_news_refused_twice_is_dropped_and_a_decision_is_not(desk: Desk, daemon: Start) -> None:
    server = daemon("--refuse", "4")
    desk.start()

    desk.notifier.raise_notice(news())
    desk.until_told(server, "refused", 2)
    desk.notifier.raise_notice(decision())

    assert notified(desk.until_told(server, "notify"))["title"] == decision().title
    desk.settle(server)
    assert len(server.of("notify")) == 1


def test_a_flood_of_news_does_not_hold_a_decision_up(desk: Desk, daemon: Start) -> None:
    server = daemon()
    desk.start()
    for number in range(40):
        desk.notifier.raise_notice(news(key=f"robot:{number}/review"))

    desk.notifier.raise_notice(decision())

    desk.until(lambda: bool(_titles(server).count(decision().title)))
    assert len(_titles(server)) <= 12


def test_fault_14_without_a_daemon_it_says_so_and_takes_one_that_comes_later(desk: Desk, daemon: Start) -> None:
    desk.start()
    assert desk.refusal == "no notification service runs"
    assert not desk.notifier.capabilities().has_buttons
    desk.notifier.raise_notice(decision())

    server = daemon()

    desk.until(lambda: desk.changes == [""])
    assert desk.notifier.capabilities().has_buttons
    desk.notifier.raise_notice(decision())
    desk.until_told(server, "notify")


def test_fault_15_a_daemon_that_restarts_is_given_all_again_without_a_word(desk: Desk, daemon: Start) -> None:
    first = daemon()
    desk.start()
    desk.notifier.raise_notice(decision())
    desk.until_told(first, "notify")

    first.stop_now()
    second = daemon()
    desk.until(lambda: desk.changes == [""])
    desk.notifier.raise_notice(decision())

    assert notified(desk.until_told(second, "notify"))["replaces"] == 0


def test_fault_15_a_daemon_that_stays_away_is_missed(desk: Desk, daemon: Start) -> None:
    server = daemon()
    desk.start()

    server.stop_now()

    desk.until(lambda: bool(desk.changes))
    assert desk.changes == ["the notification service went away"]
    assert not desk.notifier.capabilities().has_buttons


def test_fault_16_a_daemon_that_hangs_is_given_up_and_taken_back(desk: Desk, daemon: Start) -> None:
    server = daemon()
    desk.start()
    server.do(hang=True)
    desk.notifier.raise_notice(decision())

    desk.until(lambda: bool(desk.changes))
    assert desk.changes == ["the notification service does not answer"]

    server.do(hang=False)
    desk.until(lambda: desk.changes[-1] == "")
    desk.settle(server)
    # What it shows after all was not meant to stay: everything owed is raised again.
    assert [report["id"] for report in server.of("notify")] == [report["closed"] for report in server.of("closed")]


def test_fault_16_a_daemon_that_hangs_from_the_start_costs_a_moment(desk: Desk, daemon: Start) -> None:
    server = daemon("--hang")
    desk.notifier._watch._patience = Patience(start=100)

    desk.start()

    assert desk.refusal == "the notification service does not answer yet"
    server.do(hang=False)
    desk.until(lambda: desk.changes == [""])


def test_fault_17_a_bus_that_goes_and_comes_back(desk: Desk, daemon: Start, bus: PrivateBus) -> None:
    daemon()
    desk.start()

    bus.stop()
    desk.until(lambda: bool(desk.changes))
    assert desk.changes == ["the session bus closed the connection"]
    assert not desk.notifier.capabilities().can_withdraw

    bus.start()
    server = daemon()
    desk.until(lambda: desk.changes[-1] == "")
    desk.notifier.raise_notice(decision())
    desk.until_told(server, "notify")


def test_stopping_takes_back_what_is_shown_and_what_is_on_its_way(desk: Desk, daemon: Start) -> None:
    server = daemon()
    desk.start()
    desk.notifier.raise_notice(decision(key="a"))
    desk.until_told(server, "notify")
    desk.notifier.raise_notice(decision(key="b"))

    desk.notifier.stop()

    server.wait_for("closed", 2)
    assert sorted(report["closed"] for report in server.of("closed")) == [1, 2]


def test_a_menu_server_that_closes_before_it_tells_the_choice_is_understood(desk: Desk, daemon: Start) -> None:
    server = daemon()
    desk.start()
    desk.notifier.raise_notice(decision())
    report = desk.until_told(server, "notify")

    server.do(close=report["id"], reason=2)
    server.do(click=report["id"], key=keys(report)["Allow"])

    desk.until(lambda: bool(desk.acted))
    assert desk.acted[0].act is Act.ALLOW


def test_no_bus_at_all_is_a_reason_in_words(desk: Desk, bus: PrivateBus) -> None:
    bus.stop()

    desk.start()

    assert desk.refusal == "the session bus does not take us: No such file or directory"


def test_two_notifiers_do_not_hear_each_others_clicks(desk: Desk, daemon: Start, bus: PrivateBus) -> None:
    from desktop.notifications.session_bus import SessionBus

    server = daemon()
    desk.start()
    other = Desk(FreedesktopNotifier(SessionBus(bus.address), patience=HASTE))
    other.start()
    desk.notifier.raise_notice(decision())
    report = desk.until_told(server, "notify")

    server.do(click=report["id"], key=keys(report)["Allow"])

    desk.until(lambda: bool(desk.acted))
    other.settle(server)
    assert other.acted == []
    other.notifier.stop()


def _titles(server: Daemon) -> list[object]:
    server.read()
    return [notified(report)["title"] for report in server.of("notify")]


# -- what a killed run left on the screen


class Memory:
    """What is remembered, over as many runs as a test needs."""

    def __init__(self, bus: PrivateBus) -> None:
        self.bus = bus
        self.now = OnScreen()

    def desk(self) -> Desk:
        """Our side in a run that begins now."""
        found = Desk(
            FreedesktopNotifier(SessionBus(self.bus.address), patience=HASTE, memory=ScreenMemory(self.now, self._keep))
        )
        found.start()
        return found

    def _keep(self, now: OnScreen) -> None:
        self.now = now


@pytest.fixture
def memory(qtbot: QtBot, bus: PrivateBus) -> Memory:
    return Memory(bus)


def killed(desk: Desk) -> None:
    """End a run without a word: the line to the bus just breaks."""
    desk.notifier._watch.stop()
    desk.notifier._due.stop()
    desk.notifier._bus.close()


def test_what_a_killed_run_left_is_closed_before_anything_is_raised(memory: Memory, daemon: Start) -> None:
    server = daemon()
    before = memory.desk()
    before.notifier.raise_notice(decision("make"))
    left = before.until_told(server, "notify")["id"]
    before.until(lambda: bool(memory.now.ids))
    killed(before)

    after = memory.desk()
    after.notifier.raise_notice(decision("make"))
    raised = after.until_told(server, "notify", 2)

    assert [report.get("closed") for report in server.reports if {"closed", "notify"} & set(report)] == [
        None,
        left,
        None,
    ]
    assert raised["id"] != left
    after.until(lambda: memory.now.ids == {raised["id"]})
    after.notifier.stop()
    assert memory.now == OnScreen()


def test_what_another_server_was_left_with_is_no_number_of_this_one(memory: Memory, daemon: Start) -> None:
    first = daemon()
    before = memory.desk()
    before.notifier.raise_notice(decision("make"))
    before.until_told(first, "notify")
    before.until(lambda: bool(memory.now.ids))
    killed(before)
    first.stop_now()
    second = daemon()

    after = memory.desk()
    after.settle(second)

    assert second.of("closed") == []
    assert memory.now == OnScreen()
    after.notifier.stop()


def test_a_server_of_the_same_name_on_another_bus_is_another_server(memory: Memory, daemon: Start) -> None:
    server = daemon()
    memory.now = OnScreen(f"{'0' * 32} {server.unique_name}", frozenset({1}))

    desk = memory.desk()
    desk.settle(server)

    assert server.of("closed") == []
    assert memory.now == OnScreen()
    desk.notifier.stop()


@pytest.mark.parametrize("how", ["withdrawn", "used", "closed by the person", "stopped"])
def test_what_is_closed_is_not_remembered(memory: Memory, daemon: Start, how: str) -> None:
    server = daemon()
    desk = memory.desk()
    notice = decision("make")
    desk.notifier.raise_notice(notice)
    report = desk.until_told(server, "notify")
    desk.until(lambda: memory.now.ids == {report["id"]})

    match how:
        case "withdrawn":
            desk.notifier.withdraw(notice.key)
        case "used":
            server.do(click=report["id"], key=keys(report)["Deny"])
        case "closed by the person":
            server.do(close=report["id"], reason=2)
        case _:
            desk.notifier.stop()

    desk.until(lambda: memory.now == OnScreen())
    desk.notifier.stop()


def test_what_replaces_a_notice_is_remembered_under_the_same_number_once(memory: Memory, daemon: Start) -> None:
    server = daemon()
    desk = memory.desk()
    for text in ("make", "make all"):
        desk.notifier.raise_notice(decision(text))
        desk.until(lambda: desk.notifier.is_shown(decision(text)))  # noqa: B023  # asked at once

    ids = {report["id"] for report in server.of("notify")} or {desk.until_told(server, "notify", 2)["id"]}
    assert memory.now.ids == ids
    desk.notifier.stop()
