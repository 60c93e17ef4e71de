"""From evidence to verdict: the checks, ``verdict.json``, the report, the seal. Never touches a system under test."""

import os
import signal
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

from experiments.load import ROOT
from reports.evidence import RunDirectory
from reports.judge import Verdict, judge, write_verdict
from reports.render import report_html

CHECKS_S = 180.0
PYTEST_ENDED = (0, 1)  # every check ran: all held, or some did not


class ChecksError(Exception):
    """The checks did not run to their end: whatever the verdict says, they do not confirm it."""


def so_far(run: RunDirectory, experiment: str) -> str:
    """The word for one experiment of a run under way, by what is known of it now."""
    found = judge(RunDirectory.open(run.path))
    return next((one.verdict for one in found.experiments if one.name == experiment), "UNKNOWN")


def conclude(run: RunDirectory) -> Verdict:
    """Judge a run that has ended: checks, verdict, report, seal. Every load worker must have ended."""
    run.compact_samples()
    verdict = publish(run)
    run.seal()
    return verdict


def judge_again(run: RunDirectory) -> Verdict:
    """Judge an old run anew into ``derived/<time>/``; nothing sealed changes."""
    return publish(run)


def publish(run: RunDirectory) -> Verdict:
    """Write ``checks.xml``, ``verdict.json`` and ``report.html`` where this run's output goes."""
    xml = run.output / "checks.xml"
    code = run_checks(run.path, xml)
    verdict = judge(run)
    write_verdict(run, verdict)
    report_html(run, verdict)
    require_checks(code, xml, promises=len(verdict.promises))
    return verdict


def require_checks(code: int, xml: Path, *, promises: int) -> None:
    """Raise ChecksError unless pytest came to its end and asked about every promise."""
    asked = len(ET.parse(xml).findall(".//testcase")) if xml.is_file() and xml.stat().st_size else 0
    if code not in PYTEST_ENDED or asked < promises:
        raise ChecksError(f"expected {promises} checks, found {asked}; pytest ended with {code}: see checks.log")


def run_checks(run: Path, xml: Path) -> int:
    """Run the pytest checks on a run directory; returns pytest's exit code, which is not the verdict."""
    command = [sys.executable, "-m", "pytest", "experiments/checks", "--run", str(run), "--junitxml", str(xml)]
    command += ["-p", "no:cacheprovider", "-q", "--no-header"]
    log = xml.with_name("checks.log") if xml.parent != run else run / "logs" / "checks.log"
    log.parent.mkdir(exist_ok=True)
    env = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTEST_"))}
    with log.open("wb") as out:
        # A group of its own: Ctrl-C in the terminal is for the game day, which finishes what it began.
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=out, stderr=out, process_group=0)
        try:
            return process.wait(timeout=CHECKS_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return process.wait()


def lines(verdict: Verdict) -> list[str]:
    """What a person reads at the end: each promise that did not hold with its reason, what was not run, the verdict."""
    found = [
        f"{one.status:<8} {one.name}{_of(one.experiment, one.sink)}: {one.because}"
        for one in verdict.promises
        if one.status != "PASS"
    ]
    found += [f"not run  {one}" for one in verdict.not_run]
    held = sum(one.status == "PASS" for one in verdict.promises)
    found.append(f"{verdict.verdict}: {held} of {len(verdict.promises)} promises held (exit {verdict.exit_code})")
    return found


def _of(experiment: str | None, sink: str | None) -> str:
    named = ", ".join(part for part in (experiment, sink) if part)
    return f" ({named})" if named else ""
