"""The measured side of a commitment: counts by cause and by the minute, from the table of requests."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from reports.commitments import Latency, Ratio
from reports.sources.requests import Requests

BY_CAUSE = "SELECT experiment, count(*) AS n, count(*) FILTER ({good}) AS good FROM requests WHERE {mine} GROUP BY 1"
BY_MINUTE = """
SELECT due_us // 60000000 AS minute, count(*) AS n, count(*) FILTER ({good}) AS good,
    count(*) FILTER (NOT in_time) AS unsent
FROM requests WHERE {mine} GROUP BY 1 ORDER BY 1
"""
# A run that calls an endpoint once in three seconds looks at it all the while: whatever it asks shows that it is there.
SECONDS = """
SELECT count(DISTINCT due_us // 1000000) AS n FROM requests
WHERE measured AND run IN (SELECT run FROM requests WHERE {mine})
"""
ANY = {"mine": "measured"}


@dataclass(frozen=True)
class Measured:
    """What was measured of one commitment.

    ``causes``: columns experiment (None = in service), n, good. ``minutes``: columns minute (since the epoch), n, good.
    ``seconds``: in how many there was any request, in the runs in which the commitment's endpoints were called at all.
    """

    causes: pd.DataFrame
    minutes: pd.DataFrame
    seconds: int

    @property
    def n(self) -> int:
        """How many requests."""
        return int(self.minutes["n"].sum())

    @property
    def good(self) -> int:
        """How many of them were good."""
        return int(self.minutes["good"].sum())

    @property
    def unsent(self) -> int:
        """How many of the bad ones were not sent in time."""
        return int(self.minutes["unsent"].sum())


def measure(requests: Requests, commitment: Ratio) -> Measured:
    """Count what a commitment is about."""
    parts, values = condition(commitment)
    causes = requests.ask(BY_CAUSE.format(**parts), values)
    causes["experiment"] = causes["experiment"].astype(object).where(causes["experiment"].notna(), None)
    minutes = requests.ask(BY_MINUTE.format(**parts), values)
    return Measured(causes, minutes, _seconds(requests, parts, list(commitment.endpoints)))


def seconds(requests: Requests) -> int:
    """Return in how many seconds there was any request that counts."""
    return _seconds(requests, ANY, [])


def _seconds(requests: Requests, parts: dict[str, str], values: list[str]) -> int:
    return int(requests.ask(SECONDS.format(**parts), values)["n"].item())


def condition(commitment: Ratio) -> tuple[dict[str, str], list[Any]]:
    """Return the SQL of a good request, of a request that the commitment is about, and their parameters in order."""
    good, values = "WHERE good", []
    if isinstance(commitment, Latency):
        good, values = "WHERE good AND took_us <= ?", [int(commitment.under_ms * 1000)]
    globs = " OR ".join("endpoint GLOB ?" for _ in commitment.endpoints)
    return {"good": good, "mine": f"measured AND ({globs})"}, [*values, *commitment.endpoints]


def missing_endpoints(requests: Requests, commitment: Ratio) -> list[str]:
    """Return the patterns of a commitment that no request matched: nobody called them."""
    count = "SELECT count(*) AS n FROM requests WHERE measured AND endpoint GLOB ?"
    return [pattern for pattern in commitment.endpoints if not requests.ask(count, [pattern])["n"].item()]
