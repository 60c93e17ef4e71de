"""Did the fault happen, on a healthy system under real load, and is it undone?"""

from reports.judge import Promise


def test_fault_happened(promise: Promise) -> None:
    """The fault was seen twice: by the AWS API and by the data plane."""
    assert promise.status == "PASS", promise.because


def test_steady_state_before(promise: Promise) -> None:
    """Every probe was in tolerance before anything was done."""
    assert promise.status == "PASS", promise.because


def test_steady_state_after(promise: Promise) -> None:
    """Every probe is in tolerance again after the undo."""
    assert promise.status == "PASS", promise.because


def test_load_delivered(promise: Promise) -> None:
    """The load generator sent what was due, so that the other numbers mean something."""
    assert promise.status == "PASS", promise.because


def test_undone(promise: Promise) -> None:
    """Everything that the suite did is undone and read back."""
    assert promise.status == "PASS", promise.because
