"""The load of a game day: stock Locust as a process of its own.

Importing Locust would patch the sockets of this process, so nothing of it is imported; what it does is read from the
run directory.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from experiments.children import Child, start
from experiments.planning import GameDay, GameDayError
from fixtures.policy import RefusedError

ROOT = Path(__file__).resolve().parents[1]
LOCUSTFILE = "loadtests/locustfile.py"
DRAIN_S = 20.0  # it lets requests end and writes what it has

ASKING_S = 60.0


def refuse_unless_allowed(gameday: GameDay, target: str) -> None:
    """Raise RefusedError when the policy forbids the game day's load, GameDayError when that cannot be found out.

    The load generator's own check is asked: it knows what its profiles send, and will ask again when it starts.
    """
    asked = ["--target", target, "--profile", gameday.profile, "--seconds", f"{gameday.at_most_s:g}"]
    command = [sys.executable, "-m", "loadtests.permission", *asked]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=ASKING_S)
    if done.returncode == 0:
        return
    said = done.stderr.strip().splitlines() or [f"loadtests.permission ended with exit code {done.returncode}"]
    raise RefusedError(said[-1]) if done.returncode == RefusedError.exit_code else GameDayError(said[-1])


def start_load(run: Path, *, target: str, region: str, profile: str, seed: int) -> Child:
    """Start the generator on that run directory; it goes on until it is asked to end."""
    command = [sys.executable, "-m", "locust", "-f", LOCUSTFILE, "--headless"]
    env = load_environment(run, target=target, region=region, profile=profile, seed=seed)
    return start("load", command, env=env, log=run / "logs" / "load.log", cwd=ROOT)


def refusal(load: Child) -> RefusedError | None:
    """Return why the generator refused to start, None when that is not how it ended."""
    if load.exit_code != RefusedError.exit_code:
        return None
    lines = load.log.read_text(errors="replace").splitlines()
    said = [line.removeprefix("load: ") for line in lines if line.startswith("load: ")]
    return RefusedError(said[-1] if said else f"the load generator refused to start: see {load.log}")


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
