"""Rows packed and read: what goes in comes out as columns."""

import json
from typing import Any

import pyarrow as pa

from loadtests.api.answers import Answer, Judged
from loadtests.api.call import Call
from loadtests.client import Exchange
from loadtests.recording.recorder import Flight, Recorder
from reports.evidence import RunDirectory

TRACE = bytes.fromhex("65e0b6a70123456789abcdef01234567")
CALL = Call("GET", "/x", "GET /x", None)


class Collected:
    """In place of a file."""

    worker = "w7"

    def __init__(self) -> None:
        self.batches: list[pa.RecordBatch] = []

    def write(self, batch: pa.RecordBatch) -> None:
        self.batches.append(batch)

    def rows(self) -> list[dict[str, Any]]:
        return [row for batch in self.batches for row in batch.to_pylist()]


def recorder_of(also: Any = None) -> tuple[Recorder, Collected]:
    collected = Collected()
    return Recorder(collected, None, also=also), collected  # type: ignore[arg-type]


def end(recorder: Recorder, *, error: str | None = None, status: int | None = 200, **exchange: Any) -> None:
    flight = Flight(CALL, "shopper", 5, 6, TRACE)
    recorder.start(flight)
    judged = Judged("ok" if error is None else "failed", error, {})
    recorder.end(flight, Answer(status, b"body", instance="i-1"), Exchange(**exchange), judged)


def test_a_request_with_everything_known_of_it() -> None:
    recorder, collected = recorder_of()
    known: dict[str, Any] = {"first_byte_us": 7, "dns_us": 1, "connect_us": 2, "tls_us": 3, "wire_attempts": 1}
    end(recorder, peer="127.0.0.1", address="127.0.0.2", **known)
    recorder.flush()
    (row,) = collected.rows()
    assert row.pop("end_us") > 6
    assert row == {
        **known, "sched_us": 5, "start_us": 6, "endpoint": "GET /x", "journey": "shopper", "status": 200,
        "outcome": "ok", "error": None, "bytes": 4, "peer": "127.0.0.1", "server": "i-1", "phase": None,
        "trace_id": "1-65e0b6a7-0123456789abcdef01234567", "address": "127.0.0.2", "worker": "w7",
    }  # fmt: skip


def test_what_is_not_known_is_null_and_zero_is_not() -> None:
    recorder, collected = recorder_of()
    end(recorder, error="connect: ECONNREFUSED", status=None, dns_us=0)
    recorder.flush()
    (row,) = collected.rows()
    nulls = {name for name, value in row.items() if value is None}
    assert nulls == {"first_byte_us", "status", "peer", "phase", "connect_us", "tls_us", "address"}
    assert (row["dns_us"], row["wire_attempts"], row["outcome"], row["error"]) == (
        0,
        0,
        "failed",
        "connect: ECONNREFUSED",
    )


def test_what_was_never_sent_and_what_was_in_flight_are_rows() -> None:
    recorder, collected = recorder_of()
    recorder.never_sent(sched_us=1, endpoint="GET /y", journey="csr", outcome="censored", error="not sent")
    recorder.start(Flight(CALL, "shopper", 2, 3, TRACE))
    recorder.censor_in_flight()
    recorder.flush()
    unsent, in_flight = collected.rows()
    assert (unsent["start_us"], unsent["end_us"], unsent["trace_id"], unsent["wire_attempts"]) == (None, None, None, 0)
    assert (in_flight["start_us"], in_flight["end_us"], in_flight["wire_attempts"]) == (3, None, None)
    assert {unsent["outcome"], in_flight["outcome"]} == {"censored"}


def test_a_request_that_nobody_waits_for_any_more_is_written_once() -> None:
    recorder, collected = recorder_of()
    flight = Flight(CALL, "shopper", 2, 3, TRACE)
    recorder.start(flight)
    assert recorder.censor(flight, "its user was taken away")
    assert not recorder.censor(flight, "again")
    recorder.end(flight, Answer(200), Exchange(), Judged("ok", None, {}))
    assert recorder.censor_in_flight() == []
    recorder.flush()
    assert [(row["outcome"], row["error"]) for row in collected.rows()] == [("censored", "its user was taken away")]


def test_many_words_and_many_rows_keep_their_order() -> None:
    """More rows than the buffer holds are written out of turn, none is lost."""
    recorder, collected = recorder_of()
    errors = [f"error {number % 1000}" for number in range(40_000)]
    for error in errors:
        end(recorder, error=error)
    assert len(collected.batches) == 2
    recorder.flush()
    assert [row["error"] for row in collected.rows()] == errors


def test_whoever_listens_gets_the_rows_of_each_flush() -> None:
    heard: list[int] = []
    recorder, _ = recorder_of(also=lambda rows: heard.append(len(rows)))
    for count in (2, 0, 3):
        for _ in range(count):
            end(recorder)
        recorder.flush()
    assert heard == [2, 3]


def test_a_stream_of_batches_is_read_back_as_samples(tmp_path: Any) -> None:
    run = RunDirectory.create(tmp_path / "run", name="test", kind="load", facts={})
    recorder = Recorder(run.samples("w0"), run.delivery("w0"))
    end(recorder, peer="127.0.0.1")
    recorder.flush()
    end(recorder, error="cut: EPIPE", status=None)
    recorder.second(planned=2, cpu_ratio=0.5)
    recorder.close()
    rows = run.read_samples().to_pylist()
    assert sorted(row["outcome"] for row in rows) == ["failed", "ok"]
    line = json.loads((run.path / "delivery" / "w0.ndjson").read_text())
    assert (line["planned"], line["sent"], line["completed"], line["in_flight"]) == (2, 2, 2, 0)
