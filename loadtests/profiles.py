"""Load profiles: ``profiles.toml`` as checked, frozen data."""

import math
import tomllib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from loadtests.arrivals import Intensity, JourneyPlan, Plan, Spacing
from loadtests.curve import Curve, read_curve
from loadtests.stages import Stage, staged

PROFILES_FILE = Path(__file__).parent / "profiles.toml"
DEFAULT_PROFILE = "smoke"

# The journeys that change something in the system. The policy names those that a target allows.
WRITING = ("pos", "intake", "bulk", "bopis", "fulfillment")

# A user that is asked for more than this is never free; the line of those who wait would only grow.
MOST_PER_USER_PER_S = 5.0
MOST_TIMES = 1000.0
REQUESTS_A_VISIT = 2  # of a shopper and of a csr


class ProfileError(Exception):
    """The profile cannot be used; the message is one clear line for a person."""


class Part(BaseModel):
    """A table of the file: unknown keys are refused, values never change."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class JourneyLoad(Part):
    """How often a journey is made: requests a second; and how many at a time: ``users``."""

    users: int = Field(ge=1, le=2000)
    rate: float = Field(gt=0, le=5000)

    @model_validator(mode="after")
    def _a_user_can_keep_up(self) -> "JourneyLoad":
        each = self.rate / self.users
        if each > MOST_PER_USER_PER_S:
            raise ValueError(
                f"expected at most {MOST_PER_USER_PER_S:g} requests a second a user, found {each:g}: use more users"
            )
        return self

    @property
    def requests(self) -> float:
        """How many requests an arrival makes."""
        return 1.0


class VisitLoad(JourneyLoad):
    """A journey of several requests. With ``think_s`` (the least, the most) an arrival makes all, and thinks between.

    Without it an arrival is a single request, and each asks for another step.
    """

    think_s: tuple[Annotated[float, Field(gt=0)], Annotated[float, Field(le=600)]] | None = None

    @model_validator(mode="after")
    def _users_can_think(self) -> "VisitLoad":
        if self.think_s is None:
            return self
        if self.think_s[0] > self.think_s[1]:
            raise ValueError(f"think_s: expected the shorter time first, found {list(self.think_s)}")
        thinking = self.rate / REQUESTS_A_VISIT * (REQUESTS_A_VISIT - 1) * sum(self.think_s) / 2
        if thinking > self.users:
            raise ValueError(
                f"expected users for the {thinking:.0f} that think at a time, found {self.users}: use more"
            )
        return self

    @property
    def requests(self) -> float:
        return 1.0 if self.think_s is None else REQUESTS_A_VISIT


class UploadLoad(JourneyLoad):
    """How often files are uploaded, and how many orders one holds."""

    orders_per_file: tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(le=200)]] = (1, 3)

    @model_validator(mode="after")
    def _smallest_first(self) -> "UploadLoad":
        if self.orders_per_file[0] > self.orders_per_file[1]:
            raise ValueError(f"orders_per_file: expected the smaller number first, found {list(self.orders_per_file)}")
        return self


class Profile(Part):
    """A named load; a journey that is None does not run."""

    name: str
    about: str = ""
    spacing: Spacing = "poisson"
    stages: tuple[Stage, ...] | None = Field(default=None, min_length=1)
    curve: Curve | None = None
    shopper: VisitLoad | None = None
    csr: VisitLoad | None = None
    pos: JourneyLoad | None = None
    intake: UploadLoad | None = None
    bulk: UploadLoad | None = None
    bopis: JourneyLoad | None = None
    fulfillment: JourneyLoad | None = None
    jobs: JourneyLoad | None = None
    dns: Literal["ttl", "pin"] | Annotated[float, Field(gt=0)] = "ttl"  # for how long clients keep an address

    def journeys(self) -> Iterator[tuple[str, JourneyLoad]]:
        """Yield the journeys that run, by name."""
        for name in ("shopper", "csr", "pos", "intake", "bulk", "bopis", "fulfillment", "jobs"):
            load = getattr(self, name)
            if load is not None:
                yield name, load

    def journey(self, name: str) -> JourneyLoad | None:
        """Return a journey's load, None when the profile does not run it."""
        return dict(self.journeys()).get(name)

    @property
    def rate(self) -> float:
        """Requests a second of all journeys together, before stages or a curve multiply it (logins are not counted)."""
        return sum(load.rate for _, load in self.journeys())

    @cached_property
    def multiples(self) -> Intensity:
        """How many times its rate each journey is made, over time."""
        if self.stages is not None:
            return staged(self.stages)
        return self.curve.multiples(self.rate) if self.curve is not None else Intensity.constant(1.0)

    @model_validator(mode="after")
    def _has_a_load(self) -> "Profile":
        if not list(self.journeys()):
            raise ValueError(f"expected at least one journey, found none: add [{self.name}.pos]")
        if self.stages is not None and self.curve is not None:
            raise ValueError("expected either stages or a curve, found both")
        _ = self.multiples  # raises what is wrong with it
        return self

    @property
    def length_ns(self) -> int | None:
        """How long its stages or its curve take; None for one rate for ever."""
        return None if self.stages is None and self.curve is None else self.multiples.length_ns

    def scaled(self, by: float) -> "Profile":
        """Return the same with every rate ``by`` times as high, and so many more users where it takes more.

        Associates stay as many as they are: each has a facility. Raises ProfileError for a recorded curve, whose rates
        are what they were, and for what is no multiple.
        """
        if by == 1:
            return self
        if self.curve is not None or not 0 < by <= MOST_TIMES:
            what = "a profile without a curve" if self.curve is not None else f"a multiple up to {MOST_TIMES:g}"
            raise ProfileError(f"profile {self.name!r}: expected {what} to scale, found {by:g}")
        loads = {name: load.model_copy(update=_scaled(name, load, by)) for name, load in self.journeys()}
        return self.model_copy(update=loads)

    def plan(self, *, seed: int, end_ns: int) -> Plan:
        """Return the arrivals of all journeys in [0, ``end_ns``).

        Of a journey whose arrivals make several requests fewer arrive: the requests a second are those of the profile.
        """
        rates = {name: self.multiples.scaled(load.rate / load.requests) for name, load in self.journeys()}
        loads = self.journeys()
        plans = (JourneyPlan(name, rates[name], seed, end_ns, self.spacing, load.requests) for name, load in loads)
        return Plan(tuple(plans))


def _scaled(name: str, load: JourneyLoad, by: float) -> dict[str, float]:
    users = load.users if name in ("bopis", "fulfillment") else max(load.users, math.ceil(load.users * by))
    return {"rate": load.rate * by, "users": users}


def load_profile(name: str = DEFAULT_PROFILE, file: Path = PROFILES_FILE) -> Profile:
    """Read a profile by name. Raises ProfileError with one line that says what was expected and found."""
    try:
        tables = tomllib.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise ProfileError(f"profile {name!r}: {file.name} cannot be read: {error}") from error
    if name not in tables:
        raise ProfileError(f"profile {name!r}: expected one of {', '.join(sorted(tables))} in {file.name}: choose one")
    try:
        return Profile.model_validate(_with_curve(tables[name], file.parent) | {"name": name})
    except ValidationError as error:
        first = error.errors()[0]
        where = "".join(f"{part}: " for part in (file.name, ".".join(map(str, first["loc"]))) if part)
        raise ProfileError(f"profile {name!r}: {where}{first['msg'].removeprefix('Value error, ')}") from error
    except ValueError as error:
        raise ProfileError(f"profile {name!r}: {file.name}: {error}") from error


def _with_curve(table: Any, directory: Path) -> dict[str, Any]:
    """A profile's table, with the points of its curve in place of the name of their file. Raises ValueError."""
    if not isinstance(table, dict):
        raise ValueError(f"expected a table, found {table!r}")
    if "curve" not in table:
        return table
    if not isinstance(table["curve"], str):
        raise ValueError(f"curve: expected the name of a CSV file in quotes, found {table['curve']!r}")
    return table | {"curve": read_curve(directory / table["curve"])}
