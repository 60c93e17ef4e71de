"""The scripts really stop and resume a process group, and touch nothing else. Run by every shell that is here."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from experiments.actions import freezing

SHELLS = [shell for shell in ("dash", "bash", "sh") if shutil.which(shell)]
PID_FILE = "run/oms.pid"


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def application(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process group of two, with its pid file, in a working directory of its own."""
    process = subprocess.Popen(["sh", "-c", "sleep 60 & wait"], cwd=tmp_path, start_new_session=True)
    (tmp_path / "run").mkdir()
    (tmp_path / PID_FILE).write_text(f"{process.pid}\n")
    yield process
    end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill the whole group, if it is still there."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(60)


def run(shell: str, script: str, directory: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([shell, "-c", script], cwd=directory, capture_output=True, text=True, check=False, timeout=60)


def state(process: subprocess.Popen[bytes]) -> str:
    """``T``: stopped; ``S``: it goes on, asleep or, for the moment in which it wakes, running."""
    found = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0]
    return "S" if found == "R" else found


def test_stop_stops_and_resume_resumes(shell: str, application: subprocess.Popen[bytes], tmp_path: Path) -> None:
    """Each reads back what it did; resuming twice is harmless, and the expiry ends with it."""
    stopped = run(shell, freezing.stop(PID_FILE, harm="h1", expiry_s=30), tmp_path)
    assert (stopped.returncode, state(application)) == (0, "T"), stopped
    expiry = int((tmp_path / f"{PID_FILE}.expiry").read_text())

    resumed = run(shell, freezing.resume(PID_FILE, harm="h1"), tmp_path)
    again = run(shell, freezing.resume(PID_FILE, harm="h1"), tmp_path)

    assert (resumed.returncode, again.returncode, state(application)) == (0, 0, "S"), resumed
    assert not (tmp_path / f"{PID_FILE}.expiry").exists()
    assert ends(expiry)


def test_what_resume_says_reads_it_back(shell: str, application: subprocess.Popen[bytes], tmp_path: Path) -> None:
    """Of a process that goes on, and of one that is gone."""
    run(shell, freezing.stop(PID_FILE, harm="h1", expiry_s=30), tmp_path)
    resumed = run(shell, freezing.resume(PID_FILE, harm="h1"), tmp_path)
    end(application)
    gone = run(shell, freezing.resume(PID_FILE, harm="h1"), tmp_path)

    assert freezing.is_read_back(resumed.stdout), resumed
    assert freezing.is_read_back(gone.stdout), gone


@pytest.mark.parametrize(
    ("output", "read_back"),
    [
        ("pid 7 is S", True),
        ("pid 7 is ", True),
        ("no live pid in run/oms.pid", True),
        ("kill: odd\npid 7 is R", True),
        ("", False),
        ("pid 7 is T", False),
        ("pid 7 is S\npid 7 is T", False),
        ("done", False),
    ],
)
def test_only_what_is_said_is_read_back(output: str, read_back: bool) -> None:
    assert freezing.is_read_back(output) is read_back


def test_the_host_resumes_by_itself(shell: str, application: subprocess.Popen[bytes], tmp_path: Path) -> None:
    """Also when nobody who stopped it is there any more."""
    run(shell, freezing.stop(PID_FILE, harm="h1", expiry_s=1), tmp_path)
    deadline = time.monotonic() + 60
    while state(application) == "T" and time.monotonic() < deadline:
        time.sleep(0.1)

    assert state(application) == "S"


def test_a_stop_that_comes_after_its_undoing_stops_nobody(
    shell: str, application: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    """Run Command gives no order; but the next harm is another one, and is done."""
    run(shell, freezing.resume(PID_FILE, harm="h1"), tmp_path)

    late = run(shell, freezing.stop(PID_FILE, harm="h1", expiry_s=30), tmp_path)
    assert (late.returncode, state(application)) == (67, "S")

    other = run(shell, freezing.stop(PID_FILE, harm="h2", expiry_s=30), tmp_path)
    assert (other.returncode, state(application)) == (0, "T")


@pytest.mark.parametrize("pid", ["1", "0", "-1", "", "one"])
def test_a_pid_file_that_names_no_application_stops_nobody(shell: str, pid: str, tmp_path: Path) -> None:
    """Least of all everybody."""
    (tmp_path / "run").mkdir()
    (tmp_path / PID_FILE).write_text(pid)

    assert run(shell, freezing.stop(PID_FILE, harm="h1", expiry_s=30), tmp_path).returncode in (65, 66)
    assert not (tmp_path / f"{PID_FILE}.expiry").exists()


def test_a_process_that_leads_no_group_is_left_alone(shell: str, tmp_path: Path) -> None:
    """Its group would be somebody else's; and not resuming it is no success."""
    member = subprocess.Popen(["sleep", "60"])
    (tmp_path / "run").mkdir()
    (tmp_path / PID_FILE).write_text(str(member.pid))
    try:
        assert run(shell, freezing.stop(PID_FILE, harm="h1", expiry_s=30), tmp_path).returncode == 65
        assert run(shell, freezing.resume(PID_FILE, harm="h1"), tmp_path).returncode == 65
        assert state(member) == "S"
    finally:
        member.kill()
        member.wait(60)


def test_an_application_that_is_gone_needs_no_resuming(
    shell: str, application: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    end(application)

    assert run(shell, freezing.resume(PID_FILE, harm="h1"), tmp_path).returncode == 0
    assert run(shell, freezing.stop(PID_FILE, harm="h1", expiry_s=30), tmp_path).returncode == 66


def ends(pid: int) -> bool:
    """Whether a process that was told to end does so; the kernel takes its time on a busy machine."""
    deadline = time.monotonic() + 60
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not is_running(pid)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
