"""A profile's plan in numbers: sums per journey, the peak, and columns of time for whoever draws it. Pure."""

from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from loadtests.arrivals import NS, JourneyPlan, Plan
from loadtests.profiles import Profile

COLUMNS = 71  # of time, at most, for a terminal of 80; none shorter than a second where the plan is long enough
FEWEST = 10


@dataclass(frozen=True, slots=True)
class Sums:
    """One journey, or all: arrivals as the rate expects and as the seed planned them, and the requests they make."""

    name: str
    expected: float
    planned: int
    requests: float
    rate_per_s: float
    peak_per_s: float


@dataclass(frozen=True, slots=True)
class Outline:
    """A plan in numbers. ``columns`` has COLUMNS or fewer entries (from_s, to_s, expected, planned)."""

    profile: str
    about: str
    seed: int
    duration_s: float
    spacing: str
    played: str
    journeys: tuple[Sums, ...]
    total: Sums
    peak_at_s: float
    columns: tuple[tuple[float, float, float, int], ...]

    def facts(self) -> dict[str, Any]:
        """Return it for JSON."""
        columns = [dict(zip(("from_s", "to_s", "expected", "planned"), column, strict=True)) for column in self.columns]
        return asdict(self) | {"columns": columns}


def outline(profile: Profile, *, seed: int, duration_s: float) -> Outline:
    """Return the plan of a profile in numbers; ``duration_s`` over 0."""
    plan = profile.plan(seed=seed, end_ns=round(duration_s * NS))
    peak_per_s, peak_at_ns = profile.multiples.scaled(profile.rate).peak(plan.end_ns)
    journeys = tuple(sums(each) for each in plan.journeys)
    return Outline(
        profile=profile.name,
        about=profile.about,
        seed=seed,
        duration_s=duration_s,
        spacing=profile.spacing,
        played=_played(profile),
        journeys=journeys,
        total=_total(journeys, duration_s, peak_per_s),
        peak_at_s=peak_at_ns / NS,
        columns=_columns(plan),
    )


def sums(plan: JourneyPlan) -> Sums:
    """Return one journey's plan in numbers."""
    expected = plan.expected(0, plan.end_ns)
    peak_per_s, _ = plan.intensity.peak(plan.end_ns)
    rate_per_s = expected / plan.end_ns * NS
    return Sums(plan.name, expected, plan.planned(plan.end_ns), expected * plan.requests, rate_per_s, peak_per_s)


def _total(journeys: tuple[Sums, ...], duration_s: float, peak_per_s: float) -> Sums:
    expected = sum(each.expected for each in journeys)
    planned, requests = sum(each.planned for each in journeys), sum(each.requests for each in journeys)
    return Sums("all", expected, planned, requests, expected / duration_s, peak_per_s)


def _columns(plan: Plan) -> tuple[tuple[float, float, float, int], ...]:
    count = max(FEWEST, min(COLUMNS, plan.end_ns // NS))
    edges_ns = np.linspace(0, plan.end_ns, count + 1).astype(np.int64).tolist()
    before = [plan.planned(0, edge_ns) for edge_ns in edges_ns]
    return tuple(
        (from_ns / NS, to_ns / NS, plan.expected(from_ns, to_ns), until - already)
        for (from_ns, to_ns), (already, until) in zip(pairwise(edges_ns), pairwise(before), strict=True)
    )


def _played(profile: Profile) -> str:
    """Say how it is played."""
    users = sum(load.users for _, load in profile.journeys())
    visits = [name for name, load in profile.journeys() if load.requests > 1]
    said = f"an arrival of {', '.join(visits)} makes several requests" if visits else "each arrival is one request"
    return (
        f"{said}; it begins when it is due, whatever the system does; at most {users} are under way at a time, and who "
        "finds nobody free waits in line and is charged for it; logins come on top"
    )
