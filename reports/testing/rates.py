"""What a simulation shows about a rate, with its own error counted against what is to be shown.

Exact limits of C. J. Clopper and E. S. Pearson (Biometrika 26 (1934) 404-413), one-sided, at 99 %: of a hundred true
claims about one may not be shown, of a hundred false ones at most one is.
"""

from scipy.stats import binomtest


def at_most(hits: int, of: int) -> float:
    """Return the rate that the true one is at most, at 99 %."""
    return float(binomtest(int(hits), of, alternative="less").proportion_ci(0.99).high)


def at_least(hits: int, of: int) -> float:
    """Return the rate that the true one is at least, at 99 %."""
    return float(binomtest(int(hits), of, alternative="greater").proportion_ci(0.99).low)
