"""Capacity is back when the judge would say so: as many as before per role and zone, and each works for us."""

import pytest

from experiments.probes.capacity import Member
from experiments.roster import is_back

BEFORE = (Member("sync", "a", "i-1", True, "answered"), Member("sync", "b", "i-2", True, "answered"))


@pytest.mark.parametrize(
    ("now", "back"),
    [
        pytest.param(BEFORE, True, id="as-before"),
        pytest.param((BEFORE[0], Member("sync", "b", "i-3", True, "answered")), True, id="replaced"),
        pytest.param((BEFORE[0], Member("sync", "b", "i-3", True, None)), False, id="not-proven"),
        pytest.param((BEFORE[0], Member("sync", "a", "i-3", True, "answered")), False, id="wrong-zone"),
        pytest.param(BEFORE[:1], False, id="one-short"),
        pytest.param((), False, id="nobody"),
        pytest.param(None, False, id="not-readable"),
    ],
)
def test_capacity_is_back_only_when_it_is_proven(now: tuple[Member, ...] | None, back: bool) -> None:
    """What cannot be read is not back."""
    assert is_back(BEFORE, now) is back


def test_a_failover_swaps_primary_and_standby_for_good() -> None:
    """It is not failed back: one of each is enough, in whichever zone."""
    before = (Member("primary", "a", "oms", True, "w"), Member("standby", "b", "oms-standby", True, "s"))
    after = (Member("primary", "b", "oms", True, "w"), Member("standby", "a", "oms-standby", True, "s"))
    assert is_back(before, after)
