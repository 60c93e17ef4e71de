"""Incidents: stretches of the measured time in which too many requests were bad, found in the series by SQL."""

import pandas as pd

from reports.commitments import IncidentRule
from reports.sources.requests import Requests

# Every stretch of window_s that ends at a request; those with too many bad ones, merged when near; what was in them.
FOUND = """
WITH rolling AS (
    SELECT run, due_us, count(*) FILTER (NOT good) OVER stretch AS bad, count(*) OVER stretch AS n
    FROM requests WHERE measured
    WINDOW stretch AS (PARTITION BY run ORDER BY due_us RANGE BETWEEN {window_us} PRECEDING AND CURRENT ROW)
),
bad AS (
    SELECT run, due_us, lag(due_us) OVER (PARTITION BY run ORDER BY due_us) AS before
    FROM rolling WHERE bad >= $bad_requests AND bad > $bad_ratio * n
),
numbered AS (
    SELECT run, due_us, count(*) FILTER (before IS NULL OR due_us - {window_us} - before > $merge_us)
        OVER (PARTITION BY run ORDER BY due_us) AS incident
    FROM bad
),
edges AS (
    SELECT run, incident, min(due_us) - {window_us} AS low, max(due_us) AS high FROM numbered GROUP BY ALL
),
inside AS (
    SELECT e.run, e.incident, r.due_us, r.endpoint, r.good, r.experiment
    FROM edges e JOIN requests r ON r.run = e.run AND r.measured
        AND r.due_us BETWEEN e.low AND e.high
),
worst AS (
    SELECT run, incident, endpoint AS worst_endpoint, bad AS worst_bad
    FROM (SELECT run, incident, endpoint, count(*) AS bad FROM inside WHERE NOT good GROUP BY ALL)
    QUALIFY row_number() OVER (PARTITION BY run, incident ORDER BY bad DESC, endpoint) = 1
)
SELECT run, min(due_us) FILTER (NOT good) AS from_us, max(due_us) FILTER (NOT good) AS to_us,
    count(*) AS requests, count(*) FILTER (NOT good) AS bad, any_value(worst_endpoint) AS worst_endpoint,
    any_value(worst_bad) AS worst_bad,
    string_agg(DISTINCT experiment, ', ' ORDER BY experiment) FILTER (NOT good) AS experiment,
    count(*) FILTER (NOT good AND experiment IS NULL) AS bad_in_service
FROM inside JOIN worst USING (run, incident)
GROUP BY run, incident ORDER BY from_us, run
"""


def incidents(requests: Requests, rule: IncidentRule) -> pd.DataFrame:
    """Return the incidents by time: run (its number), from_us and to_us (first and last bad request), requests, bad,
    worst_endpoint, worst_bad, experiment (None: in service), bad_in_service (of the bad, those outside of any)."""
    limits = {"bad_requests": rule.bad_requests, "bad_ratio": rule.bad_ratio, "merge_us": rule.merge_s * 1_000_000}
    found = requests.ask(FOUND.format(window_us=rule.window_s * 1_000_000), limits)
    found["experiment"] = found["experiment"].astype(object).where(found["experiment"].notna(), None)
    return found
