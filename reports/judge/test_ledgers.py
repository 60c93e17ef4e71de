"""A ledger with a hole makes the promises about writes UNKNOWN, and never the system a liar."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from reports.evidence import RunDirectory
from reports.evidence.schema import SAMPLES
from reports.judge import judge, to_json
from reports.judge.ledgers import hole
from reports.judge.requests import write_starts
from reports.testing import Story, tell
from reports.testing.cases import NAME, case, shipment

LANDING = ("no_acknowledged_write_lost", "no_write_duplicated", "no_phantom_write", "no_write_corrupted")
W0, SENTINEL, LOAD = "ledger/w0.ndjson", "ledger/sentinel.ndjson", "events/load-w0.ndjson"


def keep(path: Path, ratio: float) -> None:
    """Leave the first lines of a file."""
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[: int(len(lines) * ratio)]))


def tear(path: Path) -> None:
    """Cut a file in the middle of its last line."""
    os.truncate(path, path.stat().st_size - 9)


def drop_intent(path: Path) -> None:
    """Lose one line in the middle: a later attempt has no intent any more."""
    lines = path.read_bytes().splitlines(keepends=True)
    lines.remove(next(line for line in lines[100:] if b'"intent"' in line))
    path.write_bytes(b"".join(lines))


def drop_shipment(path: Path) -> None:
    """Lose all of one shipment: only the request that packed it is still on record."""
    lines = path.read_bytes().splitlines(keepends=True)
    key = next(line for line in lines[100:] if b'"shipment"' in line).split(b'"key":"')[1].split(b'"')[0]
    path.write_bytes(b"".join(line for line in lines if b'"' + key + b'"' not in line))


def without_sentinel_event(run: Path) -> None:
    """A sentinel of which only its own event tells."""
    (run / SENTINEL).unlink()
    path = run / "events" / "gameday.ndjson"
    path.write_text("".join(line for line in path.open() if "ledger.opened" not in line))


HOLES: dict[str, Callable[[Path], object]] = {
    "the end": lambda run: keep(run / W0, 0.99),
    "half": lambda run: keep(run / W0, 0.5),
    "the last answer": lambda run: keep(run / W0, 0.9999),
    "all": lambda run: (run / W0).unlink(),
    "half a line": lambda run: tear(run / W0),
    "an intent": lambda run: drop_intent(run / W0),
    "a shipment": lambda run: drop_shipment(run / W0),
    "the ledger of another writer": lambda run: (run / SENTINEL).unlink(),
    "what is in it": lambda run: (run / SENTINEL).write_text(""),
    "a sentinel": without_sentinel_event,
}


@pytest.mark.parametrize("missing", HOLES)
def test_a_ledger_that_lacks_something_is_unknown_and_never_fail(tmp_path: Path, missing: str) -> None:
    """Whatever part of it is gone."""
    run = tell(tmp_path / "run", Story(chapters=("baseline",)))
    HOLES[missing](run.path)
    verdict = judge(RunDirectory.open(run.path))

    assert verdict.exit_code == 2
    assert {str(p.status) for p in verdict.promises if p.name in LANDING and p.sink == "primary"} == {"UNKNOWN"}
    assert [p.because for p in verdict.promises if p.status == "FAIL"] == []


def test_a_loss_is_a_loss_also_beside_a_hole(tmp_path: Path) -> None:
    """What the ledger does say is proof: acknowledged there, and not in the sink."""
    run = tell(tmp_path / "run", Story(chapters=("baseline",), lost=1))
    (run.path / SENTINEL).unlink()
    verdict = judge(RunDirectory.open(run.path))

    broken = [(p.name, p.sink) for p in verdict.promises if p.status == "FAIL" and p.name in LANDING]

    assert broken == [(LANDING[0], "primary")]


def test_a_generator_that_was_killed_breaks_no_promise_about_writes(tmp_path: Path) -> None:
    """Killed in a fault, its ledger torn at the end, and of the last writes only the sink knows."""
    run = tell(tmp_path / "run", Story(chapters=(NAME,), load_dies_in=NAME))
    tear(run.path / W0)
    assert {str(p.status) for p in judge(RunDirectory.open(run.path)).promises if p.name in LANDING} == {"PASS"}
    for name, ratio in ((W0, 0.9), ("samples", 0.0)):
        path = run.path / name
        keep(path, ratio) if path.is_file() else (path / "w0.parquet").unlink()
    verdict = judge(RunDirectory.open(run.path))
    found = {p.name: str(p.status) for p in verdict.promises if p.sink in (None, "primary")}

    assert verdict.exit_code == 2
    assert (found["load_delivered"], found["no_phantom_write"]) == ("UNKNOWN", "UNKNOWN")
    assert [p.because for p in verdict.promises if p.status == "FAIL" and p.name in LANDING] == []


def test_a_worker_that_never_wrote_that_it_stopped_is_no_pass(tmp_path: Path) -> None:
    """The last line of its events is gone, with a whole line: nothing is torn, and yet something is missing."""
    run = tell(tmp_path / "run", Story(chapters=("baseline",)))
    keep(run.path / LOAD, 0.5)

    assert judge(RunDirectory.open(run.path)).exit_code == 2


def test_what_is_torn_is_in_the_verdict(tmp_path: Path) -> None:
    """By file, with how many records."""
    run = tell(tmp_path / "run", Story(chapters=("baseline",)))
    tear(run.path / W0)
    tear(run.path / "delivery" / "w0.ndjson")

    again = RunDirectory.open(run.path)
    assert to_json(judge(again), again.facts)["torn"] == {"delivery/w0.ndjson": 1, "ledger/w0.ndjson": 1}


@pytest.mark.parametrize(
    ("endpoint", "journey", "kinds"),
    [
        pytest.param("POST /api/quickShipEntireShipGroup", "fulfillment", ["shipment"], id="packing to ship"),
        pytest.param("POST /api/quickShipEntireShipGroup", "bopis", [], id="packing to hand over"),
        pytest.param("POST /api/updateShipment", "bopis", ["shipment"], id="handing over"),
        pytest.param("POST /api/uploadAndImportfile", "bulk", ["order"], id="orders"),
        pytest.param("POST /api/solr-query", "bopis", [], id="a read"),
    ],
)
def test_which_request_is_which_write(endpoint: str, journey: str, kinds: list[str]) -> None:
    """Only where the ledger has an intent for it; what is missing there is a hole."""
    row = {"start_us": 5, "worker": "w0", "endpoint": endpoint, "journey": journey}
    found = write_starts(pa.Table.from_pylist([row], schema=SAMPLES))

    assert {where: starts.tolist() for where, starts in found.items()} == {("w0", kind): [5] for kind in kinds}


def test_a_second_attempt_needs_an_intent_of_its_own() -> None:
    """Two requests that handed over, and one intent: the other's is gone."""
    starts = {("w0", "shipment"): np.array([5, 20])}
    once = shipment("GD1:S", at_s=1, writer="w0")
    twice = replace(once, intents=(("w0", 6), ("w0", 21)))

    assert hole(case(writes=[twice], write_starts=starts)) is None
    assert "lacks what 1 of 2" in str(hole(case(writes=[replace(once, at_us=6)], write_starts=starts)))
