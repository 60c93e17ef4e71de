"""All requests of a report in one DuckDB table: good or not, how long, and in which experiment. Aggregated there.

What a good request is, is what the judge of a game day says, too (``reports.judge.requests``): sent in time and
answered as it should be. Two sorts say nothing about the system and are counted apart, as not measured: those due in a
second in which the load generator itself was late or frozen, and those that had just become due when the run was ended.
"""

from collections.abc import Sequence
from typing import Any

import duckdb
import pandas as pd

from reports.evidence import BUSINESS, RunDirectory
from reports.judge.case import Case
from reports.judge.workers import late
from reports.sources.runs import FaultWindow

TABLE = """
CREATE TABLE requests (
    run INTEGER, due_us BIGINT, endpoint VARCHAR, in_time BOOLEAN, good BOOLEAN,
    took_us BIGINT,       -- from when it was due until the answer was there; null when bad
    experiment VARCHAR,   -- whose fault was on while it was in flight; null in service
    measured BOOLEAN      -- false: the generator itself was late, or ended before there was an answer
)
"""
ADD = """
INSERT INTO requests
WITH rows AS (
    SELECT sched_us AS due_us, coalesce(endpoint, '?') AS endpoint, worker, end_us,
        greatest(sched_us, start_us, end_us) AS last_us,  -- of those that are known
        start_us IS NOT NULL AND start_us - sched_us <= $late_us AS in_time,
        coalesce(outcome, 'unknown') = 'ok'
            OR (coalesce(outcome, 'unknown') = 'refused' AND starts_with(coalesce(error, ''), $business)) AS answered,
        coalesce(outcome, '') = 'censored' AND (SELECT max(greatest(sched_us, start_us, end_us)) FROM samples)
            - sched_us <= $late_us AS cut_off
    FROM samples
    WHERE sched_us >= $from_us AND sched_us < $to_us
),
judged AS (SELECT *, in_time AND answered AND end_us IS NOT NULL AS good FROM rows)
SELECT $run, due_us, endpoint, in_time, good, CASE WHEN good THEN end_us - due_us END,
    (SELECT min(f.experiment) FROM faults f WHERE last_us >= f.from_us AND due_us < f.to_us),
    NOT cut_off AND NOT EXISTS (
        SELECT 1 FROM late WHERE late.worker = judged.worker AND due_us > late.from_us AND due_us <= late.to_us
    )
FROM judged
"""


class Requests:
    """The table. ``add`` a run at a time, then ask."""

    def __init__(self) -> None:
        self._db = duckdb.connect(":memory:")
        self._db.execute("SET TimeZone = 'UTC'")
        self._db.execute(TABLE)

    def add(
        self, n: int, run: RunDirectory, case: Case, faults: Sequence[FaultWindow], *, from_us: int, to_us: int
    ) -> None:
        """Take in the requests of run number ``n`` that were due in ``[from_us, to_us)``."""
        self._db.register("samples", run.read_samples())
        self._db.register("late", pd.DataFrame(late(case), columns=["worker", "from_us", "to_us"]).astype(_TYPES))
        rows = [(fault.experiment, fault.from_us, fault.to_us) for fault in faults]
        self._db.register("faults", pd.DataFrame(rows, columns=["experiment", "from_us", "to_us"]).astype(_TYPES))
        late_us = int(case.objectives.value("late_s") * 1e6)
        named = {"run": n, "from_us": from_us, "to_us": to_us, "late_us": late_us, "business": BUSINESS}
        self._db.execute(ADD, named)
        for name in ("samples", "late", "faults"):
            self._db.unregister(name)

    def ask(self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> pd.DataFrame:
        """Return the answer to a query of the table ``requests``; its parameters in order (?) or by name ($name)."""
        return self._db.execute(sql, parameters).df()


_TYPES = {"from_us": "int64", "to_us": "int64"}
