"""The words of a verdict, their exit codes, and which one wins (design, section 4)."""

from collections.abc import Iterable
from enum import StrEnum


class Word(StrEnum):
    """A run's verdict in one word."""

    PASS = "PASS"
    FAIL = "FAIL"
    UNKNOWN = "UNKNOWN"
    BASELINE_NOT_MET = "BASELINE_NOT_MET"
    ABORTED = "ABORTED"
    UNSAFE = "UNSAFE"
    REFUSED = "REFUSED"
    BUG = "BUG"


EXIT_CODES = {
    Word.PASS: 0,
    Word.FAIL: 1,
    Word.UNKNOWN: 2,
    Word.BASELINE_NOT_MET: 3,
    Word.ABORTED: 4,
    Word.UNSAFE: 5,
    Word.REFUSED: 6,
    Word.BUG: 70,
}

# The worst first. A bug of the suite itself stands alone, but for what it left undone.
WORST_FIRST = (
    Word.UNSAFE,
    Word.BUG,
    Word.FAIL,
    Word.ABORTED,
    Word.BASELINE_NOT_MET,
    Word.REFUSED,
    Word.UNKNOWN,
    Word.PASS,
)


def worst(words: Iterable[Word]) -> Word:
    """Return the word that wins; of none it is UNKNOWN, since nothing was looked at."""
    return min(words, key=WORST_FIRST.index, default=Word.UNKNOWN)
