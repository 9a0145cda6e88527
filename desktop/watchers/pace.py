"""How often what is looked at. Changes are heard at once; these intervals only bound what hearing misses."""

from desktop.domain.record import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds, all of them."""

    # One scan costs 0.1 to 0.5 ms at 500 processes (a listing of /proc), so each second is 0.05 % of a core. A new
    # session in a known home, or one whose agent has a birth directory, is heard of without any scan.
    scan_busy: float = 1.0
    # While an agent works that does not say when a call of it was allowed in its terminal: the call's process does.
    scan_commands: float = 0.5
    # Nothing happened for a while: 0.4 wake-ups a second, below the bar of 0.5, and the reconcile rides along.
    scan_quiet: float = 2.5
    quiet_after: float = 60.0
    reconcile_live: float = 5.0
    reconcile_idle: float = 60.0
    # With blind ears looking is all there is.
    reconcile_deaf: float = 1.0
    retry_ears: float = 30.0
    # An agent that keeps live state has written it by now: on a warm machine within a second of its start, on a cold
    # and busy one 5.6 s were seen. To say earlier that it keeps none would be false, and leave an ended row behind.
    stand_in_after: float = 8.0
    # A file that is gone or half written is looked at once more: the next thing is mostly the process's end, or the
    # rest of the file.
    look_again: float = 0.3
    # Between fork and exec a child looks like its parent; on a busy machine two looks one after the other met it so.
    fork_lasts: float = 5.0
    search_every: float = 30.0
    save_every: float = 30.0
    skipped_every: float = 60.0
    # So long without another failure, and the loop counts as well again.
    calm: float = 5.0
    longest_backoff: float = 30.0
