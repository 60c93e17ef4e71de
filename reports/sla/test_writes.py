"""What became of the writes of all runs: what is wrong counts also in a run in which nothing was acknowledged."""

import pytest

from reports.commitments import Writes
from reports.evidence import Landed, Write
from reports.judge.case import Case
from reports.sla.statement import Standing
from reports.sla.writes import SinkTotals, state_writes, totals
from reports.testing.cases import barriers, case, delta, order, there

PROMISED = Writes(kind="writes", name="W", origin="t")


def run(writes: list[Write], primary: list[Landed], *, barrier: bool = True) -> Case:
    """A run whose writes are for the primary alone."""
    return case(writes=writes, landed={"primary": primary}, events=barriers("primary") if barrier else [])


def only(found: Case) -> SinkTotals:
    (total,) = totals([("run", found)])
    return total


@pytest.mark.parametrize("barrier", [True, False])
def test_an_unknown_write_that_is_there_twice_is_doubled(*, barrier: bool) -> None:
    """Though nothing was acknowledged in that run; a presence is proof at once."""
    writes = [order("GD1", "unknown", sinks=("primary",)), order("GD2", "unknown", sinks=("primary",))]
    total = only(run(writes, [there("GD1", 2), there("GD2", 1)], barrier=barrier))

    assert (total.acknowledged, total.unknown, total.duplicated, total.lost, total.landed) == (0, 2, 1, 0, 0)
    assert total.examples == ["GD1 (run)"]
    stated = state_writes(PROMISED, (total,), coverage=1.0, minimum_coverage=0.9)
    assert (stated.standing, "1 doubled at the primary" in stated.because) == (Standing.FAIL, True)


def test_a_refused_write_that_is_there_is_wrong() -> None:
    """It is the only one that was written."""
    assert only(run([order("GD1", "refused", sinks=("primary",))], [there("GD1")])).strange == 1


def test_a_write_that_was_seen_and_is_gone_is_lost_and_nothing_else_landed_less() -> None:
    """Nothing was acknowledged, so nothing that was has landed."""
    total = only(run([order("GD1", "unknown", sinks=("primary",))], [there("GD1", 0)]))

    assert (total.lost, total.landed, total.unread) == (1, 0, 0)


def test_unknown_writes_that_may_be_right_are_right() -> None:
    """There once or not at all; of stock, whatever sum is possible."""
    writes = [
        order("GD1", "unknown", sinks=("primary",)),
        order("GD2", "unknown", sinks=("primary",)),
        delta("D1", "unknown", 5, sinks=("primary",)),
    ]
    total = only(run(writes, [there("GD1", 1)]))

    assert (total.broken, total.unread, total.unknown) == (0, 0, 3)
    assert state_writes(PROMISED, (total,), coverage=1.0, minimum_coverage=0.9).standing is Standing.UNMEASURED


def test_what_is_measured_for_too_short_is_said_without_rounding_it_up() -> None:
    """89.996 % is not the 90 % that are needed."""
    total = only(run([order("GD1", sinks=("primary",))], [there("GD1")]))
    stated = state_writes(PROMISED, (total,), coverage=0.89996, minimum_coverage=0.9)

    assert (stated.standing, "for 89.99 % of the time, 90 % needed" in stated.because) == (Standing.UNMEASURED, True)
