"""Stock is judged by sums: acknowledged <= landed <= acknowledged + unknown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.evidence import Landed, WriteOutcome
from reports.judge.landing import Fate
from reports.judge.sums import Sum, fate_of_sum, land_sums
from reports.testing.cases import delta


@pytest.mark.parametrize(
    ("acknowledged", "unknown", "landed", "fate"),
    [
        pytest.param(5, 2, 4, Fate.LOST, id="under"),
        pytest.param(5, 2, 5, Fate.LANDED, id="just the acknowledged"),
        pytest.param(5, 2, 7, Fate.LANDED, id="with every unknown"),
        pytest.param(5, 2, 8, Fate.DUPLICATE, id="over"),
        pytest.param(0, 0, 1, Fate.PHANTOM, id="only refused, and there"),
        pytest.param(0, 3, 0, Fate.LANDED, id="only unknown, none there"),
    ],
)
def test_the_fate_of_a_sum(acknowledged: int, unknown: int, landed: int, fate: Fate) -> None:
    """The bounds are inclusive."""
    assert fate_of_sum(Sum(acknowledged, unknown), landed) is fate


@given(
    st.lists(st.tuples(st.sampled_from(("acknowledged", "unknown", "refused")), st.integers(1, 3)), min_size=1),
    st.data(),
)
def test_a_correct_system_is_never_convicted(written: list[tuple[WriteOutcome, int]], data: st.DataObject) -> None:
    """Whatever happened to the unknown ones, the sum is within its bounds."""
    writes = [delta(f"GD{n}", outcome, units) for n, (outcome, units) in enumerate(written)]
    units = sum(
        u for outcome, u in written if outcome == "acknowledged" or (outcome == "unknown" and data.draw(st.booleans()))
    )
    rows = [Landed("F|P", "stock_delta", 1, units=units)]

    assert land_sums("primary", writes, rows, rows).of(Fate.LANDED) == ["F|P"]
    assert land_sums("replica", writes, rows, rows).of(Fate.DELIVERED) == ["F|P"]


@pytest.mark.parametrize(
    ("replica", "primary", "fate"),
    [(3, 5, Fate.UNDELIVERED), (6, 5, Fate.DUPLICATE), (5, 5, Fate.DELIVERED), (1, 0, Fate.DIVERGED)],
)
def test_a_replica_must_hold_what_the_primary_holds(replica: int, primary: int, fate: Fate) -> None:
    """Downstream the sum is exact."""
    here, there = ([Landed("F|P", "stock_delta", 1, units=units)] for units in (replica, primary))

    assert land_sums("replica", [delta("GD1", "acknowledged", 5)], here, there).of(fate) == ["F|P"]


def test_a_sum_that_nobody_wrote_is_unexpected() -> None:
    """Rows with the run's prefix at a place where the ledger knows of none."""
    rows = [Landed("F|Q", "stock_delta", 1, units=1)]

    assert land_sums("primary", [delta("GD1", "refused", 1)], rows, rows).of(Fate.UNEXPECTED) == ["F|Q"]
