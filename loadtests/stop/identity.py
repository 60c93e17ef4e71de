"""One process for good, as a run directory names it: a pid alone may be another process's by tomorrow.

What tells them apart is when it was born; what tells this machine's pids from another's is the boot, and the pid
namespace for containers that share one kernel.
"""

import os
import platform
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import psutil

Whereabouts = Literal["here", "gone", "elsewhere"]


@dataclass(frozen=True, slots=True)
class Identity:
    """A process. ``born`` is in clock ticks since the boot on Linux (proc(5), starttime), else ms since the epoch."""

    pid: int
    born: int
    host: str
    boot: str
    pid_space: str

    def data(self) -> dict[str, Any]:
        """As it goes into the evidence."""
        return asdict(self)

    def whereabouts(self) -> Whereabouts:
        """Whether that very process lives here; ``elsewhere`` when it cannot be told from this machine."""
        if self.host != platform.node():
            return "elsewhere"
        if self.boot != _boot():
            return "gone"
        if self.pid_space != _pid_space():
            return "elsewhere"
        return "here" if born(self.pid) == self.born else "gone"


def this_process() -> Identity:
    """Return the identity of the process that asks."""
    pid = os.getpid()
    return Identity(pid, born(pid) or 0, platform.node(), _boot(), _pid_space())


def identity_of(data: Mapping[str, Any]) -> Identity | None:
    """Read an identity out of an event's data; None when there is none in it."""
    pid, when = data.get("pid"), data.get("born")
    if not isinstance(pid, int) or not isinstance(when, int):
        return None
    return Identity(pid, when, *(str(data.get(name)) for name in ("host", "boot", "pid_space")))


def born(pid: int) -> int | None:
    """When that process was born, see ``Identity``; None when there is none, or only its exit code is left of it."""
    try:
        if sys.platform != "linux":
            process = psutil.Process(pid)
            return None if process.status() == psutil.STATUS_ZOMBIE else round(process.create_time() * 1000)
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (OSError, psutil.Error):
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def _pid_space() -> str:
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""
