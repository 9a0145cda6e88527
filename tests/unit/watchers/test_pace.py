"""The intervals keep the promises they were chosen for."""

from desktop.watchers.pace import Pace


def test_a_quiet_machine_is_woken_less_than_once_in_two_seconds() -> None:
    pace = Pace()

    # Each reconcile falls on a scan, so the scans are all there is.
    assert pace.reconcile_live % pace.scan_quiet == 0
    assert 1 / pace.scan_quiet <= 0.5


def test_blind_or_busy_everything_is_looked_at_within_a_second() -> None:
    pace = Pace()

    assert pace.reconcile_deaf <= 1.0
    assert pace.scan_commands <= pace.scan_busy <= 1.0
