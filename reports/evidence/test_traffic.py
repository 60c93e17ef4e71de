"""What the load says while it runs: whether it beats, whether the traffic is calm, who answered."""

from pathlib import Path

import pytest

from reports.evidence import RunDirectory, now_us
from reports.evidence.traffic import Traffic

S = 1_000_000


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    return RunDirectory.create(tmp_path / "run", name="test", kind="load", facts={})


def _request(run: RunDirectory, *, ago_s: float, outcome: str = "ok", error: str | None = None, n: int = 30) -> None:
    writer = run.samples(f"w{ago_s:g}{outcome}{bool(error)}".replace(".", "-"))
    at_us = now_us() - int(ago_s * S)
    for _ in range(n):
        writer.add(sched_us=at_us, start_us=at_us, end_us=at_us, outcome=outcome, error=error, server="i-1")
    writer.close()


def test_a_generator_beats_when_it_completed_something_just_now(run: RunDirectory) -> None:
    """Each of its workers; an old second does not count."""
    traffic = Traffic(run)
    assert not traffic.beats()
    second = {"planned": 40, "sent": 40, "completed": 40, "in_flight": 0}
    run.delivery("w0").write({"at_us": now_us(), **second})
    assert traffic.beats()
    run.delivery("w1").write({"at_us": now_us() - 60 * S, **second})
    assert not traffic.beats()


def test_traffic_is_calm_when_enough_requests_were_good(run: RunDirectory) -> None:
    """A business refusal is an answer."""
    _request(run, ago_s=1)
    _request(run, ago_s=1, outcome="refused", error="business: not enough stock", n=5)
    assert Traffic(run).calm_for(5)
    assert Traffic(run).rate(over_s=5).errors_per_s == 0


def test_traffic_is_not_calm_with_errors_or_with_nothing(run: RunDirectory) -> None:
    """Nothing seen is not calm."""
    assert not Traffic(run).calm_for(5)
    _request(run, ago_s=1)
    _request(run, ago_s=1, outcome="unknown", error="timeout", n=2)
    assert not Traffic(run).calm_for(5)


def test_answers_count_from_the_time_that_is_asked_about(run: RunDirectory) -> None:
    """A good answer before a fault does not prove that a replacement works."""
    _request(run, ago_s=30)
    assert Traffic(run).answered() == {"i-1"}
    assert Traffic(run).answered(since_us=now_us() - 10 * S) == set()
