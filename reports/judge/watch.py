"""Rules that act on a load while it runs: those that end with ``, stop``, and the abort rule. Pure, with a memory.

A rule with ``, stop`` is judged as it will be at the end, by what is old enough to be known by then: as old as an
answer may take, so that it acts so much later. The abort rule (``abort``) watches each percentile rule for more than
chance. For a rule on everybody it knows from the generator's own seconds how many were due, so that it need not wait
for the answers of a system that hangs: a request is over the bound when it is older than that. Seconds in which the
generator itself was late say nothing to either.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from reports.evidence import Delivery
from reports.judge.abort import Detector
from reports.judge.answers import Answers
from reports.judge.gate import judge_rule, named
from reports.judge.promise import Status
from reports.judge.rules import QUANTILES, Rule
from reports.judge.stretch import Stretch
from reports.judge.workers import Late

S = 1_000_000
SETTLED_S = 0.5  # what happened is in the evidence so soon: a row is written within a quarter of a second
STRAGGLER_S = 2.0  # a second is taken as it is when a worker has not written its own for so long


@dataclass(frozen=True)
class Broken:
    """A rule that ends the load, and why."""

    rule: Rule
    because: str


@dataclass(frozen=True)
class Sight:
    """What is known of a load at ``now_us``: its requests that ended, its seconds, and when it was late itself."""

    now_us: int
    requests: Answers
    delivery: Sequence[Delivery]
    late: Sequence[Late] = ()


@dataclass(frozen=True)
class Line:
    """A second of a worker, which began at ``since_us``."""

    delivery: Delivery
    since_us: int


@dataclass
class Watch:
    """Looks at a load again and again; ``from_us`` is when it began to count."""

    rules: Sequence[Rule]
    from_us: int
    answer_s: float
    abort: bool = False
    _done_us: dict[str, int] = field(default_factory=dict)  # by rule: up to where it was looked at

    def __post_init__(self) -> None:
        watched = [rule for rule in self.rules if self.abort and _is_watched(rule)]
        self._detectors = [(rule, Detector(1 - QUANTILES[rule.measure], detectors=len(watched))) for rule in watched]

    def look(self, sight: Sight) -> Broken | None:
        """Return the first rule that ends the load by what is known now; None when it may go on."""
        for rule in self.rules:
            found = self._stops(rule, sight) if rule.stops else None
            if found:
                return found
        for rule, detector in self._detectors:
            for over, of in self._seconds(rule, sight):
                because = detector.second(over, of)
                if because:
                    return Broken(rule, because)
        return None

    def _stops(self, rule: Rule, sight: Sight) -> Broken | None:
        known_us = sight.now_us - round((self.answer_s + SETTLED_S) * S)
        length_us = round((rule.over_s or rule.for_s or 0) * S)
        step_us = length_us if rule.over_s else S
        to_us = self.from_us + (known_us - self.from_us) // step_us * step_us
        if to_us <= self._done_us.get(rule.text, self.from_us) or to_us - self.from_us < length_us:
            return None
        self._done_us[rule.text] = to_us
        since_us = to_us - length_us if length_us else self.from_us
        run = sight.requests
        part = Stretch(run.due_between(since_us, to_us), run, since_us, to_us, sight.late, self.answer_s)
        found = judge_rule(replace(rule, phase=""), part)
        return Broken(rule, found.because) if found.status is Status.FAIL else None

    def _seconds(self, rule: Rule, sight: Sight) -> list[tuple[int, int]]:
        """Return the next seconds that are known: how many were due in each, and how many of them were over."""
        if rule.who.kind == "everybody":
            return self._of_everybody(rule, sight)
        who = named(rule.who, sight.requests)
        if isinstance(who, str):
            return []
        mine, found = sight.requests.of(who).outside(sight.late), list[tuple[int, int]]()
        known_us = sight.now_us - round((self.answer_s + SETTLED_S) * S)
        at = self._done_us.get(f"abort {rule.text}", self.from_us)
        while at + S <= known_us:
            due = mine.due_between(at, at + S)
            found.append((len(due) - _in_time(rule, due), len(due)))
            at += S
        self._done_us[f"abort {rule.text}"] = at
        return found

    def _of_everybody(self, rule: Rule, sight: Sight) -> list[tuple[int, int]]:
        """By the seconds of the workers, which know what was due whether or not it was answered."""
        known_us = sight.now_us - round((rule.bound + SETTLED_S) * S)
        done_us = self._done_us.get(f"abort {rule.text}", self.from_us)
        seconds = _by_second(sight.delivery, self.from_us)
        workers = len({line.worker for line in sight.delivery})
        ready = [
            second
            for second, lines in seconds.items()
            if second > done_us // S and _is_ready(second, lines, workers, known_us)
        ]
        self._done_us[f"abort {rule.text}"] = max([done_us, *(second * S for second in ready)])
        of_each = ([_of_line(rule, line, sight) for line in seconds[second]] for second in sorted(ready))
        return [(sum(over for over, _ in lines), sum(of for _, of in lines)) for lines in of_each]


def _by_second(delivery: Sequence[Delivery], from_us: int) -> dict[int, list[Line]]:
    """The lines of all workers that begin after ``from_us``, by the second in which they end."""
    before: dict[str, int] = {}
    found: dict[int, list[Line]] = {}
    for line in delivery:
        since_us = before.get(line.worker, line.at_us - S)
        before[line.worker] = line.at_us
        if since_us >= from_us:
            found.setdefault(line.at_us // S, []).append(Line(line, since_us))
    return found


def _is_ready(second: int, lines: Sequence[Line], workers: int, known_us: int) -> bool:
    all_there = len(lines) >= workers and max(line.delivery.at_us for line in lines) <= known_us
    return all_there or known_us >= (second + 1 + STRAGGLER_S) * S


def _of_line(rule: Rule, line: Line, sight: Sight) -> tuple[int, int]:
    """How many were over the bound, and how many were due; none of a line in which its worker was late."""
    at_us, worker = line.delivery.at_us, line.delivery.worker
    if any(late == worker and from_us < at_us <= to_us for late, from_us, to_us in sight.late):
        return 0, 0
    due = sight.requests.due_between(line.since_us + 1, at_us + 1)
    due = due.where(np.asarray(due.worker == worker, dtype=bool))
    of = max(line.delivery.planned, len(due))
    return of - _in_time(rule, due), of


def _is_watched(rule: Rule) -> bool:
    return rule.measure in QUANTILES and not rule.with_baseline and not rule.phase


def _in_time(rule: Rule, due: Answers) -> int:
    """How many were answered well and within the bound."""
    within = due.took_s <= rule.bound if rule.inclusive else due.took_s < rule.bound
    return int((due.good & within).sum())
