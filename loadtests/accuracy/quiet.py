"""Whether the machine left a run alone, by the jitter probes. Pure."""

from collections.abc import Iterable

from loadtests.accuracy.figures import Stretch
from loadtests.accuracy.probe import STEP_NS, Probed

WORST_US = 15_000  # one wake-up so late is as long as an edge of an outage may be off
LATE_US = 2_000
LATE_SHARE = 0.002  # of all wake-ups; a fifth of what moves a p99
CLOCK_US = 500


def disturbances(probes: Iterable[Probed], stretch: Stretch, clock_moved_us: float) -> list[str]:
    """Return in words what disturbed a run; empty when it was quiet."""
    found = [each for probed in probes for each in _of(probed, stretch)]
    if abs(clock_moved_us) > CLOCK_US:
        found.append(f"the wall clock was moved by {clock_moved_us / 1000:.1f} ms")
    return found


def _of(probed: Probed, stretch: Stretch) -> list[str]:
    core = f"core {probed.core}"
    if probed.from_us > stretch.from_us or probed.to_us < stretch.to_us:
        return [f"{core} was not watched all the time"]
    late_us = [one.late_us for one in probed.late if stretch.from_us <= one.at_us < stretch.to_us + one.late_us]
    worst_us = max(late_us, default=0.0)
    share = sum(each > LATE_US for each in late_us) / ((stretch.to_us - stretch.from_us) * 1000 / STEP_NS)
    found = []
    if worst_us > WORST_US:
        found.append(f"{core} woke up {worst_us / 1000:.0f} ms late")
    if share > LATE_SHARE:
        found.append(f"{core} woke up over {LATE_US / 1000:g} ms late in {100 * share:.2f} % of cases")
    return found
