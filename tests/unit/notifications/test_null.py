"""The backend that shows nothing."""

from desktop.domain.notices import NoticeActed
from desktop.notifications.null import NullNotifier
from tests.fakes.notices import decision


def test_it_works_everywhere_and_can_do_nothing() -> None:
    acted: list[NoticeActed] = []
    notifier = NullNotifier()

    assert notifier.start(acted.append, lambda reason: None) == ""
    notifier.raise_notice(decision())
    notifier.withdraw(decision().key)
    notifier.stop()

    assert acted == []
    assert (notifier.capabilities().backend, notifier.capabilities().has_buttons) == ("none", False)
