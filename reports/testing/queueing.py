"""Latencies as a queue makes them, for simulations: one server, Poisson arrivals, service times with a long tail.

An M/G/1 queue with lognormal service (sigma 1), many at once. Latencies of neighbours depend on each other, which is
what makes tests on requests lie.
"""

import numpy as np

from reports.judge.requests import Floats


def queue(
    rng: np.random.Generator, sims: int, *, rate: float, seconds: float, use: float, slower: Floats | float = 1.0
) -> tuple[Floats, Floats]:
    """Return when each request is due and how long it took, in seconds, sorted by when they are due: (sims, requests).

    ``use`` is the part of the time in which the server is busy, ``slower`` what service times are multiplied by, one
    per simulation or one for all. The first requests find an empty server.
    """
    count = round(rate * seconds)
    due = rng.exponential(1 / rate, (sims, count)).cumsum(1)
    service = rng.lognormal(np.log(use / rate) - 0.5, 1.0, (sims, count))
    service *= np.broadcast_to(np.asarray(slower, dtype=float), (sims,))[:, None]
    ahead = np.zeros((sims, count))
    np.cumsum(service[:, :-1] - np.diff(due), axis=1, out=ahead[:, 1:])
    waited = ahead - np.minimum.accumulate(ahead, axis=1)
    return due, waited + service
