"""Which notifications are up, and which are due: raised, replaced and withdrawn as sessions come to stand otherwise."""

from collections import deque
from datetime import datetime, timedelta

from desktop.domain.ids import NoticeKey, SessionId
from desktop.domain.notices import Capabilities, Notice, NoticeClass
from desktop.domain.phase import Standing
from desktop.domain.requests import Reach
from desktop.domain.session import Session
from desktop.domain.settings import Settings
from desktop.hub.effects import Effect, Raise, Withdraw
from desktop.policy import notices

# Desktops show three of one program; more of them hide each other.
MOST_DECISIONS = 3


class Attention:
    """Remembers what is shown and says what is to be shown instead."""

    def __init__(self, settings: Settings, started_at: datetime) -> None:
        self.settings = settings
        self.capabilities = Capabilities("none")
        self.is_locked = False
        self._started_at = started_at
        self._shown: dict[NoticeKey, Notice] = {}
        self._news_at: deque[datetime] = deque()
        self._crowd: dict[SessionId, str] = {}  # those without a notification of their own, and their names

    def forget_shown(self) -> None:
        """Take it that nothing is shown any more."""
        self._shown.clear()

    def move_clock(self, by: timedelta) -> None:
        """Go with a clock that was set."""
        self._started_at += by
        self._news_at = deque(at + by for at in self._news_at)

    def attend(
        self, session: Session, standing: Standing, label: str, now: datetime
    ) -> tuple[list[Effect], datetime | None]:
        """Raise, replace or withdraw the session's notification; or say when it is due."""
        self._crowd.pop(session.id, None)
        key = notices.key_of(session)
        shown = self._shown.get(key)
        notice = notices.notice_for(
            session, standing, label, self.settings, self.capabilities, is_locked=self.is_locked
        )
        if notice is None or self._is_old_news(standing, notice):
            return self._withdrawn(key), None
        if shown == notice:
            return [], None
        is_decision = notice.kind is NoticeClass.DECISION
        if shown is not None and shown.kind is notice.kind and shown.request == notice.request and not is_decision:
            return [], None  # the same news in other words is no news
        # A hook's request is sure and in full; what live state and transcript tell is completed within this time.
        is_sure = any(item.id == notice.request and item.reach is not Reach.TERMINAL for item in session.requests)
        settle = timedelta(milliseconds=0 if is_sure else self.settings.notifications.settle_ms)
        if shown is None or shown.request != notice.request:
            due = min(standing.since, now) + settle
            if now < due:
                return self._withdrawn(key), due
        if is_decision and not self._has_room(key):
            self._crowd[session.id] = session.name
            return self._withdrawn(key), None
        if not is_decision and not self._has_budget(now):
            return [], None
        self._shown[key] = notice
        return [Raise(notice)], None

    def forget(self, session: Session) -> list[Effect]:
        """Take back what is shown of a session that is no more."""
        self._crowd.pop(session.id, None)
        return self._withdrawn(notices.key_of(session))

    def next_of_crowd(self) -> SessionId | None:
        """The session that gets a notification of its own now, because there is room for one."""
        return next(iter(self._crowd), None) if self._has_room(notices.SUMMARY_KEY) else None

    def sum_up(self) -> list[Effect]:
        """Bring the notification about all the others up to date."""
        if not self._crowd:
            return self._withdrawn(notices.SUMMARY_KEY)
        notice = notices.summary(tuple(self._crowd.values()), is_locked=self.is_locked)
        if self._shown.get(notice.key) == notice:
            return []
        self._shown[notice.key] = notice
        return [Raise(notice)]

    def _withdrawn(self, key: NoticeKey) -> list[Effect]:
        return [Withdraw(key)] if self._shown.pop(key, None) is not None else []

    def _is_old_news(self, standing: Standing, notice: Notice) -> bool:
        """What ended before we looked raises nothing; what waits now is owed whenever it began."""
        return notice.kind is not NoticeClass.DECISION and standing.since <= self._started_at

    def _has_room(self, key: NoticeKey) -> bool:
        others = [notice for notice in self._shown.values() if notice.kind is NoticeClass.DECISION]
        return sum(notice.key != key for notice in others) < MOST_DECISIONS

    def _has_budget(self, now: datetime) -> bool:
        while self._news_at and now - self._news_at[0] > timedelta(hours=1):
            self._news_at.popleft()
        if len(self._news_at) >= self.settings.notifications.per_hour:
            return False
        self._news_at.append(now)
        return True
