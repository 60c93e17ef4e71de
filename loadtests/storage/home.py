"""The one place where the parts of a run come together: its main process's, and those of workers on other machines.

Everybody writes to a directory of his own and brings it home at the end: a place that is slow, or goes away, costs no
sample and delays no request.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from loadtests.storage.sink import Sink, StorageError, sink_of
from reports.evidence import RunDirectory
from reports.evidence.seal import SEAL

RUN, SIGNALS = "run.json", "signals.ndjson"
LOOK_S = 0.5


@dataclass(frozen=True)
class Home:
    """A run directory at a URL."""

    sink: Sink

    @classmethod
    def at(cls, url: str) -> "Home":
        """Raises StorageError for a URL that nobody can reach; nothing is asked yet."""
        return cls(sink_of(url))

    def require_new(self) -> None:
        """Raise StorageError when there is a run already, or nobody answers."""
        if self.sink.has(RUN):
            raise StorageError(f"{self.sink.url}: expected a new directory, found a run in it: choose another")

    def announce(self, run: RunDirectory) -> None:
        """Put the run's facts there before anything starts: it can be written to, and workers wait for them."""
        self.require_new()
        self.sink.put(run.path / RUN, RUN)

    def join(self, ours: Path, *, within_s: float, wait: Callable[[float], object] = time.sleep) -> None:
        """Wait for the facts of the run, and make a directory of our own on this machine that has them.

        Raises StorageError when they do not come in time.
        """
        deadline = time.monotonic() + within_s
        while not self.sink.has(RUN):
            if time.monotonic() >= deadline:
                raise StorageError(f"{self.sink.url}: expected {RUN} of the main process in {within_s:g} s, found none")
            wait(LOOK_S)
        ours.mkdir(parents=True)
        (ours / RUN).write_bytes(self.sink.read(RUN))

    def bring(self, run: Path, *, writer: str | None = None) -> int:
        """Copy every file there, the seal last; return how many. A worker says with ``writer`` whose signals it has.

        Raises StorageError in the middle of it: what is here stays here.
        """
        named = {path: path.relative_to(run).as_posix() for path in sorted(run.rglob("*")) if path.is_file()}
        theirs = (RUN,) if writer is not None else ()
        chosen = [path for path, name in named.items() if not path.name.startswith(".") and name not in theirs]
        for path in sorted(chosen, key=lambda path: path.name == SEAL):
            self.sink.put(path, _name(named[path], writer))
        return len(chosen)

    def fetch(self, directory: Path) -> Path:
        """Copy the whole run directory here. Raises StorageError when there is none."""
        if not self.sink.has(RUN):
            raise StorageError(f"{self.sink.url}: expected a run directory, found no {RUN} in it")
        for name in self.sink.names():
            if ".." in Path(name).parts:
                raise StorageError(f"{self.sink.url}: expected files of a run, found {name!r}")
            self.sink.get(name, directory / name)
        return directory


def _name(name: str, writer: str | None) -> str:
    """All workers write signals: each brings a file of its own."""
    return name if writer is None or name != SIGNALS else f"signals/{writer}.ndjson"
