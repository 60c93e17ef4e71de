"""Lines of JSON that survive a SIGKILL of their writer: one ``os.write`` a line, nothing held back.

A line that was cut short by the writer's death is *torn*: it is dropped and counted on read, and never costs the lines
around it. So is a whole line whose values are not what its schema says.
"""

import errno
import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Self


class NdjsonWriter:
    """Appends records to one file. Several processes may append to the same file: each line is a single write."""

    def __init__(self, path: Path, extra: dict[str, Any] | None = None) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._extra = extra or {}
        self._fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        self._cut = False  # our last line is there in part only
        _end_torn_line(self._fd)

    def write(self, record: dict[str, Any]) -> bytes:
        """Append one record and return its line without the newline. It is in the kernel's hands when this returns.

        Raises OSError when it is not there, or not whole: a disk that is nearly full takes a part and says nothing.
        """
        line = json.dumps({**self._extra, **record}, separators=(",", ":"), default=str).encode()
        whole = (b"\n" if self._cut else b"") + line + b"\n"
        written = os.write(self._fd, whole)
        self._cut = written != len(whole)
        if self._cut:
            raise OSError(errno.ENOSPC, f"{written} of {len(whole)} bytes written", str(self.path))
        return line

    def close(self) -> None:
        """Close the file; safe to call twice."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def read_ndjson(path: Path) -> tuple[list[dict[str, Any]], int]:
    """Return the whole records of a file and how many torn ones were dropped. A missing file has none of either."""
    pairs, torn = read_lines(path)
    return [record for _, record in pairs], torn


def read_lines(path: Path) -> tuple[list[tuple[bytes, dict[str, Any]]], int]:
    """Like read_ndjson, with each record's own bytes beside it (a hash chain is over the bytes)."""
    if not path.is_file():
        return [], 0
    whole: list[tuple[bytes, dict[str, Any]]] = []
    torn = 0
    for line in path.read_bytes().split(b"\n"):
        if not line:
            continue
        try:
            record = json.loads(line)
        except ValueError:
            torn += 1
            continue
        if isinstance(record, dict):
            whole.append((line, record))
        else:
            torn += 1
    return whole, torn


def convert[T](records: Iterable[dict[str, Any]], make: Callable[[dict[str, Any]], T]) -> tuple[list[T], int]:
    """Return the records as what ``make`` makes of them, and how many it could make nothing of."""
    made: list[T] = []
    torn = 0
    for record in records:
        try:
            made.append(make(record))
        except (ArithmeticError, LookupError, TypeError, ValueError):
            torn += 1
    return made, torn


def whole_number(record: dict[str, Any], name: str, default: int | None = None) -> int:
    """Return an integer of a record, ``default`` when it has no such key. Raises ValueError for anything else."""
    return int(number(record, name, default))


def number(record: dict[str, Any], name: str, default: float | None = None) -> float:
    """Return a number of a record; as ``whole_number``."""
    value = record.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{name}: expected a number, found {value!r}")
    return value


def mapping(record: dict[str, Any], name: str) -> dict[str, Any]:
    """Return an object of a record, an empty one for none. Raises ValueError for anything else."""
    value = record.get(name) or {}
    if not isinstance(value, dict):
        raise ValueError(f"{name}: expected an object, found {value!r}")
    return value


def text(record: dict[str, Any], name: str) -> str | None:
    """Return a text of a record, None for none. Raises ValueError for anything else."""
    value = record.get(name)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{name}: expected a text, found {value!r}")
    return value


def _end_torn_line(fd: int) -> None:
    """A writer that died in mid-line left no newline: end that line, so that ours starts on its own."""
    size = os.fstat(fd).st_size
    if size and os.pread(fd, 1, size - 1) != b"\n":
        os.write(fd, b"\n")
