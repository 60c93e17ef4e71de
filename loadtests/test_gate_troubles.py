"""The generator is ill, or the name of the target: whole runs of ``loadgate`` against small real servers."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
import trustme

from loadtests.loopback import FrontDoor, NameServer, healthy, local_target, show, wait_until
from reports.evidence import RunDirectory

ROOT = Path(__file__).parents[1]
RULES = "p90 of * < 5s\nerrors of * < 5%\n"
MEASURING = ("phase.started", "measured")
FROZEN_S = 4  # longer than beat_gap_s of reports/objectives.toml


@dataclass
class System:
    """A front door that answers well, its name server, and where a run of ``loadgate`` goes."""

    door: FrontDoor
    names: NameServer
    environment: dict[str, str]
    rules: Path
    out: Path

    def loadgate(self, command: str, *arguments: str) -> "subprocess.Popen[str]":
        whole = [command, "--profile", "smoke", "--rules", str(self.rules), "--out", str(self.out), *arguments]
        return subprocess.Popen(
            [sys.executable, "-m", "loadtests", *whole],
            cwd=ROOT,
            env={**os.environ, **self.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def verdict(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.out / "verdict.json").read_text())
        return found


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    authority, (ca_file, rules) = trustme.CA(), (tmp_path / "ca.pem", tmp_path / "my.rules")
    authority.cert_pem.write_to_path(str(ca_file))
    rules.write_text(RULES)
    region = f"troubles-{os.getpid()}"
    with (
        FrontDoor("127.0.0.1", 0, healthy, show(authority, "www.oms.test")) as door,
        NameServer(["127.0.0.1"], ttl_s=1) as names,
        local_target(region, dns_port=names.port, web_port=door.port, ca_file=ca_file) as environment,
    ):
        yield System(door, names, environment, rules, tmp_path / "run")


@pytest.mark.parametrize("command", ["run", "capacity"])
def test_a_name_without_an_address_is_one_line_and_nothing_starts(system: System, command: str) -> None:
    """Exit 64: what was expected, what was found, what to do."""
    system.names.addresses = []
    with system.loadgate(command) as process:
        out, err = process.communicate(timeout=60)
    assert process.returncode == 64, out + err
    assert len(out.splitlines()) == (0 if command == "run" else 1), "capacity says how long it takes; nothing else"
    line = err.strip()
    asked = f"127.0.0.1:{system.names.port}"
    assert line.startswith(
        f"loadgate: target 'local': expected an address for www.oms.test, found none at {asked} (dns: "
    )
    assert len(line.splitlines()) == 1
    assert not system.out.exists()
    assert not system.door.seen


def test_a_name_that_dies_under_load_is_the_systems_fault(system: System) -> None:
    """Whoever has to connect finds nothing; the run goes on and FAILs."""
    with system.loadgate("run", "--warm-up", "1s", "--duration", "8s") as process:
        wait_until("the measured part", lambda: _began(system.out), within_s=120)
        system.names.addresses = []
        system.door.cut()
        out, err = process.communicate(timeout=120)
    assert process.returncode == 1, out + err
    errors = [row["error"] for row in RunDirectory.open(system.out).read_samples().to_pylist()]
    assert "dns: NoAnswer" in errors


@pytest.mark.parametrize("workers", [1, 3])
def test_a_frozen_worker_is_named_and_nothing_passes_on_its_seconds(system: System, workers: int) -> None:
    """It is stopped and goes on; what was due meanwhile is left out, and the verdict is UNKNOWN."""
    with system.loadgate("run", "--warm-up", "1s", "--duration", "12s", "--workers", str(workers)) as process:
        wait_until("the measured part", lambda: _began(system.out) and len(_started(system.out)) == workers, 120)
        name, worker = _started(system.out)[0]
        with _frozen(worker):
            began = _seconds_of_the_others(system.out, name) if workers > 1 else 0
            _outlives(process, FROZEN_S)
            assert workers == 1 or _seconds_of_the_others(system.out, name) > began
        out, err = process.communicate(timeout=120)
    assert process.returncode == 2, out + err
    delivered, *rules = system.verdict()["promises"]
    assert delivered["because"].startswith(f"load worker {name} dead or frozen: nothing from it for ")
    assert re.search(r"while it should run, from \d\d:\d\d:\d\d UTC on$", delivered["because"])
    assert [rule["status"] for rule in rules] == ["UNKNOWN", "UNKNOWN"]
    assert all(
        "more were due in seconds in which the load generator itself was late" in one["because"] for one in rules
    )
    assert not psutil.pid_exists(worker.pid)


def _outlives(process: "subprocess.Popen[str]", seconds: float) -> None:
    """Let so much time pass, which is what is tested here; the gate must outlive it."""
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=seconds)


@contextmanager
def _frozen(worker: psutil.Process) -> Iterator[None]:
    worker.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        worker.send_signal(signal.SIGCONT)


def _began(out: Path) -> bool:
    if not (out / "run.json").is_file():
        return False
    return MEASURING in {(event.kind, event.subject) for event in RunDirectory.open(out).read_events()}


def _started(out: Path) -> list[tuple[str, psutil.Process]]:
    began = [event for event in RunDirectory.open(out).read_events() if event.kind == "load.worker.started"]
    return [(str(event.subject), psutil.Process(event.data["pid"])) for event in began]


def _seconds_of_the_others(out: Path, name: str) -> int:
    return sum(second.worker != name for second in RunDirectory.open(out).read_delivery())
