"""Who sends a gate's load: one process here, several here, or workers on other machines under a main process here."""

import errno
import random
import socket
import time
from contextlib import suppress
from dataclasses import dataclass

from reports.evidence import RunDirectory

PORT = 5557  # Locust's own
PORTS = range(20_000, 32_000)
TRIES = 100
COMING_S = 300.0  # within so long all workers have to be there
LAST_LINES_S = 15.0  # from the end of the main process to the end of its workers elsewhere
LOOK_S = 0.1


@dataclass(frozen=True)
class Sharing:
    """``here`` processes on this machine; or none, and workers ``elsewhere`` that come to ``port``."""

    here: int = 1
    elsewhere: int = 0
    port: int = PORT

    @property
    def count(self) -> int:
        """How many send."""
        return self.elsewhere or self.here

    def options(self) -> list[str]:
        """Return how Locust divides the load over processes: a main one that sends nothing, and its workers."""
        if self.elsewhere:
            wait = ["--expect-workers", str(self.elsewhere), "--expect-workers-max-wait", f"{COMING_S:.0f}"]
            return ["--master", *wait, "--enable-rebalancing", "--master-bind-port", str(self.port)]
        if self.here == 1:
            return []
        port = str(free_port())
        where = ["--master-bind-host", "127.0.0.1", "--master-bind-port", port, "--master-port", port]
        return ["--processes", str(self.here), "--enable-rebalancing", *where]


def wait_for_last_lines(run: RunDirectory, sharing: Sharing) -> None:
    """Wait until workers elsewhere have said their end: the main process, which has ended, does not wait for them.

    One that does not is a worker that was killed, for the judge.
    """
    deadline = time.monotonic() + LAST_LINES_S
    while sharing.elsewhere and _unfinished(run) and time.monotonic() < deadline:
        time.sleep(LOOK_S)


def _unfinished(run: RunDirectory) -> set[str]:
    events = run.read_events()
    ended = {one.subject for one in events if one.kind == "load.worker.stopped"}
    return {str(one.subject) for one in events if one.kind == "load.worker.started" and one.subject not in ended}


def free_port() -> int:
    """Return a port that nobody listens on, below those that the kernel gives to whoever connects somewhere.

    One of theirs may be taken between now and its use. Raises OSError when there is none.
    """
    for port in random.sample(PORTS, TRIES):
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise OSError(errno.EADDRINUSE, f"expected a free port in {PORTS[0]} to {PORTS[-1]}, found none in {TRIES}")
