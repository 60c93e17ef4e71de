"""What a game day starts ends with it, and is known by a handle that no other process can have."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from experiments.children import Handle, end_leftover, start

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)",
]
PARENT = """
import os, sys, time
from pathlib import Path
from experiments.children import start
child = start("c", [sys.executable, "-c", "import time; time.sleep(60)"], env=os.environ, log=Path(sys.argv[1]))
print(child.handle.pid, child.handle.started_ticks, flush=True)
time.sleep(60)
"""


def _until(condition: object, within_s: float = 60) -> bool:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if condition():  # type: ignore[operator]
            return True
        time.sleep(0.02)
    return False


def test_a_child_that_is_asked_ends_by_itself(tmp_path: Path) -> None:
    """SIGTERM is enough; it has a process group of its own and its whole environment from us."""
    child = start("sleeper", SLEEP, env=os.environ, log=tmp_path / "log")
    assert os.getpgid(child.handle.pid) == child.handle.pid
    assert child.handle.alive()
    assert child.end(within_s=60)
    assert not child.handle.alive()
    assert child.exit_code == -signal.SIGTERM


def test_a_child_that_does_not_end_is_killed(tmp_path: Path) -> None:
    """Together with its group."""
    child = start("stubborn", STUBBORN, env=os.environ, log=tmp_path / "log")
    assert _until(lambda: child.last_line() == "up")
    assert not child.end(within_s=0.2)
    assert not child.handle.alive()


@pytest.mark.skipif(sys.platform != "linux", reason="the tether is Linux's")
def test_a_child_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    """SIGKILL of the game day leaves nothing behind that could go on hurting."""
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path / "log")], stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
    )
    assert parent.stdout is not None
    pid, ticks = (int(word) for word in parent.stdout.readline().split())
    child = Handle("c", pid, ticks)
    assert child.alive()
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert _until(lambda: not child.alive())


def test_a_leftover_that_stays_is_killed_by_its_handle(tmp_path: Path) -> None:
    """And one that has ended is left alone."""
    child = start("stubborn", STUBBORN, env=os.environ, log=tmp_path / "log")
    assert _until(lambda: child.last_line() == "up")
    assert end_leftover(child.handle, within_s=1) == "killed"
    assert end_leftover(child.handle, within_s=0) == "ended by itself"


def test_another_process_with_the_same_pid_is_not_ours() -> None:
    """The start time tells them apart."""
    assert not Handle("x", os.getpid(), 1).alive()
