"""The verdict on a write convicts exactly what no correct system could have left."""

import itertools
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.evidence import Attempt, Landed, Write, WriteOutcome
from reports.judge.landing import Fate, downstream, land_keys, on_primary
from reports.testing.cases import order, there

OUTCOMES: tuple[WriteOutcome, ...] = get_args(WriteOutcome)
VIOLATIONS = {Fate.LOST, Fate.FLICKER, Fate.DUPLICATE, Fate.PHANTOM, Fate.UNEXPECTED, Fate.DIVERGED, Fate.UNDELIVERED}


def legal_counts(outcomes: tuple[str, ...]) -> set[int]:
    """What a correct system may show: a key once at most, always when acknowledged, never when refused."""
    if "acknowledged" in outcomes:
        return {1}
    return {0, 1} if "unknown" in outcomes or not outcomes else {0}


def test_the_primary_is_convicted_exactly_when_no_correct_system_could_have_left_it() -> None:
    """Every history of up to five attempts against every count: no false alarm, no miss."""
    checked = 0
    for length in range(6):
        for outcomes in itertools.product(OUTCOMES, repeat=length):
            attempts = tuple(Attempt(n, 0, outcome, 0) for n, outcome in enumerate(outcomes, 1))
            write = Write("K", "order", 0, None, None, ("primary",), attempts)
            for count in range(4):
                fate = on_primary(write.outcome, count, seen=count > 0)
                assert (fate in VIOLATIONS) == (count not in legal_counts(outcomes)), (outcomes, count, fate)
                checked += 1
    assert checked == 1456


@pytest.mark.parametrize(
    ("outcome", "count", "seen", "fate"),
    [
        pytest.param("acknowledged", 0, False, Fate.LOST, id="acknowledged, nowhere"),
        pytest.param("acknowledged", 0, True, Fate.FLICKER, id="acknowledged, seen and gone"),
        pytest.param("acknowledged", 1, True, Fate.LANDED, id="acknowledged, there"),
        pytest.param("acknowledged", 2, True, Fate.DUPLICATE, id="acknowledged, twice"),
        pytest.param("unknown", 0, False, Fate.ABSENT, id="unknown, nowhere"),
        pytest.param("unknown", 0, True, Fate.FLICKER, id="unknown, seen and gone"),
        pytest.param("unknown", 1, True, Fate.RECOVERED, id="unknown, there"),
        pytest.param("unknown", 2, True, Fate.DUPLICATE, id="unknown, twice"),
        pytest.param("refused", 0, False, Fate.REFUSED, id="refused, nowhere"),
        pytest.param("refused", 1, True, Fate.PHANTOM, id="refused, there"),
        pytest.param("refused", 2, True, Fate.DUPLICATE, id="refused, twice"),
    ],
)
def test_the_fate_of_a_write_on_the_primary(outcome: WriteOutcome, count: int, seen: bool, fate: Fate) -> None:
    """The table, line by line."""
    assert on_primary(outcome, count, seen=seen) is fate


@pytest.mark.parametrize(
    ("count", "primary", "seen", "seen_on_primary", "fate"),
    [
        pytest.param(1, 1, True, True, Fate.DELIVERED, id="as the primary"),
        pytest.param(2, 2, True, True, Fate.DELIVERED, id="twice, as on the primary: charged there"),
        pytest.param(1, 2, True, True, Fate.DELIVERED, id="once of twice: charged there"),
        pytest.param(0, 1, False, True, Fate.UNDELIVERED, id="never came"),
        pytest.param(0, 1, True, True, Fate.FLICKER, id="came and went"),
        pytest.param(2, 1, True, True, Fate.DUPLICATE, id="doubled on the way"),
        pytest.param(1, 0, True, False, Fate.DIVERGED, id="only here"),
        pytest.param(1, 0, True, True, Fate.DIVERGED, id="still here, gone on the primary"),
        pytest.param(0, 0, False, False, Fate.NOTHING, id="nowhere: the primary's loss, if one"),
        pytest.param(0, 0, True, True, Fate.NOTHING, id="followed the primary's loss"),
        pytest.param(0, 0, True, False, Fate.FLICKER, id="was only here, and went"),
    ],
)
def test_the_fate_of_a_write_downstream(
    count: int, primary: int, seen: bool, seen_on_primary: bool, fate: Fate
) -> None:
    """A sink downstream answers for the difference to the primary, and for nothing else."""
    assert downstream(count, primary=primary, seen=seen, seen_on_primary=seen_on_primary) is fate


@given(
    outcomes=st.lists(st.sampled_from(OUTCOMES), min_size=1, max_size=30),
    data=st.data(),
)
def test_a_correct_system_is_never_convicted_anywhere(outcomes: list[WriteOutcome], data: st.DataObject) -> None:
    """Whatever a correct system did with the unknown ones, and with faithful copies downstream: no violation."""
    writes = [order(f"GD{n}", outcome) for n, outcome in enumerate(outcomes)]
    applied = [
        w for w in writes if w.outcome == "acknowledged" or (w.outcome == "unknown" and data.draw(st.booleans()))
    ]
    rows = [there(write.key) for write in applied]
    for sink in ("primary", "replica", "warehouse"):
        found = land_keys(sink, writes, rows, rows, "GD")
        assert VIOLATIONS.isdisjoint(fate for fate, keys in found.fates.items() if keys)
        assert found.corrupted == []


@given(counts=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=20))
def test_each_key_has_one_fate(counts: list[tuple[int, int]]) -> None:
    """Nothing is counted twice, nothing is dropped."""
    writes = [order(f"GD{n}") for n in range(len(counts))]
    primary = [there(f"GD{n}", count) for n, (count, _) in enumerate(counts)]
    replica = [there(f"GD{n}", count) for n, (_, count) in enumerate(counts)]
    for rows, sink in ((primary, "primary"), (replica, "replica")):
        found = land_keys(sink, writes, rows, primary, "GD")
        assert sorted(key for keys in found.fates.values() for key in keys) == sorted(write.key for write in writes)


def test_a_key_of_the_run_that_nobody_wrote_is_unexpected_where_it_was_made() -> None:
    """The primary is charged; downstream only when the primary does not have it. Foreign keys are nobody's business."""
    rows = [there("GDX"), there("OTHER")]

    assert land_keys("primary", [], rows, rows, "GD").of(Fate.UNEXPECTED) == ["GDX"]
    assert land_keys("replica", [], rows, rows, "GD").of(Fate.UNEXPECTED) == []
    assert land_keys("replica", [], rows, [], "GD").of(Fate.UNEXPECTED) == ["GDX"]


def test_only_declared_sinks_are_judged() -> None:
    """A write that is not meant for the warehouse is not missing there."""
    found = land_keys("warehouse", [order("GD1", sinks=("primary",))], [], [there("GD1")], "GD")

    assert found.fates == {}


@pytest.mark.parametrize(
    ("row", "source", "corrupted"),
    [
        pytest.param({"digest": "x"}, {}, ["GD1"], id="other content"),
        pytest.param({"amount_minor": 101}, {}, ["GD1"], id="other amount"),
        pytest.param({"digest": "x"}, {"digest": "x"}, [], id="as on the primary: charged there"),
        pytest.param({"digest": None, "amount_minor": None}, {}, [], id="content not read"),
    ],
)
def test_a_corruption_is_charged_once(row: dict, source: dict, corrupted: list[str]) -> None:
    """Downstream content is compared with the primary's."""
    found = land_keys("warehouse", [order("GD1")], [there("GD1", **row)], [there("GD1", **source)], "GD")

    assert found.corrupted == corrupted


def test_a_row_that_was_absent_after_its_own_stamp_is_a_late_commit() -> None:
    """It is counted, and is no violation."""
    row = there("GD1", sink_stamp=5, last_absent_us=6)
    found = land_keys("primary", [order("GD1")], [row, Landed("GDS", "stock_delta", 1, units=1)], [row], "GD")

    assert found.late_commits == 1
    assert found.of(Fate.LANDED) == ["GD1"]
