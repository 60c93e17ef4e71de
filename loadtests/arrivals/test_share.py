"""Who sends what."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from loadtests.arrivals.share import Share, owners, share

IDS = np.arange(60_000)


@settings(deadline=None)
@given(of=st.integers(1, 9), first=st.integers(0, 1 << 50))
def test_each_arrival_has_exactly_one_owner(of: int, first: int) -> None:
    """All shares together are the whole, and no two overlap."""
    ids = np.arange(first, first + 500)
    owned = np.sum([share(worker, of).owns(ids) for worker in range(of)], axis=0)
    assert (owned == 1).all()


@pytest.mark.parametrize("of", [2, 3, 8])
def test_shares_are_equal_but_for_chance(of: int) -> None:
    """Chi-square over a fixed range of ids; a fair hash fails this once in a thousand choices of its constants."""
    assert stats.chisquare(np.bincount(owners(IDS, tuple(range(of))))).pvalue > 0.001


def test_neighbours_go_to_workers_without_a_pattern() -> None:
    """Pairs of neighbours, all nine combinations equally often: a worker gets no run and no rhythm of arrivals."""
    found = owners(IDS, (0, 1, 2))
    assert stats.chisquare(np.bincount(found[::2] * 3 + found[1::2])).pvalue > 0.001


@settings(deadline=None)
@given(of=st.integers(2, 9), data=st.data())
def test_what_a_lost_worker_had_is_spread_and_nothing_else_moves(of: int, data: st.DataObject) -> None:
    lost = data.draw(st.integers(0, of - 1))
    ids = IDS[:2000]
    before = owners(ids, tuple(range(of)))
    after = owners(ids, tuple(worker for worker in range(of) if worker != lost))
    assert (after[before != lost] == before[before != lost]).all()
    assert set(after[before == lost]) == set(range(of)) - {lost}


def test_a_share_without_another_is_more_of_the_same() -> None:
    mine = share(0, 3)
    rest = mine.without(2)
    assert rest == Share(0, (0, 1))
    assert (rest.owns(IDS) >= mine.owns(IDS)).all()
    assert rest.owns(IDS).sum() > mine.owns(IDS).sum()


def test_the_order_in_which_workers_are_named_does_not_matter() -> None:
    assert (owners(IDS, (5, 1, 3)) == owners(IDS, (1, 3, 5))).all()


def test_hashes_are_the_same_on_every_machine_and_for_ever() -> None:
    """Workers on other machines must agree, and an old run's plan must stay what it was."""
    assert owners(np.arange(12), (0, 1, 2)).tolist() == [0, 1, 2, 2, 2, 0, 2, 0, 1, 0, 1, 0]


@pytest.mark.parametrize(
    ("worker", "workers"), [(3, (0, 1, 2)), (0, ()), (0, (0, 0))], ids=["unknown", "none", "twice"]
)
def test_a_worker_that_is_not_there_has_no_share(worker: int, workers: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="expected a worker"):
        Share(worker, workers)
