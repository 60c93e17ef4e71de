"""Load profiles: ``profiles.toml`` as checked, frozen data."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

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
    shopper: JourneyLoad | None = None
    csr: JourneyLoad | None = None
    pos: JourneyLoad | None = None
    intake: UploadLoad | None = None
    bulk: UploadLoad | None = None
    bopis: JourneyLoad | None = None
    fulfillment: JourneyLoad | None = None
    jobs: JourneyLoad | None = None

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
        """Requests a second of all journeys together (logins are not counted)."""
        return sum(load.rate for _, load in self.journeys())


def load_profile(name: str = DEFAULT_PROFILE, file: Path = PROFILES_FILE) -> Profile:
    """Read a profile by name. Raises ProfileError with one line that says what was expected and found."""
    try:
        tables = tomllib.loads(file.read_text())
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ProfileError(f"profile {name!r}: {file.name} cannot be read: {error}") from error
    if name not in tables:
        raise ProfileError(f"profile {name!r}: expected one of {', '.join(sorted(tables))} in {file.name}: choose one")
    try:
        profile = Profile.model_validate({**tables[name], "name": name})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ProfileError(f"profile {name!r}: {file.name}: {where}: {first['msg']}") from error
    if not list(profile.journeys()):
        raise ProfileError(
            f"profile {name!r}: {file.name}: expected at least one journey, found none: add [{name}.pos]"
        )
    return profile
