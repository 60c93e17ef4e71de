"""The plan: the same for everybody who has its description, in the order of time, and as many as were promised."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadtests.arrivals import NS, SPACINGS, Intensity, JourneyPlan, Piece, Plan, Share, Spacing, share
from loadtests.arrivals.intensity import Int64s
from loadtests.arrivals.test_intensity import CURVE, PIECES, RAMP, SPIKE, STEPS

SHAPES = {
    "constant": Intensity.constant(300.0),
    "ramp": RAMP.scaled(100),
    "steps": STEPS.scaled(100),
    "spike": SPIKE.scaled(50),
    "curve": CURVE.scaled(50),
}


def plan_of(
    *intensities: Intensity, spacing: Spacing = "poisson", seed: int = 1, end_s: float = 50, name: str = "journey"
) -> Plan:
    end_ns = int(end_s * NS)
    journeys = enumerate(intensities)
    return Plan(tuple(JourneyPlan(f"{name}-{n}", each, seed, end_ns, spacing) for n, each in journeys))


def due(plan: Plan, from_ns: int = 0) -> Int64s:
    return np.concatenate([np.empty(0, dtype=np.int64), *(batch.due_ns for batch in plan.batches(from_ns=from_ns))])


def rows(plan: Plan, share: Share, from_ns: int = 0) -> list[tuple[Int64s, Int64s]]:
    return [(batch.ids, batch.due_ns) for batch in plan.batches(share, from_ns)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("spacing", SPACINGS)
def test_each_shape_has_as_many_arrivals_as_its_rate_says(shape: str, spacing: Spacing) -> None:
    """Evenly spaced to the last one, by chance within 4 standard deviations (one seed in 16,000 is outside)."""
    plan = plan_of(SHAPES[shape], spacing=spacing)
    expected = plan.expected(0, plan.end_ns)
    assert expected > 1000
    assert abs(len(due(plan)) - expected) <= (4 * expected**0.5 if spacing == "poisson" else 1)


@settings(deadline=None)
@given(pieces=st.lists(PIECES, min_size=1, max_size=4), seed=st.integers(0, 1 << 64), spacing=st.sampled_from(SPACINGS))
def test_any_plan_is_sorted_complete_and_the_same_again(pieces: list[Piece], seed: int, spacing: Spacing) -> None:
    """At most 20,000 arrivals of a journey, however strange its rate."""
    intensity = Intensity(tuple(pieces))
    end_ns = min(intensity.length_ns + NS, int(intensity.due_ns(20_000)))
    plan = plan_of(intensity, intensity.scaled(0.3), spacing=spacing, seed=seed, end_s=max(1, end_ns) / NS)
    batches = list(plan.batches())
    ids = np.concatenate([np.empty(0), *(batch.ids for batch in batches)])
    found = due(plan)
    assert (np.diff(found) >= 0).all()
    assert ((found >= 0) & (found < plan.end_ns)).all()
    assert ids.tolist() == list(range(len(found)))
    assert plan.planned(0, plan.end_ns) == len(found)
    assert abs(len(found) - plan.expected(0, plan.end_ns)) <= (6 * 26_000**0.5 if spacing == "poisson" else 2)
    assert (due(plan) == found).all()


@pytest.mark.parametrize("spacing", SPACINGS)
@settings(deadline=None)
@given(data=st.data())
def test_a_part_of_the_plan_is_drawn_without_what_comes_before(spacing: Spacing, data: st.DataObject) -> None:
    """From any moment on: the same arrivals under the same ids, and the number in any stretch of time."""
    plan = plan_of(SHAPES["curve"], SHAPES["constant"], spacing=spacing)
    from_ns, to_ns = sorted(data.draw(st.tuples(*[st.integers(0, plan.end_ns + NS)] * 2)))
    whole = due(plan)
    assert (due(plan, from_ns) == whole[whole >= from_ns]).all()
    first = next(plan.batches(from_ns=from_ns), None)
    assert first is None or first.ids[0] == (whole < from_ns).sum()
    assert plan.planned(from_ns, to_ns) == ((whole >= from_ns) & (whole < to_ns)).sum()


@pytest.mark.parametrize("spacing", SPACINGS)
def test_a_longer_plan_begins_as_the_shorter(spacing: Spacing) -> None:
    """How long a load runs does not change what it sends before."""
    short, long = (due(plan_of(SHAPES["steps"], spacing=spacing, end_s=end_s)) for end_s in (20, 30))
    assert len(short) > 2000
    assert (long[: len(short)] == short).all()


def test_seed_and_journey_decide_and_nothing_else() -> None:
    """Another seed or name is another plan; other journeys beside it, and workers, change nothing of it."""
    steps, ramp = SHAPES["steps"], SHAPES["ramp"]
    alone = due(plan_of(steps))
    both = list(plan_of(steps, ramp).batches())
    beside = np.concatenate([batch.due_ns[batch.journeys == 0] for batch in both])
    assert (beside == alone).all()
    for other in (plan_of(steps, seed=2), plan_of(steps, name="other")):
        assert len(np.intersect1d(due(other), alone)) < 5


@pytest.mark.parametrize("of", [1, 3])
def test_the_shares_of_all_workers_are_the_plan(of: int) -> None:
    """Each arrival with its id, its moment and its journey, at exactly one worker."""
    plan = plan_of(SHAPES["ramp"], SHAPES["spike"])
    rows = sorted(
        row
        for worker in range(of)
        for batch in plan.batches(share(worker, of))
        for row in zip(batch.ids.tolist(), batch.due_ns.tolist(), batch.journeys.tolist(), strict=True)
    )
    assert [row[0] for row in rows] == list(range(len(rows)))
    assert [row[1] for row in rows] == due(plan).tolist()
    assert sum(row[2] == 1 for row in rows) == plan.journeys[1].planned(plan.end_ns)


def test_a_lost_workers_share_is_known_second_by_second() -> None:
    """What is missing when it is gone, by journey, without asking anybody."""
    plan = plan_of(SHAPES["ramp"], SHAPES["spike"])
    edges_ns = np.arange(5, 16) * NS
    counts = [plan.counts(edges_ns, share(worker, 3)) for worker in range(3)]
    assert np.sum(counts, axis=0).tolist() == plan.counts(edges_ns).tolist()
    assert counts[2].shape == (2, 10)
    assert plan.counts(edges_ns).sum() == plan.planned(5 * NS, 15 * NS)
    assert counts[2].sum() == pytest.approx(plan.planned(5 * NS, 15 * NS) / 3, rel=0.1)


def test_survivors_take_a_lost_workers_arrivals_over_from_a_moment_on() -> None:
    """Worker 2 dies at 10 s, the others divide its share from 12 s on: what it owed between is missing, nothing else.

    Each survivor goes on from that moment by itself; none of them draws the plan anew from its start.
    """
    plan, died_ns, over_ns = plan_of(SHAPES["steps"], SHAPES["ramp"]), 10 * NS, 12 * NS
    sent = [ids[due_ns < died_ns] for ids, due_ns in rows(plan, share(2, 3))]
    for survivor in (share(0, 3), share(1, 3)):
        sent += [ids[due_ns < over_ns] for ids, due_ns in rows(plan, survivor)]
        sent += [ids for ids, _ in rows(plan, survivor.without(2), over_ns)]
    missing = np.setdiff1d(np.arange(plan.planned(0, plan.end_ns)), np.concatenate(sent))
    assert len(np.concatenate(sent)) + len(missing) == plan.planned(0, plan.end_ns)
    assert len(missing) == plan.counts(np.array([died_ns, over_ns]), share(2, 3)).sum() > 100


def test_the_rate_of_a_plan_is_that_of_its_journeys_together() -> None:
    plan = plan_of(SHAPES["constant"], RAMP)
    assert plan.rate([0, 5 * NS]).tolist() == [300, 310]


@pytest.mark.parametrize(
    ("spacing", "due_ns"),
    [
        ("poisson", [308134984, 525211028, 542931726, 714578616, 1427290377, 1519065263, 2526164234, 2855307333]),
        ("fixed", [165579110, 665579110, 1165579110, 1665579110, 2165579110, 2665579110]),
        ("slots", [402942352, 571923687, 1014312981, 1754135062, 2298239011, 2651443457]),
    ],
)
def test_a_seed_means_the_same_plan_for_ever(spacing: Spacing, due_ns: list[int]) -> None:
    """An old run's plan can be drawn again. When numpy changes its streams this fails, and the change is to be told."""
    plan = Plan((JourneyPlan("pos", Intensity.constant(2.0), 7, 3 * NS, spacing),))
    assert due(plan).tolist() == due_ns


@pytest.mark.parametrize(
    "journeys",
    [
        pytest.param((), id="none"),
        pytest.param((JourneyPlan("a", RAMP, 1, NS), JourneyPlan("a", RAMP, 1, NS)), id="twice"),
        pytest.param((JourneyPlan("a", RAMP, 1, NS), JourneyPlan("b", RAMP, 1, 2 * NS)), id="other-length"),
        pytest.param((JourneyPlan("a", RAMP, 1, NS), JourneyPlan("b", RAMP, 2, NS)), id="other-seed"),
    ],
)
def test_journeys_that_make_no_plan_are_refused(journeys: tuple[JourneyPlan, ...]) -> None:
    with pytest.raises(ValueError, match="expected"):
        Plan(journeys)
