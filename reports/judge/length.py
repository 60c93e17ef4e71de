"""How long a load must run, at its rate, before a rule can be judged at all. Pure; told before the load starts."""

from dataclasses import dataclass

from scipy.stats import gamma

from reports.judge.measures import least_requests
from reports.judge.promise import plural
from reports.judge.rules import Rule

CHANCE = 0.99  # that so many requests are really due in that time, when they come at random


@dataclass(frozen=True)
class Length:
    """What a rule needs, at ``rate`` requests a second of those that it is about."""

    rule: Rule
    rate: float
    requests: int
    seconds: float

    def told(self, run_s: float) -> str:
        """Return in a sentence what it needs, and whether a run of that measured length can say PASS."""
        said = f"{self.rule.text}: needs {plural(self.requests, 'request')}"
        if not self.rate:
            return f"{said}, and this profile sends none: it will be UNKNOWN"
        said += f", {duration(self.seconds)} at {self.rate:.3g}/s"
        short = f"; this run measures {duration(run_s)} only: it will be UNKNOWN or FAIL"
        return said if run_s >= self.seconds else said + short


def length_needed(rule: Rule, rate: float) -> Length:
    """Return how long it takes until enough requests were due for a rule, with probability ``CHANCE``.

    ``rate`` is that of the requests that the rule is about; they come at random (Poisson), so that the time until the
    n-th has a gamma distribution. With none bad among so many, the rule can pass; what is close to its bound is
    decided by what was seen, as in ``gate``. Requests that depend on each other say less than their number.
    """
    needed = least_requests(rule)
    return Length(rule, rate, needed, float(gamma.ppf(CHANCE, needed)) / rate if rate > 0 else float("inf"))


def duration(seconds: float) -> str:
    """Return "45 s", "9 min 5 s", "2 h 0 min"; rounded up."""
    whole = int(-(-seconds // 1))
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
