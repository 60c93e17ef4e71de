"""The run directory: where every driver writes, and what every judge reads.

Append-only while it runs, readable half-written, sealed at the end. This class knows where things are; the schema is in
``schema.py``, the formats are in the modules that it calls.
"""

import json
import os
import secrets
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa

from reports.evidence import events, ledger, ndjson, samples, seal, tables, undo
from reports.evidence.clock import now_us, utc_name
from reports.evidence.schema import SCHEMA_VERSION, Delivery, Event, Job, Landed, Signal, Undo, Write

RUNS = Path(__file__).resolve().parents[1] / "runs"


class NotARunDirectoryError(Exception):
    """The path is not a run directory; the message is one clear line for a person."""


class SealBrokenError(NotARunDirectoryError):
    """A sealed run is not as it was sealed; the message names the first file that differs."""


class RunDirectory:
    """One run on disk. Make it with ``create`` or ``open``; readers may be called at any moment, also after a crash."""

    def __init__(self, path: Path, facts: dict[str, Any]) -> None:
        self.path = path
        self.facts = facts
        self.torn: Counter[str] = Counter()  # records dropped on read, by file
        self._output: Path | None = None

    @classmethod
    def create(
        cls, path: Path | None, *, name: str, kind: Literal["gameday", "load"], facts: dict[str, Any]
    ) -> "RunDirectory":
        """Make a run directory: at ``path``, or ``reports/runs/<UTC>-<name>`` with ``latest`` pointing at it.

        Its name there is the run's name from then on (fact ``run``), also of a copy that is called otherwise.
        Raises NotARunDirectoryError when there is something at the path already.
        """
        directory = path or _free_path(RUNS, f"{utc_name()}-{name}")
        if directory.exists() and any(directory.iterdir()):
            raise NotARunDirectoryError(f"{directory}: expected a new or empty directory, found files: choose another")
        directory.mkdir(parents=True, exist_ok=True)
        directory = directory.resolve()
        facts = {
            "schema": SCHEMA_VERSION,
            "run": directory.name,
            "name": name,
            "kind": kind,
            "started_us": now_us(),
            **facts,
        }
        _write_json(directory / "run.json", facts)
        if directory.parent == RUNS:
            _point_latest(directory)
        return cls(directory, facts)

    @classmethod
    def open(cls, path: Path | str, *, verify: bool = True) -> "RunDirectory":
        """Open a run, running, dead or sealed.

        Raises NotARunDirectoryError when it is none, SealBrokenError when it was changed after it was sealed.
        """
        directory = Path(path).resolve()
        try:
            facts = json.loads((directory / "run.json").read_text())
        except FileNotFoundError as error:
            raise NotARunDirectoryError(f"{path}: expected a run directory, found no run.json in it") from error
        except (ValueError, OSError) as error:
            raise NotARunDirectoryError(
                f"{path}: expected a run directory, run.json is not readable: {error}"
            ) from error
        if not isinstance(facts, dict) or facts.get("schema") != SCHEMA_VERSION:
            raise NotARunDirectoryError(f"{path}: expected run.json of schema {SCHEMA_VERSION}, found another")
        odd = next((name for name, fits in _SHAPES.items() if not fits(facts.get(name))), None)
        if odd:
            raise NotARunDirectoryError(f"{path}: run.json: {odd}: {_found(facts[odd])} is not what a run writes")
        wrong = seal.broken(directory) if verify else []
        if wrong:
            raise SealBrokenError(f"{path}: {len(wrong)} files are not as they were sealed, the first: {wrong[0]}")
        return cls(directory, facts)

    # Writers. After the seal, what is still written goes to amendments/ by itself.

    def events(self, writer: str) -> events.EventWriter:
        """Open the timeline for one writer; one process a writer name."""
        return events.EventWriter(self._writable / "events" / f"{writer}.ndjson")

    def undo(self) -> undo.UndoLedger:
        """Open the undo ledger for appending."""
        return undo.UndoLedger(self._writable / "undo.ndjson")

    def samples(self, worker: str) -> samples.SampleWriter:
        """Open the samples of one load worker."""
        return samples.SampleWriter(self.path / "samples", worker)

    def write_ledger(self, worker: str) -> ledger.LedgerWriter:
        """Open the write ledger of one load worker."""
        return ledger.LedgerWriter(self.path / "ledger" / f"{worker}.ndjson")

    def delivery(self, worker: str) -> ndjson.NdjsonWriter:
        """Open the delivery file of one load worker; one ``write`` a second, keys as in ``schema.Delivery``."""
        return ndjson.NdjsonWriter(self.path / "delivery" / f"{worker}.ndjson", extra={"worker": worker})

    def signals(self, writer: str) -> ndjson.NdjsonWriter:
        """Open the probe values; ``write`` records with keys as in ``schema.Signal``."""
        return ndjson.NdjsonWriter(self.path / "signals.ndjson", extra={"writer": writer})

    def write_landed(self, sink: str, rows: list[Landed]) -> None:
        """Write what was read back from a sink. No rows means: read, and nothing was there."""
        tables.write_landed(self.path / "landed" / f"{sink}.parquet", rows)

    def write_jobs(self, rows: list[Job]) -> None:
        """Write the job table as read back (rows of both reads, before and after)."""
        tables.write_jobs(self.path / "jobs.parquet", rows)

    # Readers. Torn records are dropped and counted in ``torn``.

    def read_events(self, *, amended: bool = False) -> list[Event]:
        """Return the timeline of all writers by time; with what came after the seal when ``amended``."""
        found: list[Event] = []
        for root in [self.path, *([self.path / "amendments"] if amended else [])]:
            for path in sorted((root / "events").glob("*.ndjson")):
                more, torn, _ = events.read_events(path)
                found += more
                self._count(path, torn)
        return events.merge(found)

    def broken_chains(self) -> list[str]:
        """Return one line for each place where an events file is not what its writer wrote."""
        found: list[str] = []
        for path in sorted((self.path / "events").glob("*.ndjson")):
            found += events.read_events(path)[2]
        return found

    def read_samples(self) -> pa.Table:
        """Return every request of all workers by ``sched_us``, columns as in ``schema.SAMPLES``."""
        table, torn = samples.read_samples(self.path / "samples")
        for name, cut in torn.items():
            self.torn[f"samples/{name}"] = cut
        return table

    def read_ledger(self) -> list[Write]:
        """Return every intended write with its attempts, by time of intent."""
        writes, torn = ledger.read_ledger(sorted((self.path / "ledger").glob("*.ndjson")))
        for name, dropped in torn.items():
            self.torn[f"ledger/{name}"] = dropped
        return writes

    def read_delivery(self) -> list[Delivery]:
        """Return every worker's seconds by time."""
        found: list[Delivery] = []
        for path in sorted((self.path / "delivery").glob("*.ndjson")):
            records, torn = ndjson.read_ndjson(path)
            seconds, odd = ndjson.convert(records, partial(_delivery, worker=path.stem))
            self._count(path, torn + odd)
            found += seconds
        return sorted(found, key=lambda second: (second.at_us, second.worker))

    def read_landed(self, sink: str) -> list[Landed] | None:
        """Return what was read back from a sink, None when it never was."""
        path = self.path / "landed" / f"{sink}.parquet"
        rows = tables.read_landed(path)
        self._count(path, int(rows is None and path.is_file()))
        return rows

    def read_jobs(self) -> list[Job] | None:
        """Return the job rows, None when the table was never read."""
        path = self.path / "jobs.parquet"
        rows = tables.read_jobs(path)
        self._count(path, int(rows is None and path.is_file()))
        return rows

    def read_signals(self) -> list[Signal]:
        """Return the probe values by time; those of writers on other machines have files of their own."""
        found: list[Signal] = []
        for path in [self.path / "signals.ndjson", *sorted((self.path / "signals").glob("*.ndjson"))]:
            records, torn = ndjson.read_ndjson(path)
            signals, odd = ndjson.convert(records, _signal)
            self._count(path, torn + odd)
            found += signals
        return sorted(found, key=lambda signal: signal.at_us)

    def read_undo(self, *, amended: bool = True) -> list[Undo]:
        """Return the undo records; with what a heal added after the seal unless told otherwise (the judge does)."""
        paths = [self.path / "undo.ndjson", *([self.path / "amendments" / "undo.ndjson"] if amended else [])]
        found, torn = undo.read_undo(*paths)
        self._count(paths[0], torn)
        return found

    def read_target(self) -> dict[str, Any]:
        """Return the live configuration before each fault, by experiment; empty when it was not written."""
        try:
            found = json.loads((self.path / "target.json").read_text())
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    # The end.

    def compact_samples(self) -> None:
        """Turn the sample streams into Parquet; call it when every load worker has ended."""
        for name, cut in samples.compact(self.path / "samples").items():
            self.torn[f"samples/{name}"] = cut

    @property
    def sealed(self) -> bool:
        """Whether the run ended and was sealed."""
        return seal.is_sealed(self.path)

    def seal(self) -> None:
        """Write ``seal.json`` over everything; nothing in the run changes any more."""
        seal.seal(self.path)

    def amend(self) -> Path:
        """Return ``amendments/``, made when missing: for what comes after the seal (a heal, a note)."""
        directory = self.path / "amendments"
        directory.mkdir(exist_ok=True)
        return directory

    def derived(self) -> Path:
        """Return a new ``derived/<time>/``: for a judgement or a report made after the seal."""
        directory = _free_path(self.path / "derived", utc_name())
        directory.mkdir(parents=True)
        return directory

    @property
    def output(self) -> Path:
        """Where a verdict and a report go: the run itself, or one ``derived/<time>/`` per opening when it is sealed."""
        if self._output is None:
            self._output = self.derived() if self.sealed else self.path
        return self._output

    @property
    def _writable(self) -> Path:
        return self.amend() if self.sealed else self.path

    def _count(self, path: Path, torn: int) -> None:
        if torn:
            self.torn[path.relative_to(self.path).as_posix()] = torn


def _is_time(value: Any) -> bool:
    return value is None or (_is_number(value) and 0 <= value < _YEAR_3000_US)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)


def _is_table(value: Any) -> bool:
    return value is None or isinstance(value, dict)


def _is_list(value: Any) -> bool:
    return value is None or isinstance(value, list)


def _is_list_of_tables(value: Any) -> bool:
    return value is None or (isinstance(value, list) and all(isinstance(one, dict) for one in value))


def _found(value: Any) -> str:
    return f"{value!r:.60}"


_YEAR_3000_US = 32_503_680_000_000_000
# What readers do arithmetic with, or walk through: the facts of run.json and what they must be when they are there.
_SHAPES: dict[str, Callable[[Any], bool]] = {
    "started_us": _is_time,
    "objectives": _is_table,
    "experiments": _is_list_of_tables,
    "promises": _is_list,
    "duration_s": lambda value: value is None or _is_number(value),
    "warm_up_s": lambda value: value is None or _is_number(value),
}


def _delivery(record: dict[str, Any], worker: str) -> Delivery:
    names = [name for name in Delivery.__dataclass_fields__ if name not in ("worker", "cpu_ratio")]
    counts = {name: ndjson.whole_number(record, name, 0) for name in names}
    return Delivery(worker=worker, cpu_ratio=ndjson.number(record, "cpu_ratio", 0.0), **counts)


def _signal(record: dict[str, Any]) -> Signal:
    known = {name: record[name] for name in Signal.__dataclass_fields__ if name in record}
    known |= {"at_us": ndjson.whole_number(record, "at_us", 0), "experiment": ndjson.text(record, "experiment")}
    return Signal(**{"name": "", "value": None, **known})


def _write_json(path: Path, body: dict[str, Any]) -> None:
    part = path.with_suffix(".part")
    part.write_text(json.dumps(body, indent=2, default=str) + "\n")
    part.replace(path)


def _free_path(parent: Path, name: str) -> Path:
    for n in range(1, 1000):
        path = parent / (name if n == 1 else f"{name}-{n}")
        if not path.exists():
            return path
    raise NotARunDirectoryError(f"{parent}/{name}: expected a free name, found 999 directories")


def _point_latest(directory: Path) -> None:
    """Swap the ``latest`` link in one step, so that a reader never finds none."""
    part = directory.parent / f".latest-{os.getpid()}-{secrets.token_hex(3)}"
    part.symlink_to(directory.name)
    part.replace(directory.parent / "latest")
