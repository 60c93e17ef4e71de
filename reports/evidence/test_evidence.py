"""The run directory keeps what was written, whatever happened to the writer."""

import json
import multiprocessing
import os
import resource
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from reports.evidence import (
    SINKS,
    Job,
    Landed,
    NotARunDirectoryError,
    RunDirectory,
    SealBrokenError,
    now_us,
    order_digest,
    shipment_digest,
)

SPAWN = multiprocessing.get_context("spawn")


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    return RunDirectory.create(tmp_path / "run", name="test", kind="gameday", facts={"prefix": "GDTEST"})


def test_events_of_all_writers_make_one_timeline(run: RunDirectory) -> None:
    """Events are merged by time and keep their writer."""
    run.events("b").record("second", at_us=20, subject="x", data={"n": 1}, experiment="e")
    run.events("a").record("first", at_us=10)

    found = run.read_events()

    assert [(e.kind, e.writer) for e in found] == [("first", "a"), ("second", "b")]
    assert found[1].data == {"n": 1}


def test_reopening_a_writer_continues_its_chain(run: RunDirectory) -> None:
    """A writer that comes back (another process, the same name) leaves an unbroken chain."""
    run.events("a").record("one")
    run.events("a").record("two")

    assert [e.seq for e in run.read_events()] == [0, 1]
    assert run.broken_chains() == []


def test_a_changed_line_breaks_the_chain(run: RunDirectory) -> None:
    """Who edits an event is found out."""
    writer = run.events("a")
    writer.record("one")
    writer.record("two")
    path = run.path / "events" / "a.ndjson"
    path.write_text(path.read_text().replace('"one"', '"won"'))

    assert len(run.broken_chains()) == 1


def test_a_torn_line_is_dropped_counted_and_written_over(run: RunDirectory) -> None:
    """A line cut short costs itself only, also when its writer comes back."""
    run.events("a").record("one")
    with (run.path / "events" / "a.ndjson").open("a") as out:
        out.write('{"seq":1,"at')
    run.events("a").record("two")

    assert [e.kind for e in run.read_events()] == ["one", "two"]
    assert run.torn["events/a.ndjson"] == 1
    assert run.broken_chains() == []


def _write_and_die(run: Path) -> None:
    writer = RunDirectory.open(run).samples("w1")
    for n in range(10):
        writer.add(sched_us=n, outcome="ok", status=200)
    writer.flush()
    writer.add(sched_us=10, outcome="ok")
    writer.flush()
    os.kill(os.getpid(), signal.SIGKILL)


def test_samples_survive_a_sigkill_and_a_torn_tail(run: RunDirectory) -> None:
    """What was flushed is there after SIGKILL; half a message is dropped and counted."""
    child = SPAWN.Process(target=_write_and_die, args=(run.path,))
    child.start()
    child.join(60)
    assert child.exitcode == -signal.SIGKILL
    assert run.read_samples().num_rows == 11

    path = run.path / "samples" / "w1.arrows"
    os.truncate(path, path.stat().st_size - 7)
    table = run.read_samples()

    assert table.num_rows == 10
    assert table.column("worker").to_pylist() == ["w1"] * 10
    assert run.torn["samples/w1.arrows"] == 1


@pytest.mark.parametrize("keep", range(0, 4000, 333))
def test_a_stream_cut_anywhere_is_readable(run: RunDirectory, keep: int) -> None:
    """No cut makes the rest unreadable."""
    writer = run.samples("w")
    for n in range(5):
        writer.add(sched_us=n)
        writer.flush()
    os.truncate(writer.path, min(keep, writer.path.stat().st_size))

    assert run.read_samples().num_rows <= 5


def test_compaction_keeps_every_sample(run: RunDirectory) -> None:
    """Parquet holds what the streams held, and the streams are gone."""
    for worker in ("a", "b"):
        writer = run.samples(worker)
        writer.add(sched_us=1, endpoint="GET /", outcome="ok")
        writer.close()
    before = run.read_samples()
    run.compact_samples()

    assert run.read_samples().equals(before)
    assert not list((run.path / "samples").glob("*.arrows"))


def test_a_sample_with_an_unknown_column_is_refused(run: RunDirectory) -> None:
    """A misspelt column is an error at once, not a lost value."""
    with pytest.raises(TypeError, match="latency"):
        run.samples("w").add(sched_us=1, latency=3)


def test_a_write_is_unknown_until_its_answer_is_in_the_ledger(run: RunDirectory) -> None:
    """The ledger tells acknowledged, refused and unknown apart, over several attempts."""
    out = run.write_ledger("w")
    for key in ("acked", "refused", "mixed", "sent", "intended"):
        out.intent(key, "order", digest="d", amount_minor=100, sinks=["primary"])
    for key in ("acked", "refused", "mixed", "sent"):
        out.sent(key, 1)
    out.outcome("acked", 1, "acknowledged", at_us=77)
    out.outcome("refused", 1, "refused", "connection refused")
    out.outcome("mixed", 1, "unknown", "timeout")
    out.sent("mixed", 2)
    out.outcome("mixed", 2, "refused", "connection refused")

    found = {write.key: write for write in run.read_ledger()}

    assert {key: write.outcome for key, write in found.items()} == {
        "acked": "acknowledged",
        "refused": "refused",
        "mixed": "unknown",
        "sent": "unknown",
        "intended": "unknown",
    }
    assert found["acked"].acknowledged_us == 77


def test_a_write_that_two_writers_tried_is_one_write_with_all_attempts(run: RunDirectory) -> None:
    """Each counts from one; the first intent is what was meant, and every intent is on record."""
    for writer, at_us, outcome in (("w1", 20, "acknowledged"), ("w0", 10, "unknown")):
        out = run.write_ledger(writer)
        out.intent("GD1:S", "shipment", digest=writer, amount_minor=None, sinks=SINKS, at_us=at_us)
        out.sent("GD1:S", 1, at_us=at_us)
        out.outcome("GD1:S", 1, outcome, at_us=at_us + 1)  # type: ignore[arg-type]

    (found,) = run.read_ledger()

    assert (found.writer, found.digest, found.at_us) == ("w0", "w0", 10)
    assert [attempt.outcome for attempt in found.attempts] == ["unknown", "acknowledged"]
    assert (found.outcome, found.acknowledged_us) == ("acknowledged", 21)
    assert found.intents == (("w0", 10), ("w1", 20))


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(("GD2:S", "BOSTON", [("P1", 1), ("P2", 3)]), id="another order"),
        pytest.param(("GD1:S", "CHICAGO", [("P1", 1), ("P2", 3)]), id="from elsewhere"),
        pytest.param(("GD1:S", "BOSTON", [("P1", 1)]), id="an item is missing"),
        pytest.param(("GD1:S", "BOSTON", [("P1", 1), ("P2", 2)]), id="too few"),
    ],
)
def test_the_digest_of_a_shipment_tells_what_left_from_where(other: tuple) -> None:
    """Whatever the order of its items, and however many lines one product is in."""
    digest = shipment_digest("GD1:S", "BOSTON", [("P1", 1), ("P2", 3)])

    assert digest == shipment_digest("GD1:S", "BOSTON", [("P2", 2), ("P1", 1), ("P2", 1)])
    assert digest != shipment_digest(*other)


def test_undo_records_carry_their_furthest_step(run: RunDirectory) -> None:
    """An undo is open until it is verified."""
    undo = run.undo()
    first = undo.intent("i-1", "stop", experiment="e", before={"pid": 1}, way_back={"kind": "run_command"}, lease_s=20)
    second = undo.intent("i-2", "stop", experiment="e", before={}, way_back={"kind": "none"})
    undo.applied(first)
    undo.undone(first)
    undo.verified(first, {"state": "running"})

    found = {record.id: record for record in run.read_undo()}

    assert (found[first].state, found[first].is_open) == ("verified", False)
    assert (found[second].state, found[second].is_open) == ("intent", True)


def test_landed_and_jobs_come_back_as_written(run: RunDirectory) -> None:
    """A table read back is the one written; one never written is None, an empty one is empty."""
    rows = [Landed(key="K1", kind="order", count=1, digest="d", amount_minor=5, first_seen_us=3)]
    run.write_landed("primary", rows)
    run.write_landed("replica", [])
    run.write_jobs([Job(when="after", job_id="1", status_id="SERVICE_PENDING")])

    assert run.read_landed("primary") == rows
    assert run.read_landed("replica") == []
    assert run.read_landed("warehouse") is None
    assert run.read_jobs() == [Job(when="after", job_id="1", status_id="SERVICE_PENDING")]


def test_a_sealed_run_does_not_change_unnoticed(run: RunDirectory) -> None:
    """Later work goes beside what is sealed, and a changed file is named."""
    run.events("a").record("one")
    run.seal()
    run.undo().intent("i-1", "x", experiment=None, before={}, way_back={"kind": "none"})
    again = RunDirectory.open(run.path)

    assert again.sealed
    assert again.output.parent == run.path / "derived"
    assert again.read_undo(amended=False) == []
    assert len(again.read_undo()) == 1

    (run.path / "run.json").write_text(json.dumps(run.facts | {"prefix": "XX"}))
    with pytest.raises(SealBrokenError, match=r"run\.json: changed"):
        RunDirectory.open(run.path)


def test_what_is_no_run_directory_is_refused_in_one_line(tmp_path: Path) -> None:
    """The message says what was expected and found."""
    with pytest.raises(NotARunDirectoryError, match=r"no run\.json"):
        RunDirectory.open(tmp_path)


def test_delivery_and_signals_come_back(run: RunDirectory) -> None:
    """Seconds and probe values are read as written; a missing field has its default."""
    run.delivery("w").write({"at_us": 1, "planned": 4, "sent": 3, "completed": 2, "in_flight": 1})
    run.signals("probe").write({"at_us": now_us(), "name": "replica_lag_s", "value": 0.2})

    assert (run.read_delivery()[0].worker, run.read_delivery()[0].sent) == ("w", 3)
    assert (run.read_signals()[0].writer, run.read_signals()[0].value) == ("probe", 0.2)


def test_the_digest_does_not_depend_on_the_order_of_items() -> None:
    """The same order has the same digest, another amount another."""
    one = order_digest("K", [("A", 1, 100), ("B", 2, 50)], 200)

    assert one == order_digest("K", [("B", 2, 50), ("A", 1, 100)], 200)
    assert one != order_digest("K", [("B", 2, 50), ("A", 1, 100)], 201)


def _heavy_modules(found: "multiprocessing.Queue[list[str]]") -> None:
    found.put([name for name in ("pandas", "duckdb", "matplotlib", "scipy", "jinja2") if name in sys.modules])


def test_the_write_side_imports_nothing_heavy() -> None:
    """A load worker does not pay for pandas, DuckDB or matplotlib."""
    found: multiprocessing.Queue[list[str]] = SPAWN.Queue()
    child = SPAWN.Process(target=_heavy_modules, args=(found,))  # it has imported this module, and so the evidence
    child.start()

    assert found.get(timeout=60) == []
    child.join(60)


def _write_on_a_full_disk(run: Path, found: "multiprocessing.Queue[tuple[bool, list[str]]]") -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    undo, raised = RunDirectory.open(run).undo(), False
    undo.intent("i-1", "stop", experiment=None, before={}, way_back={"kind": "none"}, undo_id="whole")
    full = (run / "undo.ndjson").stat().st_size + 50
    resource.setrlimit(resource.RLIMIT_FSIZE, (full, resource.RLIM_INFINITY))
    try:
        undo.intent("i-2", "stop", experiment=None, before={}, way_back={"kind": "none"}, undo_id="cut")
    except OSError:
        raised = True
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    undo.verified("whole")
    found.put((raised, [record.state for record in RunDirectory.open(run).read_undo()]))


def test_a_line_that_is_written_in_part_is_an_error_and_costs_no_other(run: RunDirectory) -> None:
    """A disk that is nearly full takes a part of a line: whoever counts on the line must know."""
    found: multiprocessing.Queue[tuple[bool, list[str]]] = SPAWN.Queue()
    child = SPAWN.Process(target=_write_on_a_full_disk, args=(run.path, found))
    child.start()

    assert found.get(timeout=60) == (True, ["verified"])
    child.join(60)


@pytest.mark.parametrize("cut", [1, 100, 10_000])
def test_a_parquet_file_that_is_not_whole_has_no_rows_and_is_torn(run: RunDirectory, cut: int) -> None:
    """One file costs itself only."""
    for worker in ("a", "b"):
        writer = run.samples(worker)
        writer.add(sched_us=1, outcome="ok")
        writer.close()
    run.compact_samples()
    run.write_landed("primary", [Landed(key="K", kind="order", count=1)])
    run.write_jobs([Job(when="after", job_id="1")])
    for name in ("samples/a.parquet", "landed/primary.parquet", "jobs.parquet"):
        path = run.path / name
        os.truncate(path, max(0, path.stat().st_size - cut))

    assert run.read_samples().column("worker").to_pylist() == ["b"]
    assert (run.read_landed("primary"), run.read_jobs()) == (None, None)
    assert run.torn == {"samples/a.parquet": 1, "landed/primary.parquet": 1, "jobs.parquet": 1}


@pytest.mark.parametrize(
    ("name", "line", "read"),
    [
        ("events/a.ndjson", '{"seq":0,"at_us":null,"kind":"x"}', RunDirectory.read_events),
        ("events/a.ndjson", '{"seq":0,"at_us":1,"kind":"x","data":[1]}', RunDirectory.read_events),
        ("delivery/w0.ndjson", '{"at_us":1,"planned":"four"}', RunDirectory.read_delivery),
        ("signals.ndjson", '{"at_us":"now","name":"x"}', RunDirectory.read_signals),
        ("ledger/w0.ndjson", '{"t":"intent","key":"K","at_us":null}', RunDirectory.read_ledger),
        ("ledger/w0.ndjson", '{"t":"sent","key":"K","n":1,"at_us":1}', RunDirectory.read_ledger),
        ("undo.ndjson", '{"t":"intent","id":"1","at_us":[]}', RunDirectory.read_undo),
    ],
)
def test_a_record_that_is_not_as_its_schema_says_is_torn(
    run: RunDirectory, name: str, line: str, read: Callable[[RunDirectory], list[object]]
) -> None:
    """It is whole JSON and means nothing: dropped and counted, never an exception."""
    (run.path / name).parent.mkdir(exist_ok=True)
    (run.path / name).write_text(line + "\n")

    assert read(run) == []
    assert run.torn == {name: 1}


@pytest.mark.parametrize(
    ("name", "value"),
    [("started_us", "yesterday"), ("started_us", 10**20), ("objectives", [1]), ("experiments", ["a"]), ("promises", 3),
     ("duration_s", "long")],
)  # fmt: skip
def test_a_run_json_with_another_shape_is_one_line(tmp_path: Path, name: str, value: object) -> None:
    """Whoever opens it would stumble over it later, with a traceback."""
    run = RunDirectory.create(tmp_path / "run", name="x", kind="load", facts={name: value})

    with pytest.raises(NotARunDirectoryError, match=f"run.json: {name}: "):
        RunDirectory.open(run.path)
