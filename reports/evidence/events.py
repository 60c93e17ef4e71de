"""The one timeline: ``events/<writer>.ndjson``, hash-chained per writer, merged by time on read."""

import hashlib
from functools import partial
from pathlib import Path
from typing import Any

from reports.evidence.clock import now_us
from reports.evidence.ndjson import NdjsonWriter, convert, mapping, read_lines, text, whole_number
from reports.evidence.schema import Event


class EventWriter:
    """Appends events of one writer. Opening it again goes on with sequence and chain where they stopped."""

    def __init__(self, path: Path) -> None:
        lines, _ = read_lines(path)
        self._seq = int(lines[-1][1].get("seq", len(lines) - 1)) + 1 if lines else 0
        self._prev = _sha256(lines[-1][0]) if lines else None
        self._out = NdjsonWriter(path)

    def record(
        self,
        kind: str,
        *,
        subject: str | None = None,
        data: dict[str, Any] | None = None,
        experiment: str | None = None,
        clock: str = "suite",
        at_us: int | None = None,
        err_us: int = 0,
    ) -> int:
        """Append one event and return its time in microseconds. It survives a SIGKILL right after."""
        at_us = now_us() if at_us is None else at_us
        line = self._out.write(
            {
                "seq": self._seq,
                "at_us": at_us,
                "err_us": err_us,
                "clock": clock,
                "kind": kind,
                "experiment": experiment,
                "subject": subject,
                "data": data or {},
                "prev": self._prev,
            }
        )
        self._seq += 1
        self._prev = _sha256(line)
        return at_us

    def close(self) -> None:
        """Close the file; safe to call twice."""
        self._out.close()


def read_events(path: Path) -> tuple[list[Event], int, list[str]]:
    """Return one writer's events, the number of torn lines, and what is wrong with its hash chain (one line each)."""
    lines, torn = read_lines(path)
    broken: list[str] = []
    before: str | None = None
    for line, record in lines:
        if record.get("prev") != before:
            broken.append(f"{path.name}: seq {record.get('seq')}: the line before it was changed, added or removed")
        before = _sha256(line)
    events, odd = convert((record for _, record in lines), partial(_event, writer=path.stem))
    return events, torn + odd, broken


def merge(events: list[Event]) -> list[Event]:
    """Order events of several writers by time; one writer's own order is kept among equals."""
    return sorted(events, key=lambda event: (event.at_us, event.writer, event.seq))


def _event(record: dict[str, Any], writer: str) -> Event:
    return Event(
        seq=whole_number(record, "seq", 0),
        at_us=whole_number(record, "at_us"),
        kind=str(record.get("kind", "")),
        writer=writer,
        err_us=whole_number(record, "err_us", 0),
        clock=str(record.get("clock", "suite")),
        experiment=text(record, "experiment"),
        subject=text(record, "subject"),
        data=mapping(record, "data"),
        prev=text(record, "prev"),
    )


def _sha256(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()
