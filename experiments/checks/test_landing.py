"""Is every acknowledged write where it must be, once, unchanged, and in time?"""

from reports.judge import Promise


def test_no_acknowledged_write_lost(promise: Promise) -> None:
    """What a client was told is stored is there, and stays there."""
    assert promise.status == "PASS", promise.because


def test_no_write_duplicated(promise: Promise) -> None:
    """No write is there more than once."""
    assert promise.status == "PASS", promise.because


def test_no_phantom_write(promise: Promise) -> None:
    """Nothing is there that nobody wrote, or that was refused."""
    assert promise.status == "PASS", promise.because


def test_no_write_corrupted(promise: Promise) -> None:
    """Each write is there as it was sent."""
    assert promise.status == "PASS", promise.because


def test_landed_within_freshness(promise: Promise) -> None:
    """Each write was there in time."""
    assert promise.status == "PASS", promise.because


def test_replica_caught_up(promise: Promise) -> None:
    """The replica shows a row that was written after the last undo."""
    assert promise.status == "PASS", promise.because
