"""A made-up load run: steady requests whose latencies are drawn from a seed."""

from pathlib import Path
from typing import Any

import numpy as np

from reports.evidence import RunDirectory

S = 1_000_000
START_US = 1_795_000_000 * S  # 2026-11-18
FACTS = {
    "profile": "smoke",
    "target": {"name": "local"},
    "load": {"name": "smoke", "pos": {"users": 10, "rate": 20.0}},
    "seed": 1,
}


def write_load(
    path: Path,
    *,
    seconds: int = 240,
    rate: int = 20,
    seed: int = 1,
    slower: float = 1.0,
    bad_ratio: float = 0.0,
    endpoint: str = "GET /x",
    silent_from_s: int | None = None,
    **facts: Any,
) -> RunDirectory:
    """Write a run that measured so many seconds; from ``silent_from_s`` on its generator wrote nothing."""
    rng = np.random.default_rng(seed)
    run = RunDirectory.create(
        path, name="load", kind="load", facts={"duration_s": seconds, "started_us": START_US, **FACTS, **facts}
    )
    due = START_US + np.arange(seconds * rate) * S // rate
    took = (slower * 50_000 * rng.lognormal(0, 0.3, len(due))).astype(np.int64)
    outcomes = np.where(rng.random(len(due)) < bad_ratio, "failed", "ok")
    samples, delivery, events = run.samples("w0"), run.delivery("w0"), run.events("loadgate")
    for at, lasted, outcome in zip(due.tolist(), took.tolist(), outcomes.tolist(), strict=True):
        told = {"endpoint": endpoint, "journey": "pos", "outcome": outcome}
        samples.add(sched_us=at, start_us=at, end_us=at + lasted, **told)
    for second in range(1, (silent_from_s or seconds) + 1):
        delivery.write({"at_us": START_US + second * S, "planned": rate, "sent": rate, "completed": rate})
    events.record("phase.started", subject="measured", at_us=START_US)
    events.record("phase.finished", subject="measured", at_us=START_US + seconds * S)
    for writer in (samples, delivery, events):
        writer.close()
    run.compact_samples()
    return run
