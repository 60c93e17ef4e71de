"""How sure a measured ratio is: by the request, and by the minute. Pure.

The Wilson interval (Wilson 1927; Brown, Cai and DasGupta 2001) takes requests as independent of each other. They are
not: failures come in outages. So there is a second one in which whole minutes are what was drawn: the variance of a
ratio of sums over clusters (Cochran, Sampling Techniques, 1977, chapter 6) with Student's t.
"""

import math

import numpy as np
import pandas as pd

CONFIDENCE = 0.95

Interval = tuple[float, float]


def by_request(good: int, n: int) -> Interval | None:
    """Return the Wilson interval of a ratio; None of nothing."""
    from scipy.stats import binomtest

    if n == 0:
        return None
    found = binomtest(good, n).proportion_ci(confidence_level=CONFIDENCE, method="wilson")
    return float(found.low), float(found.high)


def by_minute(minutes: pd.DataFrame) -> Interval | None:
    """Return the interval with minutes (columns n, good) as what was drawn; None with fewer than two, or when
    all are alike: of minutes that do not differ nobody knows how much they may (no bad request is no certainty)."""
    from scipy.stats import t

    m, n = len(minutes), int(minutes["n"].sum())
    if m < 2 or n == 0:
        return None
    ratio = float(minutes["good"].sum()) / n
    residual = minutes["good"].to_numpy(dtype=float) - ratio * minutes["n"].to_numpy(dtype=float)
    spread = math.sqrt(m / (m - 1) * float(np.square(residual).sum())) / n
    if spread < 1e-12:
        return None
    half = float(t.ppf((1 + CONFIDENCE) / 2, m - 1)) * spread
    return max(0.0, ratio - half), min(1.0, ratio + half)


def needed(objective: float) -> int:
    """Return how many requests without a bad one it takes to show the objective at 95 %: ln 0.05 / ln objective."""
    return math.ceil(math.log(1 - CONFIDENCE) / math.log(objective))
