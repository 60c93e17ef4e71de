"""How long each phase of a fault should take, computed from the live configuration before it. Pure.

Only what the configuration says is said. Where AWS names no number that can be read (how soon an Auto Scaling group
looks, how long a promotion takes), there is no expectation, and the report shows the measurement alone.
"""

from dataclasses import asdict, dataclass
from typing import Any

from fixtures.target import Target


@dataclass(frozen=True)
class Expected:
    """One phase that should be seen, in seconds from the fault's first harmful call."""

    phase: str
    seconds_from: float
    seconds_to: float
    why: str

    def data(self) -> dict[str, Any]:
        return asdict(self)


def expected_after(subject: str, snapshot: dict[str, Any], target: Target) -> list[Expected]:
    """What should follow a fault on a sync instance, an async instance or the primary database (``subject``)."""
    match subject:
        case "sync":
            return _balancer(snapshot.get("target_group") or {})
        case "async":
            return _lease(target)
        case "database":
            return _names(snapshot.get("dns"), target)
    return []


def _balancer(group: dict[str, Any]) -> list[Expected]:
    if "health_check_interval_s" not in group:
        return []
    every, answer = float(group["health_check_interval_s"]), float(group["health_check_timeout_s"])
    bad, good = int(group["unhealthy_threshold"]), int(group["healthy_threshold"])
    return [
        Expected(
            "target unhealthy",
            every * (bad - 1),
            every * bad + answer,
            f"{bad} failed health checks, one each {every:g} s, {answer:g} s for the last to time out",
        ),
        Expected(
            "replacement healthy",
            every * (good - 1),
            every * good + answer,
            f"{good} good health checks, one each {every:g} s, from the moment the replacement answers",
        ),
    ]


def _lease(target: Target) -> list[Expected]:
    lease, grace = target.jobs.lease_s, target.jobs.grace_s
    return [
        Expected(
            "job taken over", 0, lease + grace, f"a lease of {lease:g} s runs out, found {grace:g} s later at most"
        )
    ]


def _names(dns: Any, target: Target) -> list[Expected]:
    host = target.databases.primary.host
    ttl = next((one["ttl_s"] for one in dns if one["name"] == host), None) if isinstance(dns, list) else None
    if ttl is None:
        return []
    return [
        Expected(
            "clients on the new primary",
            0,
            float(ttl),
            f"{host} has a TTL of {ttl} s, counted from the moment it changes",
        )
    ]
