"""One game day at a time: two faults at once would prove nothing.

The kernel releases the lock with the process that holds it, however that ends. A file that is left behind locks nobody.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from fixtures.target import state_dir


class BusyError(Exception):
    """Another game day is running."""

    exit_code = 64


@contextmanager
def only_one(target: str, region: str) -> Iterator[None]:
    """Hold the target of that name for this process. Raises BusyError at once when another process holds it."""
    path = state_dir(region).parent / f"gameday-{target}-{region}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path)
    try:
        lock.acquire(blocking=False)
    except Timeout as error:
        raise BusyError(
            f"target {target!r}, region {region!r}: expected no other game day, found one running: wait until it ends"
        ) from error
    try:
        yield
    finally:
        path.unlink(
            missing_ok=True
        )  # while it is held: whoever waits for it sees that it lost its name, and starts over
        lock.release()
