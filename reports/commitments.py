"""What was promised to customers: ``commitments.toml`` as checked, frozen data."""

import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

SHIPPED = Path(__file__).parent / "commitments.toml"


class CommitmentsError(Exception):
    """The file cannot be used; the message is one clear line for a person."""


class Part(BaseModel):
    """A table of the file: unknown keys are refused, values never change."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Availability(Part):
    """So much of the requests are good."""

    kind: Literal["availability"]
    name: str = Field(min_length=1)
    objective: float = Field(gt=0, lt=1)
    endpoints: tuple[str, ...] = Field(min_length=1)
    origin: str = Field(min_length=1)

    @property
    def says(self) -> str:
        """The promise in words."""
        return f"{percent(self.objective)} of requests are answered as they should be"


class Latency(Part):
    """So much of the requests are good and fast; a bad one is slower than any."""

    kind: Literal["latency"]
    name: str = Field(min_length=1)
    objective: float = Field(gt=0, lt=1)
    under_ms: float = Field(gt=0, le=86_400_000)
    endpoints: tuple[str, ...] = Field(min_length=1)
    origin: str = Field(min_length=1)

    @property
    def says(self) -> str:
        """The promise in words."""
        return f"{percent(self.objective)} of requests are answered within {self.under_ms:,g} ms"


class Writes(Part):
    """Every acknowledged write is there, once and unchanged, in every sink; nothing else is."""

    kind: Literal["writes"]
    name: str = Field(min_length=1)
    origin: str = Field(min_length=1)

    @property
    def says(self) -> str:
        """The promise in words."""
        return "every acknowledged write is there, once and unchanged"


class IncidentRule(Part):
    """What counts as an incident."""

    window_s: int = Field(gt=0, le=3600)
    bad_ratio: float = Field(ge=0, lt=1)
    bad_requests: int = Field(ge=1)
    merge_s: int = Field(ge=0, le=86_400)


Ratio = Availability | Latency


class Commitments(Part):
    """The whole file."""

    service: str = Field(min_length=1)
    minimum_coverage: float = Field(gt=0, le=1)
    commitment: tuple[Annotated[Availability | Latency | Writes, Field(discriminator="kind")], ...] = Field(
        min_length=1
    )
    incidents: IncidentRule


def load_commitments(path: Path | None = None) -> Commitments:
    """Read the file, the shipped one unless told otherwise. Raises CommitmentsError."""
    path = path or SHIPPED
    try:
        found = Commitments.model_validate(tomllib.loads(path.read_text()))
    except OSError as error:
        raise CommitmentsError(f"{path}: expected a file of commitments, cannot read it: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CommitmentsError(f"{path}: expected TOML, found {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise CommitmentsError(f"{path}: {where}: {first['msg']}, found {first['input']!r:.60}") from error
    names = [one.name for one in found.commitment]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise CommitmentsError(f"{path}: commitment {twice!r}: expected each name once, found it twice")
    return found


def percent(ratio: float) -> str:
    """Return "99.9 %", with as many digits as the ratio has."""
    return f"{ratio * 100:.6g} %"
