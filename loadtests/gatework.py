"""What tests of whole gate runs have in common: ``loadgate`` in a process of its own against small real servers."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import trustme

from loadtests.loopback import FrontDoor, NameServer, healthy, local_target, show

ROOT = Path(__file__).parents[1]
QUICK = ["--profile", "smoke", "--warm-up", "1s", "--duration", "5s"]
KEPT = "p90 of * < 2s\nerrors of * < 5%\nrate >= 5/s\n"


@dataclass
class System:
    """A front door that answers well, and a region's name under which it is found."""

    door: FrontDoor
    environment: dict[str, str]
    ca_file: Path

    def loadgate(self, *arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "loadtests", *arguments],
            cwd=ROOT,
            env={**os.environ, **self.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        with self.loadgate(*arguments) as process:
            out, err = process.communicate(timeout=200)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)


@contextmanager
def up(name: str, handler: Callable[[str, bytes], bytes | None] = healthy, **more: object) -> Iterator[System]:
    authority, region = trustme.CA(), f"gate-{name}-{os.getpid()}"
    with (
        authority.cert_pem.tempfile() as ca_file,
        FrontDoor("127.0.0.1", 0, handler, show(authority, "www.oms.test")) as door,
        NameServer(["127.0.0.1"]) as names,
        local_target(region, dns_port=names.port, web_port=door.port, ca_file=Path(ca_file), **more) as environment,
    ):
        yield System(door, environment, Path(ca_file))


def verdict_of(output: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((output / "verdict.json").read_text())
    return found


def slow(line: str, body: bytes) -> bytes:
    """Answer well, and late: by more than a busy machine's generator could be itself."""
    time.sleep(1.2)
    return healthy(line, body)
