"""What a request's row says."""

from pathlib import Path

from loadtests.api.answers import Answer, Judged
from loadtests.api.call import Call
from loadtests.recording.recorder import MOST_WORDS, Flight, Recorder
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


def test_what_every_request_says_anew_is_not_remembered_for_ever(tmp_path: Path) -> None:
    """An error that names an order: a flush would take longer and longer. No row says another's words."""
    run = RunDirectory.create(tmp_path / "run", name="test", kind="gameday", facts={})
    recorder = Recorder(run.samples("w0"), run.delivery("w0"))
    errors = [f"order {n} is locked" for n in range(2 * MOST_WORDS)]
    for errors_of_a_flush in (errors, errors[:5], errors[-5:]):
        for error in errors_of_a_flush:
            recorder.never_sent(sched_us=1, endpoint="GET /x", journey="journey", outcome="failed", error=error)
        recorder.flush()
    assert len(recorder.words) == len(recorder.words.known) == 10
    recorder.close()
    assert run.read_samples()["error"].to_pylist() == [*errors, *errors[:5], *errors[-5:]]
