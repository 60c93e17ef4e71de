"""What the faulty server and its proxy wrote down of a run, and where: one JSON file. Times are epoch microseconds."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from loadtests.accuracy.faults import Ending, Kind, Script


@dataclass(frozen=True, slots=True)
class Request:
    """One request on the wire: at the proxy, and at the server if it got there.

    ``begun_us`` first byte at the proxy; ``written_us`` last byte of the answer handed to the client's kernel buffer;
    ``received_us``, ``due_us`` (by the script), ``done_us`` at the server.
    """

    begun_us: float
    written_us: float | None
    received_us: float | None = None
    ending: Ending | None = None
    stale: bool = False
    due_us: float | None = None
    done_us: float | None = None

    @property
    def added_us(self) -> float | None:
        """How much later than the script says its answer was written, all of our own machinery included."""
        if self.written_us is None or self.due_us is None or self.received_us is None:
            return None
        return (self.written_us - self.begun_us) - (self.due_us - self.received_us)


@dataclass(frozen=True, slots=True)
class WireLog:
    """One run. ``refused_us``: when the proxy stopped listening and when it listened again, as it happened.

    ``clock_moved_us``: how far the wall clock and the steady one went apart meanwhile. ``name_left_us``: when the last
    answer that named the first address could not be used any more.
    """

    kind: Kind
    started_us: float | None
    from_us: float
    to_us: float
    requests: tuple[Request, ...]
    refused_us: tuple[float, ...]
    name_left_us: float | None
    garbled: int
    connections: int
    clock_moved_us: float

    @property
    def script(self) -> Script:
        """The script as it happened, ns after the first request."""
        assert self.started_us is not None
        edges_us = self.refused_us if len(self.refused_us) == 2 else (self.from_us, self.to_us)
        from_ns, to_ns = (round((edge_us - self.started_us) * 1000) for edge_us in edges_us)
        return Script(self.kind, from_ns, to_ns)

    def write(self, file: Path) -> None:
        """Write it, whole or not at all."""
        part = file.with_suffix(".part")
        part.write_text(json.dumps(asdict(self)))
        part.replace(file)


def read(file: Path) -> WireLog:
    """Read what ``write`` wrote. Raises OSError or ValueError."""
    found: dict[str, Any] = json.loads(file.read_text())
    requests = tuple(Request(**one) for one in found.pop("requests"))
    return WireLog(requests=requests, refused_us=tuple(found.pop("refused_us")), **found)
