"""Looks at a load under way by the rules that may end it; what they find is in the timeline, where a judge reads it."""

import time
from collections.abc import Sequence

from reports.evidence import EventWriter, RunDirectory, now_us
from reports.judge.answers import of_samples
from reports.judge.load import STOPPED_BY
from reports.judge.rules import Rule, resolved
from reports.judge.watch import Broken, Sight, Watch
from reports.judge.workers import late_of
from reports.objectives import from_facts

LOOK_S = 0.5
PART = 10  # it rests so many times as long as it looked, so that a long run does not keep a core busy


class Watching:
    """Watches one run. Nothing is watched before ``begin``."""

    def __init__(self, run: RunDirectory, rules: Sequence[Rule], *, abort: bool) -> None:
        self._run = run
        self._objectives = from_facts(run.facts.get("objectives"))
        self._rules = [resolved(rule, self._objectives) for rule in rules]
        self._abort = abort and bool(rules)
        self._watch: Watch | None = None
        self._next = 0.0
        self.broken: Broken | None = None

    def begin(self) -> None:
        """What is due from now on counts."""
        if self._abort or any(rule.stops for rule in self._rules):
            self._watch = Watch(self._rules, now_us(), self._objectives.value("answer_s"), self._abort)

    def look(self, events: EventWriter) -> bool:
        """Whether a rule ends the load; it is in the timeline then."""
        if self._watch is None or self.broken or time.monotonic() < self._next:
            return self.broken is not None
        began = time.monotonic()
        self.broken = self._watch.look(self._sight())
        ended = time.monotonic()
        self._next = ended + max(LOOK_S, PART * (ended - began))
        if self.broken:
            events.record(STOPPED_BY, subject=self.broken.rule.text, data={"because": self.broken.because})
        return self.broken is not None

    def _sight(self) -> Sight:
        delivery = self._run.read_delivery()
        value = self._objectives.value
        requests = of_samples(self._run.read_samples(), {})
        return Sight(now_us(), requests, delivery, late_of(delivery, value("loop_lag_s"), value("beat_gap_s")))
