"""Whether a candidate is slower than its baseline by more than a margin: PASS, FAIL or UNKNOWN. Pure.

Requests of one run are not independent of each other, so that a test on requests calls nine of ten comparisons of a
build with itself a difference. What is compared here are runs (``pairs``), or long blocks of recorded ones
(``recorded``).
"""

from reports.judge.comparison.pairs import Compared, compare, together
from reports.judge.comparison.plan import Plan, interleaved, plan_for
from reports.judge.comparison.recorded import compare_recorded
from reports.judge.percentiles import Latencies, Value, blocks, latencies, value

__all__ = [
    "Compared",
    "Latencies",
    "Plan",
    "Value",
    "blocks",
    "compare",
    "compare_recorded",
    "interleaved",
    "latencies",
    "plan_for",
    "together",
    "value",
]
