"""Did the system recover in time, at a price that its users can bear?"""

from reports.judge import Promise


def test_recovered_within_rto(promise: Promise) -> None:
    """The first window that holds begins within the objective after the fault."""
    assert promise.status == "PASS", promise.because


def test_availability_within_budget(promise: Promise) -> None:
    """The outage-seconds stay within the budget."""
    assert promise.status == "PASS", promise.because


def test_latency_back_in_band(promise: Promise) -> None:
    """Latency at the end is what it was before."""
    assert promise.status == "PASS", promise.because


def test_capacity_restored(promise: Promise) -> None:
    """Every role and zone has its members back, and each of them works for us."""
    assert promise.status == "PASS", promise.because
