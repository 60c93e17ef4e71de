"""Tries one rate after the other at a target, each a run directory of its own, until the search has found its end."""

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from fixtures.target import target_up
from loadtests.capacity.search import Found, Tried, Try, next_step
from loadtests.gate.display import Display
from loadtests.gate.running import Order, run_load
from loadtests.gate.stopping import Stop, StopRequestedError
from loadtests.permission import require_allowed, require_ready
from loadtests.profiles import Profile
from loadtests.storage.place import Place
from reports.evidence import RunDirectory
from reports.judge.loads import read_load
from reports.judge.percentiles import latencies, value
from reports.judge.rules import Rule, shown
from reports.judge.words import Word

CONFIRMING = 2.0  # so many times as long
BETWEEN_S = 6.0  # about what a run takes beside what was asked for: to start, to end, to be judged
QUANTILES = {"p50_s": 0.5, "p95_s": 0.95, "p99_s": 0.99}


@dataclass(frozen=True)
class Search:
    """What was asked for. ``order``: the run at once the profile's rate; ``at_most`` times it may be tried."""

    order: Order
    at_most: float
    resolution: float
    folder: Path


@dataclass(frozen=True)
class Step:
    """A rate that was tried: requests a second by the plan, good answers a second, percentiles in seconds, verdict."""

    run: str
    times: float
    rate_per_s: float
    good_per_s: float
    percentiles: dict[str, float | None]  # None: too many were never answered to have one
    word: str
    because: str
    confirming: bool


@dataclass(frozen=True)
class Capacity:
    """What came of it."""

    profile: str
    rules: str
    found: Found
    rate_per_s: float | None  # the highest that was kept
    steps: tuple[Step, ...]
    bounds_s: dict[str, float] = field(default_factory=dict)  # what the rules allow of all requests' percentiles

    def facts(self) -> dict[str, Any]:
        """Return it for JSON."""
        return asdict(self)


def look_for(search: Search, display: Display, stop: Stop) -> Capacity:
    """Look for the highest rate at which the rules are kept. Raises what ``run_load`` raises."""
    profile = search.order.profile
    require_allowed(search.order.target, profile.scaled(search.at_most), seconds=CONFIRMING * search.order.at_most_s)
    steps: list[Step] = []
    with target_up(search.order.target, search.order.region, say=display.say, check=stop.check) as target:
        require_ready(target, profile)
        search.folder.mkdir(parents=True, exist_ok=True)
        for step in _tried(search, steps, display, stop):
            display.say(f"  {step.word}: {step.because}")
    told = next_step(_answers(steps), at_most=search.at_most, resolution=search.resolution)
    found = told if isinstance(told, Found) else Found(None, None, "ABORTED", f"stopped: {stop.reason}")
    rate_per_s = None if found.times is None else found.times * profile.rate
    asked = search.order.asked
    capacity = Capacity(profile.name, asked.rules_from, found, rate_per_s, tuple(steps), _bounds_s(asked.rules))
    (search.folder / "capacity.json").write_text(json.dumps(capacity.facts(), indent=2))
    return capacity


def _bounds_s(rules: Sequence[Rule]) -> dict[str, float]:
    """What the picture can show: it has these percentiles, of all requests."""
    absolute = [one for one in rules if one.who.kind == "everybody" and not (one.objective or one.with_baseline)]
    return {one.measure: one.bound for one in absolute if f"{one.measure}_s" in QUANTILES}


def _tried(search: Search, steps: list[Step], display: Display, stop: Stop) -> Iterator[Step]:
    while stop.reason is None:
        told = next_step(_answers(steps), at_most=search.at_most, resolution=search.resolution)
        if isinstance(told, Found):
            return
        try:
            steps.append(_one(search, told, len(steps) + 1, display, stop))
        except StopRequestedError:
            return
        yield steps[-1]


def _answers(steps: list[Step]) -> list[Tried]:
    return [Tried(step.times, step.word, step.confirming) for step in steps]


def _one(search: Search, told: Try, number: int, display: Display, stop: Stop) -> Step:
    order = search.order
    profile = order.profile.scaled(told.times)
    why = ", longer, to confirm" if told.confirming else ""
    display.say(f"run {number}: {profile.rate:.0f} requests a second, {told.times:.3g} times the profile's{why}")
    run = run_load(
        replace(
            order,
            profile=profile,
            scale=told.times,
            seed=order.seed + number - 1,
            duration_s=order.duration_s * (CONFIRMING if told.confirming else 1),
            place=Place(path=search.folder / f"{number:02d}-x{told.times:.3g}"),
        ),
        display,
        stop,
        begun=True,
    )
    run.compact_samples()
    return _step(order, run, told, profile)


def _step(order: Order, run: RunDirectory, told: Try, profile: Profile) -> Step:
    verdict = order.asked.judge(run)
    run.seal()
    stretch = read_load(run).stretch
    due = stretch.due
    seconds = (stretch.to_us - stretch.from_us) / 1e6
    found = latencies(due)
    percentiles = {name: _finite(value(found, quantile).low) for name, quantile in QUANTILES.items() if len(found)}
    return Step(
        run=run.path.name,
        times=told.times,
        rate_per_s=profile.rate,
        good_per_s=float(due.good.sum()) / seconds if seconds else 0.0,
        percentiles=percentiles,
        word=str(verdict.verdict),
        because=_kept(percentiles) if verdict.verdict is Word.PASS else verdict.because,
        confirming=told.confirming,
    )


def _kept(percentiles: dict[str, float | None]) -> str:
    p95_s = percentiles.get("p95_s")
    return "every rule was kept" + ("" if p95_s is None else f", p95 {shown(p95_s, 's', bound=math.inf)}")


def _finite(seconds: float) -> float | None:
    return seconds if math.isfinite(seconds) else None
