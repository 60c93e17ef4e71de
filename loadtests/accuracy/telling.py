"""What each load generator told of a run, brought into one shape: stock Locust's events, and our samples."""

import json
import math
from pathlib import Path

import numpy as np

from loadtests.accuracy.figures import Told
from reports.evidence import RunDirectory

UNANSWERED = "no answer within"  # how our client says that its patience was over


def told_by_stock(file: Path) -> Told:
    """Read what ``stock_locustfile`` wrote: each request event, as Locust counts it.

    Locust's time of a request runs from its send, and one that failed has one, too. A connection that was refused was
    not on the wire; everything else that is reported once was there once, as far as Locust can say.
    """
    events = [json.loads(line) for line in file.read_text().splitlines()]
    start_us = np.array([event["start_s"] for event in events], dtype=np.float64) * 1e6
    took_ms = np.array([event["took_ms"] for event in events], dtype=np.float64)
    good = np.array([event["error"] is None for event in events], dtype=np.bool_)
    wire = sum("refused" not in (event["error"] or "").lower() for event in events)
    return Told(start_us, start_us + took_ms * 1000, took_ms, good, wire)


def told_by_samples(run: Path) -> Told:
    """Read the samples of a run directory. Raises NotARunDirectoryError."""
    rows = RunDirectory.open(run, verify=False).read_samples().to_pylist()
    sched_us = np.array([row["sched_us"] for row in rows], dtype=np.float64)
    end_us = np.array([math.nan if row["end_us"] is None else row["end_us"] for row in rows], dtype=np.float64)
    waited = np.array([row["end_us"] is None or (row["error"] or "").startswith(UNANSWERED) for row in rows])
    answered = np.array([row["status"] is not None for row in rows])
    took_ms = np.where(answered, (end_us - sched_us) / 1000, math.nan)
    took_ms[waited.astype(np.bool_)] = math.inf
    good = np.array([row["outcome"] == "ok" for row in rows], dtype=np.bool_)
    return Told(sched_us, end_us, took_ms, good, sum(_attempts(row) for row in rows))


def _attempts(row: dict[str, object]) -> int:
    """One that was in flight at the end was on the wire."""
    attempts = row["wire_attempts"]
    return int(row["start_us"] is not None) if attempts is None else int(str(attempts))
