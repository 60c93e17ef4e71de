"""Load profiles: ``profiles.toml`` as checked, frozen data."""

import tomllib
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from loadtests.arrivals import Intensity, JourneyPlan, Plan, Spacing
from loadtests.curve import Curve, read_curve
from loadtests.stages import Stage, staged

PROFILES_FILE = Path(__file__).parent / "profiles.toml"
DEFAULT_PROFILE = "smoke"

# A client that waits for its answers cannot send more often than this and still keep its timetable.
MOST_PER_USER_PER_S = 5.0


class ProfileError(Exception):
    """The profile cannot be used; the message is one clear line for a person."""


class Part(BaseModel):
    """A table of the file: unknown keys are refused, values never change."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class JourneyLoad(Part):
    """How often a journey is made: requests a second of all its users together."""

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
    def rate_per_user(self) -> float:
        return self.rate / self.users


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
    # What the users that wait for their answers play; by chance when there is an engine that does not wait.
    spacing: Spacing = "slots"
    stages: tuple[Stage, ...] | None = Field(default=None, min_length=1)
    curve: Curve | None = None
    shopper: JourneyLoad | None = None
    csr: JourneyLoad | None = None
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

    def plan(self, *, seed: int, end_ns: int, requests: Mapping[str, float] | None = None) -> Plan:
        """Return the arrivals of all journeys in [0, ``end_ns``).

        ``requests`` says how many requests an arrival of a journey makes on average, where that is not one: so many
        times fewer arrive, and the requests a second are those of the profile.
        """
        each = {name: 1.0 for name, _ in self.journeys()} | dict(requests or {})
        rates = {name: self.multiples.scaled(load.rate / each[name]) for name, load in self.journeys()}
        plans = (JourneyPlan(name, rates[name], seed, end_ns, self.spacing, each[name]) for name in rates)
        return Plan(tuple(plans))


def unplayable(profile: Profile) -> str | None:
    """Name what of a profile cannot be played yet; None for one rate in slots, which is all that waiting users know."""
    has = {
        "stages": profile.stages is not None,
        "a curve": profile.curve is not None,
        f'spacing = "{profile.spacing}"': profile.spacing != "slots",
    }
    return " and ".join(name for name, is_there in has.items() if is_there) or None


def require_playable(profile: Profile) -> None:
    """Raise ProfileError for a profile that cannot be played yet: nothing else is played in its place."""
    found = unplayable(profile)
    if found is not None:
        raise ProfileError(
            f"profile {profile.name!r}: expected one rate in slots, since nothing else can be played yet, found "
            f"{found}: take another profile (loadgate plan {profile.name} shows this one)"
        )


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
