"""When each request of a user is due, for users that wait for their answers. Pure.

The seed and the user's place decide, never an answer or a clock. The arrivals of a journey are cut into equal slots of
time, one request in each at a random place in it. The users of the journey take the slots in turn. So the sum over all
users is the same for every seed, and evenly spread, while the exact moments differ.
"""

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A user's place among the users of its journey on one worker.

    ``ordinal`` counts from 0; ``users`` is how many share the journey here; ``rate`` is one user's requests a second.
    """

    ordinal: int
    users: int
    rate: float


def arrivals(place: Place, seed: str) -> Iterator[int]:
    """Yield for ever when a user's requests are due, in microseconds after the start, ascending."""
    rng = random.Random(seed)
    slot_us = 1e6 / (place.rate * place.users)
    for turn in itertools.count():
        slot = turn * place.users + place.ordinal
        yield int((slot + rng.random()) * slot_us)
