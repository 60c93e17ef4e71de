"""Processes that the game day starts: the load generator and Chaos Toolkit.

Each has a process group of its own, so that Ctrl-C in the terminal reaches the game day alone, which then decides in
which order things end. Each is tethered to the game day (``tether.py``). The handle that goes into the evidence, pid
and start time, is enough for another process to find out whether that very process still lives, and to end it.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

TETHER = Path(__file__).with_name("tether.py")


@dataclass(frozen=True)
class Handle:
    """One process for good: the start time tells it from a later one with its pid."""

    name: str
    pid: int
    started_ticks: int  # field 22 of /proc/PID/stat: clock ticks since the host booted

    def data(self) -> dict[str, Any]:
        """As it goes into the evidence."""
        return asdict(self)

    def alive(self) -> bool:
        return _started_ticks(self.pid) == self.started_ticks


class Child:
    """A running child process with its log file."""

    def __init__(self, name: str, process: subprocess.Popen[bytes], log: Path) -> None:
        self.name = name
        self.log = log
        self.handle = Handle(name, process.pid, _started_ticks(process.pid) or 0)
        self._process = process

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative: ended by that signal."""
        return self._process.poll()

    def wait(self, *, within_s: float) -> int | None:
        """Wait for its end; its exit code, None when the time passed first."""
        try:
            return self._process.wait(timeout=within_s)
        except subprocess.TimeoutExpired:
            return None

    def ask_to_end(self) -> None:
        """Send SIGTERM, to it alone: what it started itself, it ends itself."""
        if self.exit_code is None:
            self._process.send_signal(signal.SIGTERM)

    def end(self, *, within_s: float) -> bool:
        """Ask it to end, wait, then kill its group. Returns whether it ended by itself."""
        self.ask_to_end()
        if self.wait(within_s=within_s) is not None:
            return True
        _kill_group(self.handle.pid)
        self.wait(within_s=within_s)
        return False

    def last_line(self) -> str:
        """The last line it wrote, for an error message; empty when it said nothing."""
        lines = self.log.read_text(errors="replace").strip().splitlines() if self.log.is_file() else []
        return lines[-1].strip() if lines else ""


def start(name: str, command: Sequence[str], *, env: Mapping[str, str], log: Path, cwd: Path | None = None) -> Child:
    """Start ``command`` tethered to this process, output to ``log``. ``env`` is its whole environment.

    Must be called in the main thread: the kernel ties the tether to the thread that forked.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    tethered = [sys.executable, "-I", "-S", str(TETHER), str(os.getpid()), *command]
    with log.open("ab") as out:
        process = subprocess.Popen(
            tethered, env=dict(env), stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=cwd, process_group=0
        )
    return Child(name, process, log)


def end_leftover(handle: Handle, *, within_s: float) -> str:
    """Wait for a process of a dead game day to end by itself, else end it. Returns what happened, in a few words."""
    deadline = time.monotonic() + within_s
    while handle.alive() and time.monotonic() < deadline:
        time.sleep(0.1)
    if not handle.alive():
        return "ended by itself"
    _kill_group(handle.pid)
    deadline = time.monotonic() + within_s
    while handle.alive() and time.monotonic() < deadline:
        time.sleep(0.1)
    return "still alive" if handle.alive() else "killed"


def _kill_group(pgid: int) -> None:
    try:
        os.killpg(pgid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _started_ticks(pid: int) -> int | None:
    """Start time of a live process (a zombie is not), None when there is none. Linux; else the pid decides."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None if sys.platform == "linux" else _pid_exists(pid)
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else int(fields[19])


def _pid_exists(pid: int) -> int | None:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    return 0
