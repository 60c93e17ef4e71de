"""The catalogue: one Chaos Toolkit experiment a file, each with one hypothesis, one fault and one way back.

What the suite needs to know beyond that stands in the file's own ``extensions``, in the entry named ``suite``; Chaos
Toolkit leaves it alone.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

CATALOG_DIR = Path(__file__).parent
EXTENSION = "suite"

Subject = Literal["sync", "async", "database", "nothing"]


class CatalogError(Exception):
    """A catalogue file is not what it must be, or nobody knows the experiment; one clear line for a person."""


class Facts(BaseModel):
    """What the ``suite`` extension of a catalogue file says."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Literal["suite"]
    subject: Subject  # what the fault is done to
    blast_radius: str = Field(min_length=1)  # how much of it, at most
    way_back: str = Field(min_length=1)
    promises: tuple[str, ...] = Field(min_length=1)  # of design.md section 6: those that apply


@dataclass(frozen=True)
class Entry:
    """One experiment. ``fault`` is False for the control, which hurts nothing."""

    name: str
    path: Path
    title: str
    description: str
    subject: Subject
    blast_radius: str
    way_back: str
    promises: tuple[str, ...]

    @property
    def fault(self) -> bool:
        return self.subject != "nothing"


@cache
def load_catalog() -> dict[str, Entry]:
    """Every experiment by name. Raises CatalogError for a file that is not what it must be."""
    return {path.stem: _entry(path) for path in sorted(CATALOG_DIR.glob("*.yaml"))}


def find(name: str) -> Entry:
    """The experiment of that name. Raises CatalogError."""
    catalog = load_catalog()
    if name not in catalog:
        raise CatalogError(f"experiment {name!r}: expected one of {', '.join(catalog)} in experiments/catalog")
    return catalog[name]


def name_of(experiment: dict[str, Any]) -> str:
    """The name of a loaded experiment: that of its catalogue file, told by the title; else unnamed."""
    titles = {entry.title: entry.name for entry in load_catalog().values()}
    return titles.get(str(experiment.get("title")), "unnamed")


def _entry(path: Path) -> Entry:
    try:
        experiment = yaml.safe_load(path.read_text())
        said = next(one for one in experiment["extensions"] if one["name"] == EXTENSION)
        facts = Facts.model_validate(said)
        return Entry(
            name=path.stem,
            path=path,
            title=experiment["title"],
            description=" ".join(experiment["description"].split()),
            subject=facts.subject,
            blast_radius=facts.blast_radius,
            way_back=facts.way_back,
            promises=facts.promises,
        )
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise CatalogError(f"{path.name}: extensions, suite, {where}: {first['msg']}") from error
    except (yaml.YAMLError, KeyError, TypeError, StopIteration) as error:
        raise CatalogError(f"{path.name}: expected a title and an extension named suite, found {error!r}") from error
