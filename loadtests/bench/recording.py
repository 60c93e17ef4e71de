"""What it costs to record a request and to count it: CPU time, written out as often as a busy worker does it."""

import json
import sys
import tempfile
import time
from pathlib import Path

from locust.env import Environment

from loadtests.api.answers import GOOD, Answer
from loadtests.api.call import Call
from loadtests.client import Exchange
from loadtests.recording.recorder import Flight, Recorder
from loadtests.recording.statistics import Statistics
from reports.evidence import RunDirectory, now_us

FLUSHES, ROWS = 40, 5000  # 20,000 requests a second
AT_US = now_us()
CALL = Call("GET", "/", "GET /", None)
ANSWER = Answer(200, bytes(90), instance="i-0123456789abcdef0")
EXCHANGE = Exchange(None, "127.0.0.1", "127.0.0.1", first_byte_us=AT_US, end_us=AT_US, wire_attempts=1)
TRACE = bytes(range(16))


def main() -> None:
    """Print the microseconds of one request as JSON."""
    with tempfile.TemporaryDirectory() as folder:
        run = RunDirectory.create(Path(folder) / "run", name="bench", kind="load", facts={})
        recorder = Recorder(run.samples("w0"), run.delivery("w0"))
        recorder.also = Statistics(Environment().stats, recorder.words).add
        _record(recorder, 1)  # the first flush imports what Arrow needs
        begun_s = time.process_time()
        for _ in range(FLUSHES):
            _record(recorder, ROWS)
        took_s = time.process_time() - begun_s
        recorder.close()
    sys.stdout.write(f"meter: {json.dumps({'us': took_s / (FLUSHES * ROWS) * 1e6})}\n")


def _record(recorder: Recorder, rows: int) -> None:
    for _ in range(rows):
        flight = Flight(CALL, "shopper", AT_US, AT_US, TRACE)
        recorder.start(flight)
        recorder.end(flight, ANSWER, EXCHANGE, GOOD)
    recorder.flush()


if __name__ == "__main__":
    main()
