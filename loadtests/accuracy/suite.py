"""One run of the accuracy suite: a fault, a generator, a directory with all that anybody wrote down of it."""

import json
import math
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from loadtests.accuracy import probe, wirelog
from loadtests.accuracy.faults import Kind
from loadtests.accuracy.figures import Stretch, figures, percentile
from loadtests.accuracy.generators import (
    LENGTH_S,
    SETTLE_S,
    Generator,
    Place,
    plan_us,
    prepared,
    read_plan,
    told,
    write_plan,
)
from loadtests.accuracy.judging import Compared
from loadtests.accuracy.quiet import disturbances
from loadtests.accuracy.truth import truth
from reports.evidence import NotARunDirectoryError

ENDS_WITHIN_S = 120.0  # a generator, from its start
WRITES_WITHIN_S = 10.0  # whoever is told to stop
CORES = tuple(range(2)) if (os.cpu_count() or 1) > 1 else (0, 0)  # the generator's, and the faulty server's

FAULTY_LOG, PROBE_LOG, PLAN = "wire.json", "probe-{}.json", "plan.json"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to: what disturbed it, the figures, and how late server and proxy answered (median, p99; ms)."""

    disturbed: tuple[str, ...]
    compared: Compared | None
    added: tuple[float, float] = (math.nan, math.nan)


def play(kind: Kind, generator: Generator, seed: int, directory: Path) -> None:
    """Play one run and leave in ``directory`` what was written down. What went wrong shows when it is measured."""
    directory.mkdir(parents=True)
    with ExitStack() as stack:
        for core in set(CORES):
            probing = stack.enter_context(_module("probe", str(core), str(directory / PROBE_LOG.format(core))))
            probing.stdout.readline()
        log = str(directory / FAULTY_LOG)
        faulty = stack.enter_context(_module("faulty", kind, str(seed), str(CORES[1]), log))
        ports = json.loads(faulty.stdout.readline())
        _generate(generator, Place(directory, ports["web_port"], ports["dns_port"], seed, CORES[0]))
    with suppress(OSError, ValueError, NotARunDirectoryError):
        started_us = wirelog.read(directory / FAULTY_LOG).started_us
        if started_us is not None:
            write_plan(directory / PLAN, plan_us(generator, directory, started_us, seed))


def measure(generator: Generator, directory: Path) -> Outcome:
    """Return what a run came to, from what was written down alone."""
    try:
        log = wirelog.read(directory / FAULTY_LOG)
        if log.started_us is None:
            return Outcome(("nothing came to the server",), None)
        stretch = Stretch(log.started_us + SETTLE_S * 1e6, log.started_us + LENGTH_S * 1e6)
        probes = [probe.read(directory / PROBE_LOG.format(core)) for core in sorted(set(CORES))]
        reported = figures(told(generator, directory), log.kind, stretch)
        true = truth(read_plan(directory / PLAN), log, stretch)
    except (OSError, ValueError, NotARunDirectoryError) as error:
        return Outcome((f"not written down: {error}",), None)
    found = disturbances(probes, stretch, log.clock_moved_us)
    if log.garbled:
        found.append(f"{log.garbled} times bytes on the wire were no request")
    added_ms = np.array([one.added_us for one in log.requests if one.added_us is not None], dtype=np.float64) / 1000
    return Outcome(tuple(found), Compared(true, reported), (percentile(added_ms, 0.5), percentile(added_ms, 0.99)))


def _generate(generator: Generator, place: Place) -> None:
    with prepared(generator, place) as (command, environment), (place.directory / "generator.log").open("w") as log:
        process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            process.wait(ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            log.write(f"did not end within {ENDS_WITHIN_S:g} s, and was killed\n")
        finally:
            process.kill()
            process.wait()


@contextmanager
def _module(name: str, *arguments: str) -> Iterator[Any]:
    """Run one of ours as a process that stops, and writes, when its standard input ends."""
    command = [sys.executable, "-m", f"loadtests.accuracy.{name}", *arguments]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield process
        with suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=WRITES_WITHIN_S)
    finally:
        process.kill()
        process.communicate()
