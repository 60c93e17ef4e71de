"""Caught means: the named promise FAILs at the named sink, and nothing FAILs that should not."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from experiments import weaknesses
from experiments.weaknesses import Finding, Weakness, known, table, weigh
from reports.judge.judging import PER_EXPERIMENT, PER_RUN, PER_SINK

WEAKNESS = Weakness("w", "baseline", "no_acknowledged_write_lost", "warehouse", ("landed_within_freshness",))


def _promise(name: str, status: str, sink: str | None = None) -> dict[str, Any]:
    return {"name": name, "status": status, "sink": sink, "experiment": None, "because": "3 of 10"}


NAMED = _promise("no_acknowledged_write_lost", "FAIL", "warehouse")


@pytest.mark.parametrize(
    ("promises", "caught"),
    [
        pytest.param([NAMED], True, id="named"),
        pytest.param([NAMED, _promise("landed_within_freshness", "FAIL", "warehouse")], True, id="allowed-beside"),
        pytest.param([NAMED, _promise("jobs_drained", "UNKNOWN")], True, id="unknown-beside"),
        pytest.param([NAMED, _promise("jobs_drained", "FAIL")], False, id="another-fails"),
        pytest.param([_promise("no_acknowledged_write_lost", "FAIL", "primary")], False, id="wrong-sink"),
        pytest.param([_promise("no_acknowledged_write_lost", "UNKNOWN", "warehouse")], False, id="unknown-is-a-miss"),
        pytest.param([], False, id="not-judged"),
    ],
)
def test_a_weakness_is_caught_by_its_promise_alone(promises: list[dict[str, Any]], caught: bool) -> None:
    """UNKNOWN is a miss."""
    assert weigh(WEAKNESS, {"verdict": "FAIL", "promises": promises}).caught is caught


@pytest.mark.parametrize(("status", "caught"), [("UNKNOWN", True), ("PASS", False), ("FAIL", False)])
def test_a_promise_that_never_fails_is_caught_by_unknown(status: str, caught: bool) -> None:
    weakness = Weakness("w", "terminate-sync-instance", "fault_happened", None, (), status="UNKNOWN")
    assert weigh(weakness, {"verdict": "UNKNOWN", "promises": [_promise("fault_happened", status)]}).caught is caught


@dataclass
class FakeDay:
    """A game day that is over at its second look."""

    looks: int = 0
    ended: bool = False

    @property
    def exit_code(self) -> int | None:
        self.looks += 1
        return 1 if self.looks > 1 else None

    def ask_to_end(self) -> None: ...

    def end(self, *, within_s: float) -> bool:
        self.ended = True
        return True

    def last_line(self) -> str:
        return "no verdict"


def test_lanes_share_no_region_and_the_findings_keep_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    at_once: list[list[str]] = []
    running: list[tuple[str, FakeDay]] = []

    def start(_: str, command: list[str], *, env: dict[str, str], **__: Path) -> FakeDay:
        running[:] = [(region, day) for region, day in running if not day.ended]
        running.append((env["SUITE_REGION"], FakeDay()))
        at_once.append([region for region, _ in running])
        return running[-1][1]

    monkeypatch.setattr(weaknesses, "start", start)
    monkeypatch.setattr(weaknesses, "LOOK_EVERY_S", 0)
    wanted = [(WEAKNESS, seed) for seed in range(1, 6)]
    said: list[str] = []
    found = weaknesses.find(wanted, regions=["a", "b"], say=said.append)
    assert [one.because for one in found] == ["no verdict"] * 5
    assert max(map(len, at_once)) == 2
    assert all(len(set(regions)) == len(regions) for regions in at_once)
    assert len(said) == 10


def test_the_table_counts_the_runs_that_caught_it() -> None:
    good = Finding(WEAKNESS, "FAIL", caught=True, because="3 of 10")
    shown = table([good, Finding(WEAKNESS, "PASS", caught=False, because="it held"), good])
    assert shown.row_count == 1
    assert list(shown.columns[3].cells) == ["2 of 3 MISSED"]
    assert list(shown.columns[5].cells) == ["it held"]


def test_every_promise_has_a_weakness_that_breaks_it() -> None:
    """Without one nobody knows that the check behind it can fail."""
    broken = {weakness.promise: weakness.status for weakness in known()}
    never_fail = {"fault_happened", "load_delivered"}

    assert {*PER_EXPERIMENT, *PER_RUN, *PER_SINK} == broken.keys()
    assert {promise for promise, status in broken.items() if status == "UNKNOWN"} == never_fail
