"""What a request's row says."""

from pathlib import Path

from loadtests.api.answers import Answer, Judged
from loadtests.api.call import Call
from loadtests.recording.recorder import Flight, Recorder
from loadtests.wire.exchange import Exchange
from reports.evidence import RunDirectory


def test_a_request_ends_when_its_answer_was_there(tmp_path: Path) -> None:
    """Decoding it and writing the ledger come after, and are no part of the system's time."""
    run = RunDirectory.create(tmp_path / "run", name="test", kind="gameday", facts={})
    recorder = Recorder(run.samples("w0"), run.delivery("w0"))
    flight = Flight(Call("GET", "/x", "GET /x", None), "journey", 1_000, 2_000, bytes(16))
    recorder.start(flight)
    assert recorder.end(flight, Answer(200), Exchange(end_us=3_000), Judged("ok", None, {})) == 3_000
    recorder.close()
    assert [(row["start_us"], row["end_us"]) for row in run.read_samples().to_pylist()] == [(2_000, 3_000)]
