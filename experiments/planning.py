"""Game days as data: which experiments, under which load, for how long.

A game day is a file in ``experiments/gamedays/``; what it names must be in the catalogue. Nothing here touches a
system under test.
"""

import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

GAMEDAYS_DIR = Path(__file__).parent / "gamedays"
PROFILES = Path(__file__).resolve().parents[1] / "loadtests" / "profiles.toml"
DEFAULT = "default"
PROOF_S, SETTLED_S, STEADY_S = 40.0, 0.5, 45.0  # of a stock `chaos run`, too, which has no game day


class GameDayError(Exception):
    """A game day cannot be run as asked; the message is one clear line for a person."""


class Timing(BaseModel):
    """How long the parts of a game day take, in seconds; the comments are in ``gamedays/default.toml``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    warm_up_s: float = Field(default=5, ge=0, le=600)
    baseline_s: float = Field(default=10, ge=1, le=3600)
    control_s: float = Field(default=20, ge=1, le=3600)
    fault_s: float = Field(default=150, ge=1, le=3600)
    recovery_s: float = Field(default=10, ge=0, le=3600)
    recovery_max_s: float = Field(default=60, ge=1, le=3600)
    proof_s: float = Field(default=PROOF_S, ge=1, le=3600)
    settled_s: float = Field(default=SETTLED_S, ge=0, le=600)
    steady_s: float = Field(default=STEADY_S, ge=1, le=3600)
    after_s: float = Field(default=10, ge=0, le=600)
    barrier_s: float = Field(default=60, ge=1, le=3600)


class GameDay(BaseModel):
    """One file of ``gamedays/``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    title: str
    profile: str = "smoke"
    pace: Literal["fast", "real"] = "fast"
    experiments: tuple[str, ...] = Field(min_length=1)
    timing: Timing = Timing()

    @property
    def at_most_s(self) -> float:
        """How long its load is on at the most."""
        timing = self.timing
        a_fault_s = timing.baseline_s + timing.fault_s + timing.recovery_max_s
        each_s = max(timing.control_s, a_fault_s) + 2 * timing.after_s
        return timing.warm_up_s + len(self.experiments) * each_s + timing.barrier_s


def load_gameday(name: str) -> GameDay:
    """Read a game day by name. Raises GameDayError."""
    path = GAMEDAYS_DIR / f"{name}.toml"
    if Path(name).name != name or not path.is_file():
        raise GameDayError(f"game day {name!r}: expected one of {', '.join(known())} in experiments/gamedays")
    try:
        return GameDay.model_validate({"name": name, **tomllib.loads(path.read_text())})
    except tomllib.TOMLDecodeError as error:
        raise GameDayError(f"game day {name!r}: {path.name} is not valid TOML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise GameDayError(f"game day {name!r}: {path.name}: {where}: {first['msg']}") from error


def known() -> list[str]:
    """The names of all game days."""
    return sorted(path.stem for path in GAMEDAYS_DIR.glob("*.toml"))


def profiles() -> list[str]:
    """All load profiles by name; their file is data, what is in it is the load generator's business."""
    tables = tomllib.loads(PROFILES.read_text())
    return sorted(name for name in tables if isinstance(tables[name], dict))


def choose(gameday: GameDay, *, experiments: tuple[str, ...], profile: str | None, catalog: set[str]) -> GameDay:
    """The game day with what the command line overrides. Raises GameDayError for a name nobody knows."""
    chosen = experiments or gameday.experiments
    for name in chosen:
        if name not in catalog:
            raise GameDayError(f"experiment {name!r}: expected one of {', '.join(sorted(catalog))}")
    load = profile or gameday.profile
    if load not in profiles():
        raise GameDayError(f"profile {load!r}: expected one of {', '.join(profiles())} in loadtests/profiles.toml")
    if len(set(chosen)) != len(chosen):
        raise GameDayError(f"experiments {', '.join(chosen)}: expected each once, since a run names its parts by them")
    return gameday.model_copy(update={"experiments": chosen, "profile": load})
