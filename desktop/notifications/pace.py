"""How often notifications may be sent: servers refuse or drop what comes too fast. Pure; the caller has the clock."""

from dataclasses import dataclass, field

from desktop.domain.ids import NoticeKey
from desktop.domain.notices import Notice, Urgency

# Plasma 5.27 refuses equal content within about a second of the last.
SAME_KEY_S = 1.2
BURST = 8
PER_SECOND = 2.0
_REMEMBERED = 256


@dataclass(slots=True)
class Pace:
    """Tells how long a notice has to wait. It may wait, it is never lost here."""

    _last: dict[NoticeKey, tuple[float, Notice]] = field(default_factory=dict)
    _tokens: float = BURST
    _counted_at: float | None = None

    def delay_s(self, notice: Notice, now: float) -> float:
        """How long to hold *notice* back; 0 for at once."""
        is_critical = notice.urgency is Urgency.CRITICAL
        sent_at, last = self._last.get(notice.key, (float("-inf"), None))
        # The next question of a session stands for an agent that stops: it does not wait for the last one's sake.
        is_news = is_critical and last is not None and last.request != notice.request
        own = 0.0 if is_news else max(0.0, sent_at + SAME_KEY_S - now)
        if is_critical:
            return own
        self._refill(now)
        return max(own, 0.0 if self._tokens >= 1 else (1 - self._tokens) / PER_SECOND)

    def sent(self, notice: Notice, now: float) -> None:
        """Note that *notice* went out."""
        self._refill(now)
        self._tokens = max(0.0, self._tokens - 1)
        self._last.pop(notice.key, None)
        self._last[notice.key] = (now, notice)
        if len(self._last) > _REMEMBERED:
            del self._last[next(iter(self._last))]

    def _refill(self, now: float) -> None:
        if self._counted_at is not None:
            self._tokens = min(BURST, self._tokens + max(0.0, now - self._counted_at) * PER_SECOND)
        self._counted_at = now
