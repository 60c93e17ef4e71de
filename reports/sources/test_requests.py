"""What counts as a good request, whose fault was on, and what says nothing about the system."""

from pathlib import Path
from typing import Any

import pytest

from reports.evidence import RunDirectory
from reports.sources.requests import Requests
from reports.sources.runs import FaultWindow, fault_windows, recorded
from reports.testing.cases import NAME, S, beats, case, course, event

DAY_US = 86_400 * S
FAULT = FaultWindow("terminate-sync-instance", 20 * S, 30 * S)


def taken(
    tmp_path: Path, *, lagging: tuple[int, ...] = (), silent: range = range(0), lag_us: int = 900_000, **columns: Any
) -> dict[str, Any]:
    """The row of one request that was due at second 10, in a run whose last request was due at second 60."""
    run = RunDirectory.create(tmp_path / "run", name="x", kind="load", facts={})
    good = {"endpoint": "GET /x", "outcome": "ok", "start_us": 10 * S, "end_us": 10 * S + 40_000}
    out = run.samples("w0")
    out.add(sched_us=10 * S, **(good | columns))
    out.add(sched_us=60 * S, endpoint="last", outcome="ok", start_us=60 * S, end_us=60 * S + 1)
    out.close()
    seconds = [
        beat
        for second in range(1, 61)
        if second not in silent
        for beat in beats(to_s=second, loop_lag_us=lag_us * (second in lagging))[-1:]
    ]
    requests = Requests()
    requests.add(0, run, case(delivery=seconds), [FAULT], from_us=0, to_us=DAY_US)
    found = requests.ask("SELECT * FROM requests WHERE endpoint <> 'last'")
    row: dict[str, Any] = found.astype(object).where(found.notna(), None).iloc[0].to_dict()
    return row


@pytest.mark.parametrize(
    ("columns", "good"),
    [
        ({}, True),
        ({"outcome": "refused", "error": "business: not enough stock"}, True),
        ({"outcome": "refused", "error": "connection refused"}, False),
        ({"outcome": "failed"}, False),
        ({"outcome": "unknown"}, False),
        ({"outcome": None}, False),
        ({"start_us": 12 * S, "end_us": 13 * S}, True),
        ({"start_us": 12 * S + 1, "end_us": 13 * S}, False),  # sent too late: the one before was still waiting
        ({"start_us": None, "end_us": None, "outcome": "censored"}, False),  # never sent
        ({"end_us": None, "outcome": "censored"}, False),  # fifty seconds without an answer
    ],
)
def test_good(tmp_path: Path, columns: dict[str, Any], good: bool) -> None:
    """As the judge of a game day has it."""
    row = taken(tmp_path, **columns)

    assert row["good"] is good
    assert row["measured"] is True
    assert (row["took_us"] is not None) is good


def test_latency_counts_from_when_it_was_due(tmp_path: Path) -> None:
    """Not from when it was sent."""
    assert taken(tmp_path, start_us=11 * S, end_us=11 * S + 5)["took_us"] == S + 5


@pytest.mark.parametrize(
    ("columns", "experiment"),
    [
        ({}, None),
        ({"end_us": 19 * S}, None),
        ({"end_us": 20 * S}, FAULT.experiment),  # in flight when the fault came
        ({"sched_us": 29 * S, "start_us": 29 * S, "end_us": 40 * S}, FAULT.experiment),
        ({"sched_us": 30 * S, "start_us": 30 * S, "end_us": 31 * S}, None),
    ],
)
def test_a_fault_is_charged_with_what_was_in_flight(
    tmp_path: Path, columns: dict[str, Any], experiment: str | None
) -> None:
    """Also with what was due before it, and answered into it."""
    sched = columns.pop("sched_us", 10 * S)
    run = RunDirectory.create(tmp_path / "run", name="x", kind="load", facts={})
    out = run.samples("w0")
    out.add(
        **{"sched_us": sched, "endpoint": "GET /x", "outcome": "ok", "start_us": sched, "end_us": sched + 1} | columns
    )
    out.close()
    requests = Requests()
    requests.add(0, run, case(), [FAULT], from_us=0, to_us=DAY_US)

    assert requests.ask("SELECT experiment FROM requests")["experiment"].astype(object).tolist() == [experiment]


def test_a_second_in_which_the_generator_was_late_is_not_measured(tmp_path: Path) -> None:
    """Whatever came of it; the seconds beside it are."""
    assert taken(tmp_path / "a", lagging=(10,))["measured"] is False  # the second that ends when it was due
    assert taken(tmp_path / "b", lagging=(9, 11))["measured"] is True


def test_a_frozen_generator_measures_nothing_all_the_time(tmp_path: Path) -> None:
    """Not only in its last second: what was due meanwhile is sent late by the generator, not by the system."""
    late: dict[str, Any] = {"start_us": 16 * S, "end_us": 16 * S + 5}
    lagging = taken(tmp_path / "a", lagging=(16,), lag_us=8 * S, **late)
    silent = taken(tmp_path / "b", silent=range(9, 16), **late)

    assert (lagging["measured"], silent["measured"]) == (False, False)
    assert taken(tmp_path / "c", silent=range(11, 16), **late)["measured"] is True


def test_what_was_cut_off_by_the_end_is_not_measured(tmp_path: Path) -> None:
    """Due just before the run was ended: nobody waited for its answer."""
    run = RunDirectory.create(tmp_path / "run", name="x", kind="load", facts={})
    out = run.samples("w0")
    for at in (10, 59, 60):
        out.add(sched_us=at * S, endpoint="GET /x", outcome="censored", start_us=at * S)
    out.close()
    requests = Requests()
    requests.add(0, run, case(), [], from_us=0, to_us=DAY_US)

    assert requests.ask("SELECT measured FROM requests ORDER BY due_us")["measured"].tolist() == [True, False, False]
    assert recorded(run.path).to_us == 60 * S


@pytest.mark.parametrize(("result", "to_s"), [("completed", 40), ("aborted", 50), (None, 99)])
def test_when_a_fault_was_on(result: str | None, to_s: int) -> None:
    """To the end of its recovery; cut short it has none, and was undone when the experiment ended; killed: for ever."""
    events = course()[:-1] + ([event("experiment.finished", 50, result=result)] if result else [])

    assert fault_windows(case(events=events), end_us=99 * S) == [FaultWindow(NAME, 15 * S, to_s * S)]
