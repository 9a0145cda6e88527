"""Shows nothing: for who wants no notifications, and for where none can be shown."""

from collections.abc import Callable

from desktop.domain.ids import NoticeKey
from desktop.domain.notices import Capabilities, Notice, NoticeActed


class NullNotifier:
    """Accepts everything; tray and window show it anyway."""

    def start(self, acted: Callable[[NoticeActed], None], changed: Callable[[str], None]) -> str:
        """Always work."""
        return ""

    def stop(self) -> None:
        """Do nothing."""

    def capabilities(self) -> Capabilities:
        """Nothing at all."""
        return Capabilities("none", max_buttons=0, body_limit=0)

    def raise_notice(self, notice: Notice) -> None:
        """Do nothing."""

    def withdraw(self, key: NoticeKey) -> None:
        """Do nothing."""
