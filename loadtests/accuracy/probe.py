"""The jitter probe: how late this machine wakes somebody up, whoever else is busy. A process of its own on each core.

It sleeps to every second millisecond, ahead of everything else where it is allowed to, and writes down what was late.
So a virtual machine that was stopped from outside is seen, which the kernel's own counters often do not show.
``python -m loadtests.accuracy.probe CORE LOG`` says when it begins and runs until its standard input ends.
"""

import gc
import json
import os
import select
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

STEP_NS = 2_000_000
LATE_NS = 500_000  # what is less is the price of waking up, and not written down
LOOK_EVERY = 50  # steps, for the end of standard input


@dataclass(frozen=True, slots=True)
class Late:
    """One wake-up that was late, epoch microseconds."""

    at_us: float
    late_us: float


@dataclass(frozen=True, slots=True)
class Probed:
    """What one core's probe saw. ``first``: whether it was allowed to go ahead of everything else."""

    core: int
    first: bool
    from_us: float
    to_us: float
    late: tuple[Late, ...]


def pin(core: int) -> None:
    """Stay on one core, where there is more than one."""
    with suppress(OSError, AttributeError):
        os.sched_setaffinity(0, {core})


def go_first() -> bool:
    """Ask to run ahead of every ordinary process; return whether that was allowed."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    except OSError:
        return False
    return True


def watch(core: int) -> Probed:
    """Look until standard input ends."""
    first = go_first()
    late: list[Late] = []
    begun_us = time.time_ns() / 1000
    due_ns = time.monotonic_ns()
    for step in range(1 << 40):
        due_ns += STEP_NS
        time.sleep(max(0, due_ns - time.monotonic_ns()) / 1e9)
        late_ns = time.monotonic_ns() - due_ns
        if late_ns > LATE_NS:
            late.append(Late(time.time_ns() / 1000, late_ns / 1000))
            due_ns += late_ns // STEP_NS * STEP_NS
        if step % LOOK_EVERY == 0 and select.select([0], [], [], 0)[0]:
            break
    return Probed(core, first, begun_us, time.time_ns() / 1000, tuple(late))


def read(file: Path) -> Probed:
    """Read what a probe wrote. Raises OSError or ValueError."""
    found = json.loads(file.read_text())
    return Probed(**found | {"late": tuple(Late(**one) for one in found["late"])})


def main(core: str, log: str) -> None:
    """Probe one core."""
    pin(int(core))
    gc.disable()
    sys.stdout.write("watching\n")
    sys.stdout.flush()
    Path(log).write_text(json.dumps(asdict(watch(int(core)))))


if __name__ == "__main__":
    main(*sys.argv[1:])
