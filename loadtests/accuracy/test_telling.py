"""What the generators tell, brought into one shape."""

import json
import math
from pathlib import Path

from loadtests.accuracy.telling import told_by_samples, told_by_stock
from reports.evidence import RunDirectory

ZERO = 1_700_000_000_000_000


def test_stock_locust_counts_from_the_send_and_times_failures_too(tmp_path: Path) -> None:
    file = tmp_path / "events.ndjson"
    events = [
        {"start_s": 1.0, "took_ms": 20.0, "error": None},
        {"start_s": 2.0, "took_ms": 1.0, "error": "ConnectionRefusedError: [Errno 111] Connection refused"},
        {"start_s": 3.0, "took_ms": 5.0, "error": "ConnectionResetError: 104"},
    ]
    file.write_text("".join(json.dumps(event) + "\n" for event in events))
    told = told_by_stock(file)
    assert told.took_ms.tolist() == [20, 1, 5]
    assert told.good.tolist() == [True, False, False]
    assert told.end_us[0] == 1.02e6
    assert told.wire == 2


def test_our_samples_count_from_the_plan_and_know_who_is_still_waiting(tmp_path: Path) -> None:
    run = RunDirectory.create(tmp_path / "run", name="x", kind="load", facts={})
    samples = run.samples("w0")
    rows = [
        {"start_us": ZERO + 5, "end_us": ZERO + 20_000, "status": 200, "outcome": "ok", "wire_attempts": 1},
        {"start_us": ZERO, "end_us": ZERO + 9_000, "status": 503, "outcome": "failed", "wire_attempts": 1},
        {"start_us": ZERO, "end_us": ZERO + 10, "outcome": "failed", "error": "cut: ECONNRESET", "wire_attempts": 1},
        {"start_us": ZERO, "end_us": ZERO + 10, "outcome": "refused", "error": "connect: x", "wire_attempts": 0},
        {
            "start_us": ZERO,
            "end_us": ZERO + 10,
            "outcome": "failed",
            "error": "no answer within 3 s",
            "wire_attempts": 1,
        },
        {"start_us": ZERO, "outcome": "censored"},
        {"outcome": "censored", "wire_attempts": 0},
    ]
    for row in rows:
        samples.add(sched_us=ZERO, **row)
    samples.close()
    told = told_by_samples(run.path)
    expected = [20, 9, math.nan, math.nan, math.inf, math.inf, math.inf]
    assert [str(took) for took in told.took_ms.tolist()] == [str(float(each)) for each in expected]
    assert told.good.tolist() == [True] + [False] * 6
    assert told.wire == 5
