"""When the requests of a user are due."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from loadtests.slots import Place, arrivals

SEEDS = st.text(max_size=20)
USERS = st.integers(1, 12)
RATES = st.floats(0.05, 5)


@given(seed=SEEDS, users=USERS, rate=RATES)
def test_every_slot_of_a_journey_holds_one_request_for_any_seed(seed: str, users: int, rate: float) -> None:
    """The sum over all users is the same on average, and evenly spread, whatever the seed."""
    turns = 20
    all_due = sorted(
        due
        for ordinal in range(users)
        for due in itertools.islice(arrivals(Place(ordinal, users, rate), f"{seed}/{ordinal}"), turns)
    )
    slot_us = 1e6 / (rate * users)
    assert [min(int((due + 1) / slot_us), n) for n, due in enumerate(all_due)] == list(range(turns * users))
    assert all(n * slot_us - 1 <= due <= (n + 1) * slot_us + 1 for n, due in enumerate(all_due))


@given(seed=SEEDS, users=USERS, rate=RATES)
def test_a_user_follows_the_same_timetable_for_the_same_seed(seed: str, users: int, rate: float) -> None:
    """Nothing but seed and place decides: no clock, no answer."""
    place = Place(users - 1, users, rate)
    once = list(itertools.islice(arrivals(place, seed), 50))
    again = list(itertools.islice(arrivals(place, seed), 50))
    assert once == again
    assert once == sorted(once)


def test_another_seed_moves_the_requests() -> None:
    """Two runs are not the same in every moment."""
    place = Place(0, 4, 1.0)
    assert list(itertools.islice(arrivals(place, "1"), 10)) != list(itertools.islice(arrivals(place, "2"), 10))
