"""Writes that a server has just acknowledged when it dies: the moment in which an early answer would lose them."""

from experiments.probes.watching import wait_until
from experiments.recording import current_events, current_experiment, current_run
from experiments.sinks.writing import Writer
from fixtures.target import Target

JUST_BEFORE = 5
LIMIT_S = 6.0


def acknowledged_by(target: Target, instance: str, *, count: int = JUST_BEFORE, limit_s: float = LIMIT_S) -> int:
    """Write through the front door until that instance has acknowledged ``count`` writes of ours; return how many did.

    Without it, the load may by chance have sent nothing to this one instance of several in its last second. Fewer than
    asked for, after ``limit_s`` seconds, is no reason not to go on: the load writes, too.
    """
    acknowledged = 0

    def enough() -> bool:
        nonlocal acknowledged
        _, outcome = writer.take_stock()
        acknowledged += outcome == "acknowledged" and writer.answered_by == instance
        return acknowledged >= count

    worker = f"last-words-{current_experiment()}"
    with Writer(target, current_run(), current_events(), worker=worker, mark="LW") as writer:
        wait_until(enough, within_s=limit_s, every_s=0.0)
    return acknowledged
