"""The rules of a load gate as data: what is measured, of which requests, and the bound that it is held to. Pure."""

from dataclasses import dataclass
from typing import Literal

QUANTILES = {"p50": 0.50, "p90": 0.90, "p95": 0.95, "p99": 0.99, "p99.9": 0.999}
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
    """One line of a rule file. ``bound`` is in seconds, a ratio, or requests a second, as ``measure`` has it."""

    text: str  # as it was written, without comment
    measure: str  # a name of QUANTILES, mean, max, errors or rate
    who: Who
    bound: float
    inclusive: bool  # whether the bound itself is still within it
    origin: str = ""  # file and line

    @property
    def unit(self) -> Unit:
        """What ``bound`` is counted in."""
        if self.measure == "errors":
            return "ratio"
        return "1/s" if self.measure == "rate" else "s"

    def keeps(self, value: float) -> bool:
        """Return whether a measured value is within the bound: a lower one for ``rate``, else an upper one."""
        if value == self.bound:
            return self.inclusive
        return value > self.bound if self.measure == "rate" else value < self.bound


def shown(value: float, unit: str) -> str:
    """Return a number of a rule for a sentence: "214 ms", "2.4 s", "0.08 %", "81.2/s"."""
    if unit == "ratio":
        return f"{value * 100:.3g} %"
    if unit == "1/s":
        return f"{value:.3g}/s"
    if value == float("inf"):
        return "no answer"
    return f"{value * 1e3:.0f} ms" if value < 1 else f"{value:.2f} s"
