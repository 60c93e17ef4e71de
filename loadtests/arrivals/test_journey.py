"""The plan of one journey, when the arithmetic under it is rough."""

import itertools

import numpy as np
import numpy.typing as npt
import pytest

from loadtests.arrivals import NS, Intensity, JourneyPlan, Piece
from loadtests.arrivals.intensity import Int64s
from loadtests.arrivals.spacing import CELL

END_NS = 20 * NS


class Rough(Intensity):
    """An inverse that is up to 5 ms off, here too early, there too late: what rounding does, made large."""

    def due_ns(self, expected: npt.ArrayLike) -> Int64s:
        wanted = np.asarray(expected, dtype=np.float64)
        rough: Int64s = np.maximum(super().due_ns(wanted) + wanted.view(np.int64) % 10_000_019 - 5_000_009, 0)
        return rough


@pytest.mark.parametrize("at_end", [CELL - 1e-6, CELL, 3 * CELL - 1e-6, 3 * CELL + 1e-6])
def test_rounding_disturbs_neither_order_nor_number(at_end: float) -> None:
    """Also where a cell ends with the plan: parts follow each other, and what is complete stays as it was said."""
    rate = at_end / 20
    plan = JourneyPlan("a", Rough((Piece(END_NS, rate / 2, rate * 1.5),)), 3, END_NS)
    parts = list(plan.parts())
    due_ns = np.concatenate([part for part, _ in parts])
    assert (np.diff(due_ns) >= 0).all()
    for (_, complete_ns), (part, _) in itertools.pairwise(parts):
        assert (part >= complete_ns).all()
    assert parts[-1][1] == END_NS
    assert due_ns[-1] < END_NS
    for at_ns in (*due_ns[:: CELL // 8].tolist(), END_NS):
        assert plan.planned(at_ns) == (due_ns < at_ns).sum()


def test_the_order_holds_where_the_inverse_itself_loses_a_nanosecond(monkeypatch: pytest.MonkeyPatch) -> None:
    """A case that was found: neighbours of the floating point numbers on a ramp of three hours."""
    ramp = Intensity((Piece(11020376304841, 4.200767179119241, 91.63220738266989),))
    units = 126400.88255385208 + np.arange(4000) * np.spacing(126400.88255385208)
    assert (np.diff(ramp.due_ns(units)) < 0).any()
    cell = int(units[0]) // CELL
    monkeypatch.setattr("loadtests.arrivals.journey.places", lambda *_, **__: units - cell * CELL)
    plan = JourneyPlan("a", ramp, 1, ramp.length_ns)
    from_ns = int(ramp.due_ns(cell * CELL)) + 1
    part, _ = next(plan.parts(from_ns))
    assert len(part) == 4000
    assert (np.diff(part) >= 0).all()


def test_expected_counts_end_with_the_plan() -> None:
    plan = JourneyPlan("a", Intensity.constant(10.0), 1, END_NS)
    assert plan.expected(5 * NS, 15 * NS) == pytest.approx(100)
    assert plan.expected(15 * NS, 99 * NS) == pytest.approx(50)
    assert plan.planned(99 * NS) == plan.planned(END_NS)
