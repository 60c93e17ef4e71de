"""Series for the figures: what the traffic did, second by second. Pure."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from reports.evidence import BUSINESS

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

KINDS = ("answered", "failed", "unknown", "not sent in time")
LATENCY_WINDOW_S = 5  # of one second the p99 would be its slowest request


@dataclass(frozen=True)
class Series:
    """Per second since ``start_us``: requests due by what became of them; latency of the good ones, of the bad ones."""

    start_us: int
    seconds: Ints
    due: dict[str, Ints]  # by kind
    good_s: dict[str, Floats]  # p50, p95, p99 of good requests, over a few seconds; nan without any
    bad_s: tuple[Floats, Floats]  # each bad request that ended: second, seconds it took


def of_samples(samples: pa.Table, *, late_s: float) -> Series | None:
    """Return the series of a run's samples; None when there is none."""
    samples = samples.filter(pc.is_valid(samples["sched_us"]))
    if samples.num_rows == 0:
        return None
    due_us = _ints(samples["sched_us"])
    kinds = _kinds(samples, due_us, late_s=late_s)
    took_s = np.where(np.asarray(pc.is_valid(samples["end_us"])), (_ints(samples["end_us"]) - due_us) / 1e6, np.nan)
    start_us = int(due_us.min())
    at = (due_us - start_us) // 1_000_000
    seconds = np.arange(int(at.max()) + 1)
    counts = {kind: np.bincount(at[kinds == n], minlength=len(seconds)) for n, kind in enumerate(KINDS)}
    good = kinds == 0
    bad = ~good & ~np.isnan(took_s)
    return Series(
        start_us=start_us,
        seconds=seconds,
        due=counts,
        good_s=_quantiles(at[good], took_s[good], seconds),
        bad_s=((due_us[bad] - start_us) / 1e6, took_s[bad]),
    )


def _kinds(samples: pa.Table, due_us: Ints, *, late_s: float) -> Ints:
    """Return for each request the number of its kind in KINDS."""
    outcome = np.asarray(pc.fill_null(samples["outcome"], "unknown").to_numpy(zero_copy_only=False))
    business = np.asarray(pc.starts_with(pc.fill_null(samples["error"], ""), pattern=BUSINESS))
    sent = np.asarray(pc.is_valid(samples["start_us"]))
    in_time = sent & (_ints(samples["start_us"]) - due_us <= late_s * 1e6)
    kinds = np.full(len(due_us), 2)
    kinds[(outcome == "ok") | ((outcome == "refused") & business)] = 0
    kinds[(outcome == "failed") | ((outcome == "refused") & ~business)] = 1
    kinds[~in_time] = 3
    return kinds


def _quantiles(at: Ints, took_s: Floats, seconds: Ints) -> dict[str, Floats]:
    order = np.argsort(at, kind="stable")
    at, took_s = at[order], took_s[order]
    low = np.searchsorted(at, seconds - LATENCY_WINDOW_S + 1)
    high = np.searchsorted(at, seconds, side="right")
    found = np.full((3, len(seconds)), np.nan)
    for n in range(len(seconds)):
        if high[n] > low[n]:
            found[:, n] = np.quantile(took_s[low[n] : high[n]], (0.5, 0.95, 0.99))
    return {"p50": found[0], "p95": found[1], "p99": found[2]}


def _ints(column: pa.ChunkedArray) -> Ints:
    return np.asarray(pc.fill_null(column, 0), dtype=np.int64)
