"""Whether to stop a load while it runs: the share of requests over a threshold, second by second. Pure.

A check of the last ten seconds, every two seconds, stops every healthy load sooner or later. This one is an e-detector
(J. Shin, A. Ramdas and A. Rinaldo, "E-detectors: a nonparametric framework for sequential change detection", New
England J. of Statistics in Data Science 2 (2023) 229-260), that of Shiryaev and Roberts: a bet against "the share is at
most p0" is begun anew all the time, and all bets run on. As long as the share is at most p0 the sum of the bets grows
by 1 a second at most on average, whatever the shares are distributed like; so it exceeds A within n seconds with a
probability of at most n / A (Doob's inequality), and on average not before A seconds. With A = 60,000 that is 1 % in
ten minutes, once in 17 hours on average.

Requests in a queue are not independent, and the theorem is about blocks that are. So what counts is the share in a
block: as many whole seconds as it takes for ``BLOCK_REQUESTS`` requests, one at 150/s and more. By simulation, queues
at 30, 50 and 70 % use whose threshold is a tenth above their p95 then keep the stated rate, at 40 to 200 requests a
second; by the second alone, 17 % of those at 40/s and 70 % use were stopped. The price is time: a p95 that doubles is
found within 30 s at 200/s (nine of ten), in a minute or more at 40/s.

Beside it stands a hard stop that needs no statistics: so many seconds in a row in which nothing was in time.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from reports.judge.requests import Floats

TEN_MINUTES_S = 600
BLOCK_REQUESTS = 150
HARD_STOP_S = 4  # with a second that it began in and what it takes to know: six
_HARD_STOP_LEAST = 20  # requests in these seconds; one lonely request that hangs is no stalled system
# How much is bet, as a part of the most that can be: small bets find small changes, large ones a stall.
_BETS = np.array([0.02, 0.05, 0.1, 0.2, 0.4, 0.9])


class Bets:
    """The bets against "at most ``allowed`` of the requests are over the threshold"; ``shape``: of many loads at once.

    They win together: ``value`` is their mean, which begins at 0.
    """

    def __init__(self, allowed: float, shape: tuple[int, ...] = ()) -> None:
        self._allowed = allowed
        self._bets = np.zeros((*shape, len(_BETS)))
        self._over, self._of, self._seconds = np.zeros((3, *shape))

    @property
    def value(self) -> Floats:
        """The mean of the bets, of the shape of the loads."""
        return np.asarray(self._bets.mean(-1))

    def second(self, over: ArrayLike, of: ArrayLike) -> None:
        """Take in one second of each load: ``of`` requests were due in it, ``over`` of them over the threshold."""
        self._over, self._of, self._seconds = self._over + over, self._of + of, self._seconds + 1
        full = self._of >= BLOCK_REQUESTS
        won = _BETS * (self._over / np.maximum(self._of, 1) / self._allowed - 1)[..., None]
        self._bets = np.where(full[..., None], (self._bets + self._seconds[..., None]) * (1 + won), self._bets)
        self._over, self._of, self._seconds = (np.where(full, 0, one) for one in (self._over, self._of, self._seconds))


def alarm_at(false_per_10_min: float, detectors: int = 1) -> float:
    """Return the value of the bets that is an alarm, when so many detectors share the risk of a false one."""
    return TEN_MINUTES_S * detectors / false_per_10_min


@dataclass
class Detector:
    """Watches one rule. ``allowed`` is the share of requests that may be over the threshold: 0.05 for a p95.

    ``false_per_10_min`` is the probability of a false alarm in ten healthy minutes, shared by ``detectors``.
    """

    allowed: float
    false_per_10_min: float = 0.01
    detectors: int = 1

    def __post_init__(self) -> None:
        self._bets, self._stalled_s, self._stalled = Bets(self.allowed), 0, 0

    def second(self, over: int, of: int) -> str | None:
        """Take in one second: ``of`` requests were due in it, ``over`` of them took longer or failed; why to stop.

        To be called when each request of that second is answered or older than the threshold. A second without
        requests says nothing.
        """
        if not of:
            return None
        self._bets.second(over, of)
        self._stalled_s, self._stalled = (self._stalled_s + 1, self._stalled + of) if over == of else (0, 0)
        if self._stalled_s >= HARD_STOP_S and self._stalled >= _HARD_STOP_LEAST:
            return f"not one of {self._stalled:,} requests was in time for {self._stalled_s} s"
        if float(self._bets.value) >= alarm_at(self.false_per_10_min, self.detectors):
            said = f"more than {100 * self.allowed:.3g} % of the requests are over it, for too long to be chance"
            return f"{said} (at most {100 * self.false_per_10_min:g} % of healthy loads are stopped so in ten minutes)"
        return None
