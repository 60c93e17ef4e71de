"""What tests of whole load runs have in common: stock Locust in a process of its own against small real servers.

Locust patches sockets for the whole process that imports it, so it is never imported here.
"""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trustme

from loadtests.loopback import FrontDoor, NameServer, healthy, local_target, show
from reports.evidence import RunDirectory

ROOT = Path(__file__).parents[1]
PREFIX = "GDTEST"


@dataclass
class System:
    """Two load balancer nodes and a name server. With ``gate`` closed nothing is answered: ``held`` has what waits."""

    doors: tuple[FrontDoor, FrontDoor]
    environment: dict[str, str]
    run: RunDirectory
    gate: threading.Event
    held: list[str]
    ca_file: Path
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def locust(self, *options: str, **environment: str) -> subprocess.Popen[str]:
        """Start the load as a game day does; it ends with the test."""
        command = [sys.executable, "-m", "locust", "-f", "loadtests/locustfile.py", "--headless", "--only-summary"]
        env = {**os.environ, **self.environment, "SUITE_RUN": str(self.run.path), **environment}
        process = subprocess.Popen(
            [*command, *options],
            cwd=ROOT,
            env={name: value for name, value in env.items() if value},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.started.append(process)
        return process

    @property
    def received(self) -> int:
        return sum(len(door.seen) for door in self.doors)

    def writes(self, path: str) -> int:
        """How many requests for a path have come in."""
        return sum(len(door.writes(path)) for door in self.doors)

    def handle(self, handler: Callable[[str, bytes], bytes | None]) -> None:
        """Answer with this from now on."""
        for door in self.doors:
            door.handler = handler

    def rows(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.run.read_samples().to_pylist()
        return rows


@contextmanager
def rehearsing(tmp_path: Path) -> Iterator[System]:
    """What a load run needs, and its run directory; what was started is over at the end of the block."""
    gate, held = threading.Event(), list[str]()
    gate.set()

    def handler(line: str, body: bytes) -> bytes:
        if not gate.is_set():
            held.append(line)
        gate.wait(60)
        return healthy(line, body)

    run = RunDirectory.create(tmp_path / "run", name="test", kind="gameday", facts={"prefix": PREFIX, "seed": 7})
    authority, ca_file = trustme.CA(), tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    tls = show(authority, "www.oms.test")
    with (
        FrontDoor("127.0.0.1", 0, handler, tls) as a,
        FrontDoor("127.0.0.2", a.port, handler, tls) as b,
        NameServer(["127.0.0.1", "127.0.0.2"]) as names,
        local_target(f"loadtests-{os.getpid()}", dns_port=names.port, web_port=a.port, ca_file=ca_file) as environment,
    ):
        system = System((a, b), environment, run, gate, held, ca_file)
        yield system
        gate.set()
        for process in system.started:
            process.kill()
            process.communicate()


def stop(process: subprocess.Popen[str], how: signal.Signals = signal.SIGTERM) -> tuple[str, str]:
    """End a load run as a game day does; return what it said."""
    process.send_signal(how)
    out, err = process.communicate(timeout=90)
    assert process.returncode == 0, err
    return out, err


def shipments(system: System) -> dict[str, int]:
    """How many requests shipped something: handed over in a store, or packed where the job ships."""
    packed = [json.loads(seen.body) for door in system.doors for seen in door.writes("/quickShipEntireShipGroup")]
    stores = ("NY_FIFTH_AVE", "BROOKLYN", "BOSTON", "SALT_LAKE_CITY")  # the first four: profile smoke, journey bopis
    return {
        "bopis": system.writes("/updateShipment"),
        "fulfillment": sum(one["facilityId"] not in stores for one in packed),
    }


def rate(rows: list[dict[str, Any]]) -> float:
    """Requests a second by the plan, however slow this machine is."""
    due = sorted(row["sched_us"] for row in rows)
    return (len(due) - 1) / (due[-1] - due[0]) * 1e6


def keys_in(line: str, body: bytes) -> list[str]:
    if "/service/" in line:
        return [json.loads(body)["comments"]]
    if "uploadAndImportfile" in line:
        orders = body.partition(b"application/json\r\n\r\n")[2].rpartition(b"\r\n--")[0]
        return [order["externalId"] for order in json.loads(orders)]
    return []
