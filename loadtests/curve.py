"""How a load goes over time, as it was recorded: a CSV of time and rate. It becomes multiples of a profile's rates."""

import csv
import itertools
import math
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from loadtests.arrivals import NS, Intensity
from loadtests.stages import checked

HEADS = (["time_s", "rate"], ["time_s", "factor"])
EXPECTED = " or ".join(",".join(head) for head in HEADS)


class Curve(BaseModel):
    """Points (seconds after the first, ``factor`` or ``rate``), with straight lines between them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str
    unit: Literal["factor", "rate"]
    points: tuple[tuple[float, float], ...]

    def multiples(self, rate: float) -> Intensity:
        """Return multiples over time for a profile of so many requests a second. Raises ValueError."""
        base = rate if self.unit == "rate" else 1
        lines = Intensity.curve([(round(time_s * NS), value / base) for time_s, value in self.points])
        return checked(lines, self.file)


def read_curve(file: Path) -> Curve:
    """Read a CSV with the columns ``time_s`` and either ``rate`` (requests a second in all) or ``factor`` (multiples).

    Times are seconds, ascending, from any zero (the epoch, too). Raises ValueError with the file and the line.
    """
    try:
        lines = list(csv.reader(file.read_text(encoding="utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{file.name}: expected a CSV file, it cannot be read: {error}") from error
    head = [name.strip() for name in lines[0]] if lines else []
    if head not in HEADS:
        raise ValueError(f"{file.name}, line 1: expected {EXPECTED}, found {','.join(head)!r}")
    points = [_point(file, number, line) for number, line in enumerate(lines[1:], 2) if line]
    _check(file, points)
    from_s = points[0][0]
    shifted = tuple((time_s - from_s, value) for time_s, value in points)
    return Curve(file=file.name, unit="rate" if head[1] == "rate" else "factor", points=shifted)


def _point(file: Path, number: int, line: list[str]) -> tuple[float, float]:
    try:
        time_s, value = map(float, line)
    except ValueError:
        time_s = value = math.nan
    if not (math.isfinite(time_s) and math.isfinite(value) and value >= 0):
        raise ValueError(f"{file.name}, line {number}: expected a time and a rate of 0 or more, found {line}")
    return time_s, value


def _check(file: Path, points: list[tuple[float, float]]) -> None:
    if len(points) < 2:
        raise ValueError(f"{file.name}: expected at least two points, found {len(points)}")
    for (before_s, _), (after_s, _) in itertools.pairwise(points):
        if after_s <= before_s:
            raise ValueError(f"{file.name}: expected ascending times, found {after_s:g} after {before_s:g}")
