"""Where a run goes: a directory on this machine, or a URL to which it is brought from one."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from loadtests.storage.sink import StorageError, is_url

ROOT = Path(__file__).parents[2]
PATIENCE_S = 3600.0  # of a whole run's way to a slow place


@dataclass(frozen=True)
class Place:
    """What ``--out``, SUITE_OUT or SUITE_RUN says: at most one of the two is there."""

    path: Path | None = None
    url: str | None = None

    @classmethod
    def of(cls, said: str | None) -> "Place":
        if not said:
            return cls()
        return cls(url=said) if is_url(said) else cls(path=Path(said))

    def require_new(self) -> None:
        """Raise StorageError when there is a run at the URL already, or nobody answers there."""
        if self.url is not None:
            apart("check", self.url)

    def announce(self, run: Path) -> None:
        """Before anything starts. Raises StorageError when the place is taken, or cannot be written to."""
        if self.url is not None:
            apart("announce", self.url, str(run))

    def join(self, directory: Path, *, within_s: float) -> None:
        """A worker's directory, with the facts of the run. Raises StorageError when they do not come in time."""
        assert self.url is not None
        apart("join", self.url, str(directory), "--within", f"{within_s:g}")

    def bring(self, run: Path, *, writer: str | None = None) -> str | None:
        """At the end: bring what there is. Returns the line that says why not, None when all of it is there."""
        if self.url is None:
            return None
        try:
            apart("bring", self.url, str(run), *(["--writer", writer] if writer else []))
        except StorageError as error:
            return f"{error}; nothing is lost, the run directory stays at {run}"
        return None


def apart(what: str, url: str, *arguments: str) -> None:
    """Do it in a process of its own, whose sockets nobody has patched. Raises StorageError with its line."""
    command = [sys.executable, "-m", "loadtests.storage", what, url, *arguments]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=PATIENCE_S)
    except subprocess.TimeoutExpired as error:
        raise StorageError(f"{url}: not done within {PATIENCE_S:g} s") from error
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise StorageError(lines[-1])
