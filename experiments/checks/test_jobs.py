"""Is the asynchronous work done, once, and does it go on?"""

from reports.judge import Promise


def test_jobs_drained(promise: Promise) -> None:
    """No job that was due is left, and none ended with an error."""
    assert promise.status == "PASS", promise.because


def test_no_job_orphaned(promise: Promise) -> None:
    """No job belongs to an instance that is gone."""
    assert promise.status == "PASS", promise.because


def test_no_job_run_twice(promise: Promise) -> None:
    """No job took effect twice."""
    assert promise.status == "PASS", promise.because


def test_schedules_kept(promise: Promise) -> None:
    """Each recurring job has exactly one future run."""
    assert promise.status == "PASS", promise.because
