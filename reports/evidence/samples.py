"""Every request as a row, in an Arrow IPC stream that survives a SIGKILL of its writer.

Rows are kept for at most a quarter of a second, then written as one message by one ``os.write``. On read the whole
messages count and a torn tail is dropped and counted. At the end of a run the stream becomes Parquet.
"""

import os
import time
from pathlib import Path
from typing import Any

import pyarrow as pa

from reports.evidence.schema import SAMPLES

FLUSH_S = 0.25
FLUSH_ROWS = 1000
UNREADABLE = (pa.ArrowException, OSError, ValueError)  # what Arrow raises for a file that is not whole, or not ours
_END_OF_STREAM = b"\xff\xff\xff\xff\x00\x00\x00\x00"


class SampleWriter:
    """Writes the samples of one worker. Call ``flush`` every quarter of a second also when no request comes in."""

    def __init__(self, directory: Path, worker: str) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.worker = worker
        self.path = _free_name(directory, worker)
        self._fd = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        _write_all(self._fd, SAMPLES.serialize())
        self._columns: dict[str, list[Any]] = {name: [] for name in SAMPLES.names}
        self._rows = 0
        self._flushed_at = time.monotonic()

    def add(self, **columns: Any) -> None:
        """Add one request; columns as in ``schema.SAMPLES``, those left out are null; any other is an error."""
        unknown = columns.keys() - self._columns.keys()
        if unknown:
            raise TypeError(f"sample columns {sorted(unknown)}: expected some of {SAMPLES.names}")
        columns.setdefault("worker", self.worker)
        for name, values in self._columns.items():
            values.append(columns.get(name))
        self._rows += 1
        if self._rows >= FLUSH_ROWS or time.monotonic() - self._flushed_at >= FLUSH_S:
            self.flush()

    def flush(self) -> None:
        """Hand what was added to the kernel, as one message; nothing when there is nothing."""
        self._flushed_at = time.monotonic()
        if not self._rows:
            return
        columns, self._columns = self._columns, {name: [] for name in SAMPLES.names}
        self._rows = 0
        arrays = [pa.array(columns[field.name], type=field.type) for field in SAMPLES]
        self.write(pa.record_batch(arrays, schema=SAMPLES))

    def write(self, batch: pa.RecordBatch) -> None:
        """Hand a batch of ``schema.SAMPLES`` to the kernel, as one message."""
        _write_all(self._fd, batch.serialize())

    def close(self) -> None:
        """Flush, end the stream and close; safe to call twice."""
        if self._fd < 0:
            return
        self.flush()
        _write_all(self._fd, _END_OF_STREAM)
        os.close(self._fd)
        self._fd = -1


def read_stream(path: Path) -> tuple[pa.Table, int]:
    """Return the whole messages of a stream as a table, and 1 when a torn tail was dropped, else 0."""
    data = path.read_bytes()
    try:
        reader = pa.ipc.open_stream(data)
    except UNREADABLE:
        return SAMPLES.empty_table(), 1 if data else 0
    batches: list[pa.RecordBatch] = []
    while True:
        try:
            batches.append(reader.read_next_batch())
        except StopIteration:
            return pa.Table.from_batches(batches, schema=reader.schema), 0
        except UNREADABLE:
            return pa.Table.from_batches(batches, schema=reader.schema), 1


def read_samples(directory: Path) -> tuple[pa.Table, dict[str, int]]:
    """Return all workers' samples as one table of ``schema.SAMPLES`` by ``sched_us``, and the torn tails by file name.

    Where a worker has both a stream and a Parquet file, the compaction was cut short or has just ended: Parquet wins.
    A file that cannot be read has no rows, and is torn.
    """
    from pyarrow import parquet

    torn: dict[str, int] = {}
    tables: list[pa.Table] = []
    done = {path.stem for path in directory.glob("*.parquet")}
    for path in sorted(directory.glob("*.parquet")):
        try:
            tables.append(_conform(parquet.read_table(path)))
        except UNREADABLE:
            torn[path.name] = 1
    for path in sorted(directory.glob("*.arrows")):
        if path.stem not in done:
            table, cut = _conformed_stream(path)
            tables.append(table)
            if cut:
                torn[path.name] = cut
    table = pa.concat_tables(tables) if tables else SAMPLES.empty_table()
    return table.sort_by("sched_us"), torn


def compact(directory: Path) -> dict[str, int]:
    """Turn every whole stream into Parquet and remove it; return the torn ones, which stay, by file name.

    Parquet cannot say that there was more; whoever reads later must see it, too.
    """
    from pyarrow import parquet

    torn: dict[str, int] = {}
    for path in sorted(directory.glob("*.arrows")):
        final = path.with_suffix(".parquet")
        if not final.exists():
            table, cut = _conformed_stream(path)
            if cut:
                torn[path.name] = cut
                continue
            part = path.with_suffix(".part")
            parquet.write_table(table, part, compression="zstd")
            part.replace(final)
        path.unlink()
    return torn


def _conformed_stream(path: Path) -> tuple[pa.Table, int]:
    table, cut = read_stream(path)
    try:
        return _conform(table), cut
    except UNREADABLE:
        return SAMPLES.empty_table(), 1


def _conform(table: pa.Table) -> pa.Table:
    """Give a table of an older or newer schema exactly our columns; what it does not have is null."""
    columns = [
        table.column(f.name).cast(f.type) if f.name in table.column_names else pa.nulls(table.num_rows, f.type)
        for f in SAMPLES
    ]
    return pa.table(columns, schema=SAMPLES)


def _free_name(directory: Path, worker: str) -> Path:
    """A stream cannot be continued, so a second writer of the same name gets a file of its own."""
    for n in range(1, 1000):
        path = directory / (f"{worker}.arrows" if n == 1 else f"{worker}-{n}.arrows")
        if not path.exists():
            return path
    raise FileExistsError(f"{directory}/{worker}: expected a free name, found 999 files")


def _write_all(fd: int, data: Any) -> None:
    view = memoryview(data)
    while len(view):
        view = view[os.write(fd, view) :]
