"""Small Parquet tables of a run: what was read back from a sink, and the job table."""

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa

from reports.evidence.samples import UNREADABLE
from reports.evidence.schema import JOBS, LANDED, Job, Landed


def write_landed(path: Path, rows: Iterable[Landed]) -> None:
    """Write ``landed/<sink>.parquet``, whole or not at all. An empty one says: read, and nothing was there."""
    _write(path, LANDED, [asdict(row) for row in rows])


def read_landed(path: Path) -> list[Landed] | None:
    """Return what was read back, or None when the sink was never read (or the file is not readable)."""
    rows = _read(path, LANDED, needed=("key", "kind", "count"))
    return None if rows is None else [Landed(**row) for row in rows]


def write_jobs(path: Path, rows: Iterable[Job]) -> None:
    """Write ``jobs.parquet``, whole or not at all."""
    _write(path, JOBS, [asdict(row) for row in rows])


def read_jobs(path: Path) -> list[Job] | None:
    """Return the job rows, or None when the table was never read (or the file is not readable)."""
    rows = _read(path, JOBS, needed=("when", "job_id"))
    return None if rows is None else [Job(**row) for row in rows]


def _write(path: Path, schema: pa.Schema, rows: list[dict[str, Any]]) -> None:
    from pyarrow import parquet

    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    parquet.write_table(pa.Table.from_pylist(rows, schema=schema), part, compression="zstd")
    part.replace(path)


def _read(path: Path, schema: pa.Schema, *, needed: tuple[str, ...]) -> list[dict[str, Any]] | None:
    from pyarrow import parquet

    if not path.is_file():
        return None
    try:
        table = parquet.read_table(path)
        names = [name for name in schema.names if name in table.column_names]
        table = table.select(names).cast(pa.schema([schema.field(name) for name in names]))
    except UNREADABLE:
        return None
    if any(name not in names or table[name].null_count for name in needed):
        return None
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows
