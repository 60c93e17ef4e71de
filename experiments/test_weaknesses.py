"""Caught means: the named promise FAILs at the named sink, and nothing FAILs that should not."""

from typing import Any

import pytest

from experiments.weaknesses import Weakness, weigh

WEAKNESS = Weakness("w", "baseline", "no_acknowledged_write_lost", "warehouse", ("landed_within_freshness",))


def _promise(name: str, status: str, sink: str | None = None) -> dict[str, Any]:
    return {"name": name, "status": status, "sink": sink, "experiment": None, "because": "3 of 10"}


NAMED = _promise("no_acknowledged_write_lost", "FAIL", "warehouse")


@pytest.mark.parametrize(
    ("promises", "caught"),
    [
        pytest.param([NAMED], True, id="named"),
        pytest.param([NAMED, _promise("landed_within_freshness", "FAIL", "warehouse")], True, id="allowed-beside"),
        pytest.param([NAMED, _promise("jobs_drained", "UNKNOWN")], True, id="unknown-beside"),
        pytest.param([NAMED, _promise("jobs_drained", "FAIL")], False, id="another-fails"),
        pytest.param([_promise("no_acknowledged_write_lost", "FAIL", "primary")], False, id="wrong-sink"),
        pytest.param([_promise("no_acknowledged_write_lost", "UNKNOWN", "warehouse")], False, id="unknown-is-a-miss"),
        pytest.param([], False, id="not-judged"),
    ],
)
def test_a_weakness_is_caught_by_its_promise_alone(promises: list[dict[str, Any]], caught: bool) -> None:
    """UNKNOWN is a miss."""
    assert weigh(WEAKNESS, {"verdict": "FAIL", "promises": promises}).caught is caught


@pytest.mark.parametrize(("status", "caught"), [("UNKNOWN", True), ("PASS", False), ("FAIL", False)])
def test_a_promise_that_never_fails_is_caught_by_unknown(status: str, caught: bool) -> None:
    weakness = Weakness("w", "terminate-sync-instance", "fault_happened", None, (), status="UNKNOWN")
    assert weigh(weakness, {"verdict": "UNKNOWN", "promises": [_promise("fault_happened", status)]}).caught is caught
