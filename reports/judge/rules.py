"""The rules of a load gate as data: what is measured, of which requests, and the bound that it is held to. Pure."""

import math
from dataclasses import dataclass, replace
from typing import Literal

from reports.objectives import Objectives

QUANTILES = {"p50": 0.50, "p90": 0.90, "p95": 0.95, "p99": 0.99, "p99.9": 0.999}
LATENCIES = frozenset({*QUANTILES, "mean", "max"})
Unit = Literal["s", "ratio", "1/s"]


@dataclass(frozen=True, slots=True)
class Who:
    """Which requests a rule is about: everybody's, one journey's, or one endpoint's by its name or the end of it."""

    kind: Literal["everybody", "journey", "endpoint"] = "everybody"
    name: str = ""

    def __str__(self) -> str:
        return {"everybody": "*", "journey": f"journey:{self.name}"}.get(self.kind, self.name)


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of a rule file. ``bound`` is in seconds, a ratio, or requests a second, as ``measure`` has it.

    ``over_s`` and ``for_s`` are lengths of time: over every stretch of so long, or broken when it is for so long on
    end; None: over all that counts.
    """

    text: str  # as it was written, without comment
    measure: str  # a name of QUANTILES, mean, max, errors, outage or rate
    who: Who
    bound: float
    inclusive: bool  # whether the bound itself is still within it
    origin: str = ""  # file and line, or where the objective comes from
    objective: str = ""  # the name of the objective that ``bound`` is, when it is one
    phase: str = ""  # of the run; empty: the measured one
    over_s: float | None = None
    for_s: float | None = None
    stops: bool = False  # whether it ends a load that breaks it
    with_baseline: bool = False  # ``bound`` is how much worse than the baseline it may be: 0.1 is 10 %

    @property
    def unit(self) -> Unit:
        """What ``bound`` is counted in."""
        if self.measure == "errors" or self.with_baseline:
            return "ratio"
        return "1/s" if self.measure == "rate" else "s"

    def keeps(self, value: float) -> bool:
        """Return whether a measured value is within the bound: a lower one for ``rate``, else an upper one."""
        if value == self.bound:
            return self.inclusive
        return value > self.bound if self.measure == "rate" else value < self.bound

    @property
    def whole(self) -> "Rule":
        """The same rule without its stretches of time."""
        return replace(self, over_s=None, for_s=None)


def resolved(rule: Rule, objectives: Objectives) -> Rule:
    """Return a rule with the number of the objective that it names. Raises ObjectivesError when there is none."""
    if not rule.objective:
        return rule
    found = objectives.find(rule.objective)
    return replace(rule, bound=found.value, origin=f"{found.origin}: {rule.objective}")


def shown(value: float, unit: str, *, bound: float | None = None) -> str:
    """Return what was measured for a sentence: "214 ms", "2.40 s", "0.08 %", "81.2/s".

    With as many digits as it takes to be seen on its own side of a ``bound`` that it differs from.
    """
    if math.isinf(value):
        return "no answer"
    scale, form, word = _written(value, unit)
    mine, other = value * scale, (value if bound is None else bound) * scale
    least = max(_DIGITS[word], len(f"{mine:.0f}")) if form == "g" else _DIGITS[word]  # 1234/s, not 1.23e+03/s
    texts = [f"{mine:.{digits}{form}}" for digits in range(least, 16)]
    return next((text for text in texts if _side(float(text), other) == _side(mine, other)), texts[-1]) + word


def written(bound: float, unit: str) -> str:
    """Return a bound for a sentence, in all the digits that it was written with: "800 ms", "0.1 %", "50/s"."""
    scale, _, word = _written(bound, unit)
    return f"{bound * scale:.12g}{word}"


_DIGITS = {" %": 3, "/s": 3, " ms": 0, " s": 2}


def _written(value: float, unit: str) -> tuple[float, str, str]:
    """By what a number is multiplied, how its digits are counted, and the word behind it."""
    if unit == "ratio":
        return 100, "g", " %"
    if unit == "1/s":
        return 1, "g", "/s"
    return (1000, "f", " ms") if value < 1 else (1, "f", " s")


def _side(value: float, bound: float) -> int:
    """On which side of a bound a number is; the noise of a multiplication is on none."""
    return 0 if math.isclose(value, bound, rel_tol=1e-12) else 1 if value > bound else -1
