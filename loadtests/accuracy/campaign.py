"""All runs of the suite: which are played in which order, again while the machine is not quiet, or read from disk."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from loadtests.accuracy.faults import KINDS, Kind
from loadtests.accuracy.generators import GENERATORS, Generator
from loadtests.accuracy.suite import Outcome, measure, play

MOST_TRIES = 3  # of one run, while the machine is not quiet


@dataclass(frozen=True, slots=True)
class Run:
    """One run: which it is, and what it came to."""

    seed: int
    kind: Kind
    generator: Generator
    outcome: Outcome


def played(
    seeds: Sequence[int], kinds: Sequence[Kind], generators: Sequence[Generator], directory: Path
) -> Iterator[Run]:
    """Play and yield every run, generators in turn, each again until it is quiet, but not for ever."""
    for seed in seeds:
        for kind in kinds:
            for generator in generators:
                yield from _until_quiet(seed, kind, generator, directory)


def kept(directory: Path) -> Iterator[Run]:
    """Measure again and yield what ``played`` kept in a directory. Raises ValueError for one that is not of a run."""
    for place in sorted(directory.iterdir()):
        seed, kind, generator, *_ = [*place.name.split("-"), "", ""]
        if kind not in KINDS or generator not in GENERATORS:
            raise ValueError(f"{place}: expected SEED-FAULT-GENERATOR-TRY")
        yield Run(int(seed), kind, generator, measure(generator, place))


def quiet(runs: Iterator[Run], say: Callable[[Run], None]) -> dict[tuple[Kind, Generator], list[Outcome]]:
    """Return the quiet runs by fault and generator; those without a quiet run are there, too."""
    found: dict[tuple[Kind, Generator], list[Outcome]] = {}
    for run in runs:
        say(run)
        outcomes = found.setdefault((run.kind, run.generator), [])
        if not run.outcome.disturbed:
            outcomes.append(run.outcome)
    return found


def _until_quiet(seed: int, kind: Kind, generator: Generator, directory: Path) -> Iterator[Run]:
    for attempt in range(1, MOST_TRIES + 1):
        place = directory / f"{seed:03}-{kind}-{generator}-{attempt}"
        play(kind, generator, seed, place)
        outcome = measure(generator, place)
        (place / "outcome.json").write_text(json.dumps(asdict(outcome), indent=1))
        yield Run(seed, kind, generator, outcome)
        if not outcome.disturbed:
            return
