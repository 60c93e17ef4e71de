"""A write is late only when its lower bound says so; what the polls cannot tell is UNKNOWN."""

from dataclasses import replace

import pytest

from reports.judge.freshness import delay, landed_within_freshness
from reports.testing.cases import S, barriers, case, delta, event, order, shipment, there


@pytest.mark.parametrize(
    ("absent_s", "seen_s", "status"),
    [
        pytest.param(None, 17, "PASS", id="there at the first poll"),
        pytest.param(20, 21, "PASS", id="there in time"),
        pytest.param(45, 46, "PASS", id="upper bound just at the objective"),
        pytest.param(45, 48, "UNKNOWN", id="the objective lies between the bounds"),
        pytest.param(47, 48, "FAIL", id="absent after the objective"),
    ],
)
def test_the_bounds_decide(absent_s: float | None, seen_s: float, status: str) -> None:
    """Acknowledged at 16 s, so due by 46 s."""
    row = there("GD1", seen_s=seen_s, last_absent_us=None if absent_s is None else int(absent_s * S))
    found = case(writes=[order("GD1")], landed={"primary": [row]}, events=barriers("primary"))
    promise = landed_within_freshness(found, "primary")

    assert promise is not None
    assert promise.status == status


@pytest.mark.parametrize(("read_s", "status"), [(60, "FAIL"), (30, "UNKNOWN")])
def test_what_is_not_there_is_late_only_after_its_deadline(read_s: float, status: str) -> None:
    """Read back 14 s after the acknowledgement, nobody knows."""
    events = [event("phase.started", read_s, subject="read-back", experiment=None)]
    found = case(writes=[order("GD1")], landed={"primary": []}, events=events)
    promise = landed_within_freshness(found, "primary")

    assert promise is not None
    assert promise.status == status


def test_downstream_is_not_late_for_what_the_primary_lost() -> None:
    """The loss is charged once."""
    writes, rows = [order("GD1"), order("GD2")], [there("GD1")]
    found = case(writes=writes, landed={"primary": rows, "warehouse": rows}, events=barriers("primary", "warehouse"))

    assert landed_within_freshness(found, "warehouse").status == "PASS"  # type: ignore[union-attr]
    assert landed_within_freshness(found, "primary").status == "FAIL"  # type: ignore[union-attr]


def test_nothing_to_time_is_unknown_and_stock_is_not_timed() -> None:
    """No acknowledged order, or nothing read; a sink with stock alone has no such promise."""
    unknown = case(writes=[order("GD1", "unknown")], landed={"primary": [there("GD1")]}, events=barriers("primary"))
    unread = case(writes=[order("GD1")])

    assert landed_within_freshness(unknown, "primary").status == "UNKNOWN"  # type: ignore[union-attr]
    assert landed_within_freshness(unread, "primary").status == "UNKNOWN"  # type: ignore[union-attr]
    assert landed_within_freshness(case(writes=[delta("GD1", "acknowledged", 1)]), "primary") is None


def test_a_write_without_an_acknowledgement_has_no_delay() -> None:
    """There is no moment to count from."""
    assert delay(order("GD1", "unknown"), there("GD1"), 0) is None


@pytest.mark.parametrize(
    ("absent_s", "seen_s", "status"), [(20, 21, "PASS"), (45, 48, "UNKNOWN"), (47, 48, "FAIL"), (None, None, "FAIL")]
)
def test_a_shipment_is_timed_as_an_order_is(absent_s: int | None, seen_s: int | None, status: str) -> None:
    """From its own acknowledgement, beside an order that is in time."""
    row = there("GD1:S", int(seen_s is not None), kind="shipment", seen_s=seen_s)
    row = replace(row, last_absent_us=None if absent_s is None else absent_s * S)
    writes = [order("GD1"), shipment("GD1:S")]
    found = case(writes=writes, landed={"primary": [there("GD1"), row]}, events=barriers("primary"))

    assert landed_within_freshness(found, "primary").status == status  # type: ignore[union-attr]
