"""When a rule counts: over every stretch of a length (``over 5m``), or broken for so long on end (``for 30s``). Pure.

``over``: what counts is cut into windows of that length, from its beginning; what is left at the end is in a last one
that overlaps. The rule holds when it does over each of them. A window in which the load generator itself was late for
more than it may be (the objective ``loop_lag_ratio``) supports no PASS.

``for``: second by second. What is broken for less than that long on end is forgiven. A second of which nobody can tell
(nothing was due, the generator was late, or what had no answer decides) may be part of a stretch that is broken; where
that matters the rule is UNKNOWN.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import groupby

from reports.judge.measures import FEW, Found, measure
from reports.judge.promise import Status, plural
from reports.judge.rules import Rule
from reports.judge.stretch import Stretch

Judge = Callable[[Rule, Stretch], Found]


def over_each(rule: Rule, seconds: float, stretch: Stretch, judge: Judge) -> Found:
    """Judge a rule over each window of so many seconds, and say what was found in the worst of them."""
    windows = list(stretch.windows(seconds))
    if not windows:
        return _too_short(stretch, seconds)
    found = [_of_window(rule, window, judge) for window in windows]
    status = next(s for s in (Status.FAIL, Status.UNKNOWN, Status.PASS) if any(one.status is s for one in found))
    which = [number for number, one in enumerate(found) if one.status is status]
    worst = max(which, key=lambda number: _badness(rule, found[number]))
    from_s = (windows[worst].from_us - stretch.from_us) / 1e6
    said = f"{status} over {len(which)} of {plural(len(found), 'window')} of {seconds:g} s"
    said += f"; from {from_s:.0f} s to {from_s + seconds:.0f} s: {found[worst].because}"
    return replace(found[worst], because=said)


def _of_window(rule: Rule, window: Stretch, judge: Judge) -> Found:
    if not len(window.due):
        return Found(Status.UNKNOWN, "no request was due", base=0)
    found = judge(rule, window)
    if found.status is Status.PASS and window.too_late:
        return replace(found, status=Status.UNKNOWN, because=f"{found.because}; but the load generator itself was late")
    return found


def _badness(rule: Rule, found: Found) -> float:
    if found.value is None:
        return float("-inf")
    return -found.value if rule.measure == "rate" else found.value


def for_so_long(rule: Rule, seconds: float, stretch: Stretch) -> Found:
    """Judge a rule second by second: broken when it is for so many seconds on end."""
    if stretch.seconds < seconds:
        return _too_short(stretch, seconds)
    states = [_state(rule, window) for window in stretch.windows(1.0)]
    broken, at = _longest(state is Status.FAIL for state in states)
    doubtful, doubtful_at = _longest(state is not Status.PASS for state in states)
    count = len(stretch.due)
    if broken >= seconds:
        said = f"broken for {broken} s on end, from {at} s to {at + broken} s; less than {seconds:g} s are forgiven"
        return Found(Status.FAIL, said, base=count)
    if doubtful >= seconds:
        said = f"broken or unknown for {doubtful} s on end, from {doubtful_at} s to {doubtful_at + doubtful} s"
        return Found(Status.UNKNOWN, f"{said}, and {seconds:g} s are enough to break it", base=count)
    if count < FEW:
        return Found(Status.UNKNOWN, f"only {plural(count, 'request')} in {stretch.seconds:.0f} s", base=count)
    said = f"broken for {plural(broken, 'second')} on end at most, in {stretch.seconds:.0f} s"
    return Found(Status.PASS, f"{said}; {seconds:g} s would break it", base=count)


def _state(rule: Rule, window: Stretch) -> Status:
    if rule.measure == "rate":
        found = measure(rule, window.run, window)
    else:
        well = window.due.outside(window.late)
        if 2 * len(well) <= len(window.due):
            return Status.UNKNOWN
        found = measure(rule, well, window)
    return Status.PASS if found.kept else Status.FAIL if found.broken else Status.UNKNOWN


def _longest(states: Iterable[bool]) -> tuple[int, int]:
    """Return how many in a row are true at most, and where they begin."""
    longest, begins, at = 0, 0, 0
    for state, group in groupby(states):
        count = len(list(group))
        if state and count > longest:
            longest, begins = count, at
        at += count
    return longest, begins


def _too_short(stretch: Stretch, seconds: float) -> Found:
    said = f"only {stretch.seconds:.0f} s count, and the rule is about {seconds:g} s"
    return Found(Status.UNKNOWN, said, base=len(stretch.due))
