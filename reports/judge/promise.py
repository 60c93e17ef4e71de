"""A promise as judged: a status and one sentence that says why, with the number, its base and its objective."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from reports.objectives import Objective


class Status(StrEnum):
    """What the evidence says about a promise."""

    PASS = "PASS"
    FAIL = "FAIL"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True)
class Promise:
    """One line of ``verdict.json``. ``experiment`` is None for what belongs to the whole run."""

    name: str
    status: Status
    because: str
    experiment: str | None = None
    sink: str | None = None
    numbers: dict[str, Any] = field(default_factory=dict)

    @property
    def line(self) -> str:
        """The promise in one line: its name, its place, and why."""
        place = ", ".join(part for part in (self.experiment, self.sink) if part)
        return f"{self.name}{f' ({place})' if place else ''}: {self.because}"

    def to_json(self) -> dict[str, Any]:
        """Return the promise as ``verdict.json`` has it."""
        empty = {"measured": None, "unit": None, "base": None, "objective": None, "objective_from": None}
        return {
            "name": self.name,
            "experiment": self.experiment,
            "sink": self.sink,
            "status": str(self.status),
            "because": self.because,
            "numbers": {**empty, **self.numbers},
        }


def numbers(
    measured: float | None, unit: str, *, base: int | None, objective: Objective | None = None, **more: Any
) -> dict[str, Any]:
    """Return the numbers of a promise; ``base`` is how many things the measured value stands on."""
    return {
        "measured": round(measured, 4) if isinstance(measured, float) else measured,
        "unit": unit,
        "base": base,
        "objective": objective.value if objective else None,
        "objective_from": objective.origin if objective else None,
        **more,
    }


def plural(count: int, noun: str) -> str:
    """Return "1 request", "2 requests", "1,200 requests"."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def some(names: list[str], limit: int = 3) -> str:
    """Return the first few names for a sentence: "A, B, C and 4 more"."""
    shown = ", ".join(names[:limit])
    return shown if len(names) <= limit else f"{shown} and {len(names) - limit:,} more"
