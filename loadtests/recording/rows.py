"""Rows of requests, packed one after the other into a buffer, and read from it as Arrow columns. Pure, no I/O.

A row costs half a microsecond, a dict of columns ten. What many rows have in common is one number in them.
"""

import struct
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from reports.evidence.schema import SAMPLES

NONE = -1  # null, where a number may be 0

ROW = np.dtype(
    [
        ("sched_us", "<i8"), ("start_us", "<i8"), ("first_byte_us", "<i8"), ("end_us", "<i8"), ("bytes", "<i8"),
        ("trace", ">u8", 2), ("dns_us", "<i4"), ("connect_us", "<i4"), ("tls_us", "<i4"), ("labels", "<i4"),
    ]
)  # fmt: skip
# The same for struct, in the same order; a trace is 16 bytes as they are read.
PACKED = struct.Struct("<qqqqq16siiii")
assert PACKED.size == ROW.itemsize

Rows = npt.NDArray[np.void]
Bytes = npt.NDArray[np.uint8]

HEX = np.frombuffer(bytes(range(256)).hex().encode(), dtype=np.uint16)  # by byte, its two digits
TRACE_LENGTH = 35  # 1-<8 hex digits>-<24 hex digits>


class Labels(NamedTuple):
    """What many requests have in common."""

    endpoint: str
    journey: str
    outcome: str
    error: str | None = None
    peer: str | None = None
    server: str | None = None
    address: str | None = None
    status: int | None = None
    wire_attempts: int | None = None


# A tuple with the fields of Labels, in their order: to make it one would cost a request as much as all the rest of it.
Bare = tuple[str, str, str, str | None, str | None, str | None, str | None, int | None, int | None]


class Vocabulary(dict[Bare, int]):
    """The labels of one worker's rows as numbers, in the order in which they were first asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.known: list[Labels] = []
        self._columns: dict[str, pa.Array] = {}

    def __missing__(self, bare: Bare) -> int:
        self._columns = {}
        self.known.append(Labels(*bare))
        number = self[bare] = len(self.known) - 1
        return number

    def clear(self) -> None:
        """Forget all labels; numbers of rows that were packed before mean nothing after it."""
        super().clear()
        self.known.clear()
        self._columns = {}

    def columns(self) -> dict[str, pa.Array]:
        """Return by its name each field of all labels that are known."""
        if not self._columns:
            known = zip(*self.known, strict=True)
            each = zip(Labels._fields, known, strict=True)
            self._columns = {name: pa.array(values, type=SAMPLES.field(name).type) for name, values in each}
        return self._columns


def table(rows: Rows, words: Vocabulary, worker: str) -> pa.RecordBatch:
    """Return packed rows as a batch of ``SAMPLES``."""
    labels = pa.array(rows["labels"])
    columns = {
        **{name: _numbers(rows[name]) for name in ("start_us", "first_byte_us", "end_us")},
        **{name: _numbers(rows[name]).cast(pa.int64()) for name in ("bytes", "dns_us", "connect_us", "tls_us")},
        **{name: values.take(labels) for name, values in words.columns().items()},
        "sched_us": _numbers(rows["sched_us"]),
        "trace_id": _traces(rows["trace"]),
        "worker": pa.repeat(worker, len(rows)),
    }
    arrays = [columns[each.name] if each.name in columns else pa.nulls(len(rows), each.type) for each in SAMPLES]
    return pa.record_batch(arrays, schema=SAMPLES)


def _numbers(values: npt.NDArray[np.integer]) -> pa.Array:
    return pa.array(np.ascontiguousarray(values), mask=values == NONE)


def _traces(traces: npt.NDArray[np.integer]) -> pa.Array:
    """Return 128 bits as the load balancer writes them; null where all are 0."""
    raw = np.ascontiguousarray(traces).view(np.uint8).reshape(-1, 16)
    text: Bytes = np.full((len(raw), TRACE_LENGTH), ord("-"), dtype=np.uint8)
    digits = HEX.take(raw).view(np.uint8)
    text[:, 0] = ord("1")
    text[:, 2:10] = digits[:, :8]
    text[:, 11:] = digits[:, 8:]
    offsets = np.arange(0, (len(raw) + 1) * TRACE_LENGTH, TRACE_LENGTH, dtype=np.int32)
    is_there = np.packbits(raw.any(axis=1), bitorder="little")
    return pa.StringArray.from_buffers(
        len(raw), pa.py_buffer(offsets), pa.py_buffer(text), pa.py_buffer(is_there), null_count=-1
    )
