"""Locust's own statistics (console, web page, ``--html``, ``--csv``), fed in batches from the rows that are recorded.

So they count what the samples count, and a request costs a tenth of a microsecond in place of twenty.
"""

import time
from collections import Counter

import numpy as np
import numpy.typing as npt
from locust.stats import RequestStats, StatsEntry, StatsError

from loadtests.recording.rows import Labels, Rows, Vocabulary
from reports.evidence import BUSINESS

Floats = npt.NDArray[np.float64]
Int64s = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


class Statistics:
    """Adds rows of ended requests to the statistics of one Locust process; response times are from when it was due."""

    def __init__(self, stats: RequestStats, words: Vocabulary) -> None:
        self._stats = stats
        self._words = words

    def add(self, rows: Rows) -> None:
        """Add rows; those without an end are no requests that Locust would know."""
        rows = rows[rows["end_us"] > 0]
        if not len(rows):
            return
        known = self._words.known
        bad = np.array([_is_bad(labels) for labels in known])[rows["labels"]]
        number = {endpoint: number for number, endpoint in enumerate(sorted({labels.endpoint for labels in known}))}
        numbers = np.array([number[labels.endpoint] for labels in known])[rows["labels"]]
        for endpoint in number:
            mine = numbers == number[endpoint]
            if not mine.any():
                continue
            method, _, name = endpoint.partition(" ")
            entry = _entry(self._stats, name, method, rows[mine], bad[mine])
            self._stats.entries[(name, method)].extend(entry)
            self._stats.total.extend(entry)
        self._add_errors(rows[bad])

    def _add_errors(self, rows: Rows) -> None:
        for number, count in Counter(rows["labels"].tolist()).items():
            labels = self._words.known[number]
            method, _, name = labels.endpoint.partition(" ")
            said = f"{labels.outcome}: {labels.error}"
            found = self._stats.errors.setdefault(
                StatsError.create_key(method, name, said), StatsError(method, name, said)
            )
            found.occurred()
            found.occurrences += count - 1


def _is_bad(labels: Labels) -> bool:
    """Whether it is neither good nor a business refusal, which is an answer."""
    return labels.outcome != "ok" and not (labels.error or "").startswith(BUSINESS)


def _entry(stats: RequestStats, name: str, method: str, rows: Rows, bad: Bools) -> StatsEntry:
    """Return what Locust would know of these requests, and of no others."""
    entry = StatsEntry(stats, name, method)
    response_ms = (rows["end_us"] - rows["sched_us"]) / 1000
    ended_s = rows["end_us"] // 1_000_000
    entry.num_requests, entry.num_failures = len(rows), int(bad.sum())
    # Locust says int and adds up floats.
    entry.total_response_time = response_ms.sum().item()
    entry.min_response_time, entry.max_response_time = response_ms.min().item(), response_ms.max().item()
    entry.total_content_length = int(rows["bytes"].sum())
    entry.response_times = _counted(rounded(response_ms))
    entry.num_reqs_per_sec, entry.num_fail_per_sec = _counted(ended_s), _counted(ended_s[bad])
    entry.last_request_timestamp = time.time()
    return entry


def rounded(response_ms: Floats) -> Int64s:
    """Round to about two digits, as ``locust.stats.bucket_response_time`` does."""
    digits = np.select([response_ms < 100, response_ms < 1000, response_ms < 10_000], [1, 10, 100], 1000)
    whole: Int64s = (np.round(response_ms / digits) * digits).astype(np.int64)
    return whole


def _counted(values: Int64s) -> dict[int, int]:
    found, counts = np.unique(values, return_counts=True)
    return dict(zip(found.tolist(), counts.tolist(), strict=True))
