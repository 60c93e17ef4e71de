"""The load generator of a gate: stock Locust as a process of its own, which patches no socket of ours.

It ends by itself when this process is gone (``launch.py``), so that a gate killed with SIGKILL leaves no load behind.
"""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from loadtests.gate.sharing import Sharing
from reports.evidence import RunDirectory

ROOT = Path(__file__).parents[2]
LOCUSTFILE = "loadtests/locustfile.py"
DRAIN_S = 20.0  # it lets requests end and writes what it has


class Generator:
    """A load on its way; everything that it does is read from the run directory."""

    def __init__(self, run: RunDirectory, *, target: str, region: str, sharing: Sharing) -> None:
        self._log = run.path / "logs" / "load.log"
        self._log.parent.mkdir(exist_ok=True)
        command = [sys.executable, "-m", "locust", "-f", LOCUSTFILE, "--headless", "--only-summary", *sharing.options()]
        with self._log.open("ab") as out:
            # A group of its own: Ctrl-C in the terminal is for the gate, which ends the load and saves what it left.
            self._process = subprocess.Popen(
                command,
                env=_environment(run, target=target, region=region),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                cwd=ROOT,
                process_group=0,
            )
        self.pid = self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative: ended by that signal."""
        return self._process.poll()

    def end(self) -> None:
        """Ask it to end and wait; kill its group when it does not."""
        if self.exit_code is not None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(timeout=DRAIN_S)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
            self._process.wait()

    def last_words(self) -> str:
        """The line in which it says what is wrong, else its last one; empty when it said nothing."""
        lines = self._log.read_text(errors="replace").strip().splitlines()
        said = [line.removeprefix("load: ") for line in lines if line.startswith("load: ")]
        return (said or lines or [""])[-1].strip()


def _environment(run: RunDirectory, *, target: str, region: str) -> dict[str, str]:
    """The generator's whole environment: ours without anything of AWS or Locust, and what to do."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "LOCUST_", "SUITE_"))}
    return inherited | {
        "SUITE_RUN": str(run.path),
        "SUITE_TARGET": target,
        "SUITE_REGION": region,
        "SUITE_PROFILE": str(run.facts["profile"]),
        "SUITE_SEED": str(run.facts["seed"]),
        "SUITE_SCALE": str(run.facts.get("scale", 1)),
    }
