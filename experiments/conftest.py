"""What the tests of the experiments share: a target that leads to whatever endpoint a test gives it, and a moto server.

moto proves the shape of calls and nothing more; effects are proven on the region.
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

from experiments.trap import Trap
from fixtures.target import Target
from reports.evidence import RunDirectory

REGION = "eu-central-1"
DATABASE = {"port": 1, "name": "oms", "user": "nobody", "password": "none"}


@pytest.fixture
def target_at() -> Callable[..., Target]:
    """Make a target whose AWS API is at that URL (None: AWS's own), with names that a test can create."""

    def make(endpoint_url: str | None, **more: Any) -> Target:
        databases = {name: {**DATABASE, "host": f"{name}.test"} for name in ("primary", "replica", "warehouse")}
        return Target.model_validate(
            {
                "name": "test",
                "kind": "aws",
                "region_name": REGION,
                "endpoint_url": endpoint_url,
                "access_key_id": "test",
                "secret_access_key": "test",
                "web": {"name": "www.test", "port": 1, "username": "loadtest", "password": "none"},
                "names": {
                    "load_balancer": "web",
                    "target_group": "sync",
                    "sync_group": "sync",
                    "async_group": "async",
                    "db_instance": "oms",
                    "db_replica": "oms-replica",
                },
                "databases": databases,
                "run_command": {"pid_file": "run/oms.pid"},
                "jobs": {"lease_s": 6, "grace_s": 4},
                "writes": {"prefix": "GD", "product_store_id": "S", "facility_ids": ["F"], "product_ids": ["P"]},
                **more,
            }
        )

    return make


@pytest.fixture(scope="session")
def moto_url() -> Iterator[str]:
    """A moto server on a free port of 127.0.0.1: the shapes of AWS's answers, without effects.

    A process of its own: moto itself reads the environment that tests here fill with traps.
    """
    port = _free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        env={"PATH": os.environ["PATH"]},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 30
        while not _answers(port):
            assert server.poll() is None, "the moto server ended at once"
            assert time.monotonic() < deadline, "the moto server did not answer within 30 s"
            time.sleep(0.1)
        url = f"http://127.0.0.1:{port}"
        _load(url)
        yield url
    finally:
        server.terminate()
        server.wait(10)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _load(url: str) -> None:
    """The first call of a service loads its tables: seconds on a busy machine, more than a test's client waits."""
    keys = {"aws_access_key_id": "moto", "aws_secret_access_key": "moto", "region_name": "eu-central-1"}
    ec2 = boto3.client("ec2", endpoint_url=url, config=Config(read_timeout=60), **keys)
    ec2.describe_images(Owners=["amazon"])


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


@pytest.fixture
def run(tmp_path: Any) -> RunDirectory:
    """An empty run directory."""
    return RunDirectory.create(
        tmp_path / "run", name="test", kind="gameday", facts={"prefix": "GDTEST", "seed": 1, "region": "none"}
    )


@pytest.fixture
def trap() -> Iterator[Trap]:
    trap = Trap()
    yield trap
    trap.server.shutdown()
    trap.server.server_close()
