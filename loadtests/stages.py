"""How a load goes over time, as a profile says it in stages. They become multiples of the profile's rates."""

from collections.abc import Iterator, Sequence
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from loadtests.arrivals import NS, Intensity, Piece
from loadtests.durations import LONGEST_S, seconds

MOST = 1000.0  # times the rates of the profile: more is a slip of the pen


def _seconds(value: object) -> float:
    if not isinstance(value, str):
        raise ValueError(f"expected a time in quotes, as 30s or 2m, found {value!r}")
    return seconds(value)


Multiple = Annotated[float, Field(ge=0, le=MOST)]


class Stage(BaseModel):
    """A stretch of time: ``for`` so long ``at`` one multiple, or in a straight line ``to`` another, ``from`` a third.

    Without ``from`` the line begins where the stage before it ended.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    for_s: Annotated[float, BeforeValidator(_seconds), Field(gt=0)] = Field(alias="for")
    at: Multiple | None = None
    start: Multiple | None = Field(default=None, alias="from")
    to: Multiple | None = None

    @model_validator(mode="after")
    def _one_way(self) -> "Stage":
        if (self.at is None) == (self.to is None):
            raise ValueError("expected either at = a multiple of the rates, or to = the one to go to")
        if self.at is not None and self.start is not None:
            raise ValueError("expected from together with to, found it with at, which is one rate")
        return self


def staged(stages: Sequence[Stage]) -> Intensity:
    """Return stages as multiples over time. Raises ValueError with one clear line."""
    if stages[0].at is None and stages[0].start is None:
        raise ValueError("stages: the first one goes to somewhere: expected from = where it begins")
    return checked(Intensity(tuple(_pieces(stages))), "stages")


def _pieces(stages: Sequence[Stage]) -> Iterator[Piece]:
    ended_at = 0.0
    for stage in stages:
        begins_at = next(each for each in (stage.at, stage.start, ended_at) if each is not None)
        ended_at = begins_at if stage.to is None else stage.to
        yield Piece(round(stage.for_s * NS), begins_at, ended_at)


def checked(multiples: Intensity, what: str) -> Intensity:
    """Return them when they are some load, not absurdly much, and not longer than a shift. Raises ValueError."""
    peak, _ = multiples.peak(multiples.length_ns)
    if not 0 < peak <= MOST:
        raise ValueError(f"{what}: expected a peak over 0 and up to {MOST:g} times the rates, found {peak:g}")
    if multiples.length_ns > LONGEST_S * NS:
        found_h = multiples.length_ns / NS / 3600
        raise ValueError(f"{what}: expected at most {LONGEST_S / 3600:g} h in all, found {found_h:.3g} h")
    return multiples
