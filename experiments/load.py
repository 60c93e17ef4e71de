"""The load of a game day: stock Locust as a process of its own.

Importing Locust would patch the sockets of this process, so nothing of it is imported; what it does is read from the
run directory.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from experiments.children import Child, start

ROOT = Path(__file__).resolve().parents[1]
LOCUSTFILE = "loadtests/locustfile.py"
DRAIN_S = 20.0  # it lets requests end and writes what it has


def start_load(run: Path, *, target: str, region: str, profile: str, seed: int) -> Child:
    """Start the generator on that run directory; it goes on until it is asked to end."""
    command = [sys.executable, "-m", "locust", "-f", LOCUSTFILE, "--headless"]
    env = load_environment(run, target=target, region=region, profile=profile, seed=seed)
    return start("load", command, env=env, log=run / "logs" / "load.log", cwd=ROOT)


def load_environment(run: Path, *, target: str, region: str, profile: str, seed: int) -> Mapping[str, str]:
    """The generator's whole environment: ours without anything of AWS or Locust, and what to do."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "LOCUST_", "SUITE_"))}
    return inherited | {
        "SUITE_RUN": str(run),
        "SUITE_TARGET": target,
        "SUITE_REGION": region,
        "SUITE_PROFILE": profile,
        "SUITE_SEED": str(seed),
    }
