"""``loadgate stop`` from another shell, for every way in which a load may be started."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import trustme

from loadtests.gate.sharing import free_port
from loadtests.loopback import FrontDoor, NameServer, forgotten_runs, healthy, local_target, show
from loadtests.stop.members import alive, members
from reports.evidence import RunDirectory

ROOT = Path(__file__).parents[1]
LOCUST = ["-m", "locust", "-f", "loadtests/locustfile.py", "--headless", "--only-summary"]


@dataclass
class System:
    """A front door that answers well; what is started here is over when the test is."""

    door: FrontDoor
    environment: dict[str, str]
    started: list["subprocess.Popen[str]"] = field(default_factory=list)

    def start(self, *command: str, **environment: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env={**os.environ, **self.environment, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.started.append(process)
        return process

    def stop(self, run: Path) -> str:
        """Run ``loadgate stop`` to its end; it must have worked."""
        command = [sys.executable, "-m", "loadtests", "stop", str(run)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=150, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def wait(self, what: str, ready: Callable[[], bool], within_s: float = 120) -> None:
        deadline = time.monotonic() + within_s
        while not ready():
            assert time.monotonic() < deadline, f"{what}: not within {within_s} s; {self.said()}"
            time.sleep(0.1)

    def said(self) -> list[str]:
        """End everything; return the last that each has said."""
        for process in self.started:
            process.kill()
        return [
            process.communicate()[0][-2000:] for process in self.started if process.stdout and not process.stdout.closed
        ]


@contextmanager
def up(tmp_path: Path) -> Iterator[System]:
    authority, ca_file = trustme.CA(), tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    with (
        FrontDoor("127.0.0.1", 0, healthy, show(authority, "www.oms.test")) as door,
        NameServer(["127.0.0.1"]) as names,
        local_target(f"stop-{os.getpid()}", dns_port=names.port, web_port=door.port, ca_file=ca_file) as environment,
    ):
        system = System(door, environment)
        yield system
        system.said()


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    with up(tmp_path) as system:
        yield system


def test_a_gate_is_stopped_judged_and_sealed(system: System, tmp_path: Path) -> None:
    """As by SIGTERM: its verdict is ABORTED, and says what was asked."""
    out = tmp_path / "run"
    gate = system.start("-m", "loadtests", "run", "--profile", "smoke", "--duration", "5m", "--out", str(out))
    system.wait("traffic", lambda: len(system.door.seen) > 60)
    said = system.stop(out)
    assert f"{out}: asked loadgate run (pid {gate.pid}) to end, which it had after " in said
    assert said.strip().endswith("verdict ABORTED")
    assert gate.wait(60) == 4
    run = RunDirectory.open(out)
    assert run.sealed
    kinds = [event.kind for event in run.read_events()]
    assert kinds.index("stop.asked") < kinds.index("abort")
    assert "nothing to stop: it has ended already, verdict ABORTED" in system.stop(out)


def test_a_stock_run_with_its_workers_is_stopped(system: System, tmp_path: Path) -> None:
    """Started all at once, as in a cluster. The main process is asked, and takes along whom somebody else started."""
    port, out = str(free_port()), tmp_path / "run"
    for _ in range(2):
        system.start(*LOCUST, "--worker", "--master-port", port, SUITE_RUN=str(out))
    main = system.start(*LOCUST, "--master", "--expect-workers", "2", "--master-bind-port", port, SUITE_OUT=str(out))
    system.wait("traffic", lambda: len(system.door.seen) > 20)
    run = RunDirectory.open(out)
    assert len(alive(members(run))) == 3
    said = system.stop(out)
    assert f"asked locust (pid {main.pid}) to end" in said
    assert [process.wait(60) for process in system.started] == [0, 0, 0]
    assert all(member.said_end for member in members(run))


def test_a_stock_run_that_forked_is_stopped(system: System) -> None:
    port = str(free_port())
    with forgotten_runs() as made:
        main = system.start(*LOCUST, "--processes", "2", "--master-bind-port", port, "--master-port", port)
        assert main.stdout is not None
        line = next(line for line in main.stdout if line.startswith("run directory: "))
        run = RunDirectory.open(line.strip().removeprefix("run directory: "))
        made.append(run.path)
        system.wait("traffic", lambda: len(system.door.seen) > 60)
        assert f"asked locust (pid {main.pid}) to end" in system.stop(run.path)
        assert main.wait(60) == 0
        assert [member.said_end for member in members(run)] == [True, True, True]
