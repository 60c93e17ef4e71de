"""The objectives that promises are held to: as shipped in ``objectives.toml``, overridden by name by a target.

A resolved set goes into ``run.json`` with the origin of each number, so that an old run is judged again by what it was
run under.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SHIPPED = Path(__file__).parent / "objectives.toml"


class ObjectivesError(Exception):
    """An objective has no such name or is no number; the message is one clear line for a person."""


@dataclass(frozen=True, slots=True)
class Objective:
    """One number and where it comes from."""

    value: float
    origin: str


@dataclass(frozen=True)
class Objectives:
    """All objectives of a run, by flat name: ``freshness_s``, ``terminate-sync-instance.rto_s``."""

    by_name: Mapping[str, Objective]

    def find(self, name: str, experiment: str | None = None) -> Objective:
        """Return an objective; the experiment's own wins. Raises ObjectivesError when there is none."""
        for flat in (f"{experiment}.{name}", name):
            if flat in self.by_name:
                return self.by_name[flat]
        raise ObjectivesError(f"objective {name!r}: expected it in {SHIPPED.name}, found none: add it")

    def value(self, name: str, experiment: str | None = None) -> float:
        """Return the number of an objective; as ``find``."""
        return self.find(name, experiment).value

    def to_facts(self) -> dict[str, dict[str, float | str]]:
        """Return what goes into ``run.json`` under ``objectives``."""
        return {name: {"value": o.value, "origin": o.origin} for name, o in sorted(self.by_name.items())}


def load_objectives(overrides: Mapping[str, float] | None = None, *, origin: str = "the target") -> Objectives:
    """Return the shipped objectives with a target's overrides by name; ``origin`` says whose they are.

    Raises ObjectivesError for an override that names no objective or is not a number of 0 or more. An experiment that
    is not in the file may be overridden by any bare name: ``my-experiment.rto_s``.
    """
    shipped = _flat(tomllib.loads(SHIPPED.read_text()))
    resolved = {name: Objective(value, f"reports/{SHIPPED.name}") for name, value in shipped.items()}
    for name, value in (overrides or {}).items():
        if name.rpartition(".")[2] not in shipped:
            raise ObjectivesError(f"objective {name!r} of {origin}: expected a name in reports/{SHIPPED.name}")
        if not isinstance(value, int | float) or isinstance(value, bool) or value < 0:
            raise ObjectivesError(f"objective {name!r} of {origin}: expected a number of 0 or more, found {value!r}")
        resolved[name] = Objective(float(value), origin)
    return Objectives(resolved)


def from_facts(facts: Mapping[str, Any] | None) -> Objectives:
    """Return a run's own objectives as ``run.json`` has them; a name that it does not have is as shipped."""
    resolved = dict(load_objectives().by_name)
    for name, said in (facts or {}).items():
        value, origin = (said.get("value"), said.get("origin")) if isinstance(said, Mapping) else (said, None)
        if isinstance(value, int | float):
            resolved[name] = Objective(float(value), str(origin or "run.json"))
    return Objectives(resolved)


def _flat(table: Mapping[str, Any]) -> dict[str, float]:
    flat: dict[str, float] = {}
    for name, value in table.items():
        if isinstance(value, Mapping):
            flat |= {f"{name}.{inner}": float(number) for inner, number in value.items()}
        else:
            flat[name] = float(value)
    return flat
