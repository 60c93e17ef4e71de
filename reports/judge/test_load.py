"""load_delivered and latency_back_in_band: what the other numbers stand on, and what they compare."""

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from reports.evidence import RunDirectory
from reports.evidence.schema import SAMPLES
from reports.judge.delivery import load_delivered, outside
from reports.judge.latency import latency_back_in_band
from reports.judge.load import judge_load
from reports.judge.promise import Status
from reports.judge.requests import from_samples
from reports.judge.rules import Rule, Who
from reports.judge.verdict import Verdict
from reports.testing.cases import S, beats, case, course, event, traffic
from reports.testing.loads import START_US, write_load


def test_requests_that_failed_in_the_generator_itself_support_nothing() -> None:
    """Out of file descriptors, or a fault in a task: no news of the system. Before and after it they do not matter."""
    ill = case(events=course(), requests=traffic([]), delivery=beats(), own_faults=((25 * S, "generator: EMFILE"),))
    found = load_delivered(ill, ill.experiments[0])
    assert found.status is Status.UNKNOWN
    assert found.because == "1 request failed in the load generator itself: EMFILE"
    well = case(events=course(), requests=traffic([]), delivery=beats(), own_faults=((45 * S, "generator: EMFILE"),))
    assert load_delivered(well, well.experiments[0]).status is Status.PASS


def test_a_load_that_was_delivered_is_a_pass() -> None:
    """What was not sent inside the fault window does not count here."""
    found = case(events=course(), requests=traffic([(15, 20)], unsent_s=[(16, 19)]), delivery=beats())
    promise = load_delivered(found, found.experiments[0])

    assert promise.status == "PASS"
    assert promise.numbers["measured"] == 1.0


@pytest.mark.parametrize(
    ("parts", "because"),
    [
        pytest.param({"requests": traffic([], to_s=0)}, "samples/ is empty", id="no sample"),
        pytest.param({"delivery": ()}, "delivery/ is empty", id="no delivery"),
        pytest.param({"delivery": beats(without=(4, 9))}, "dead or frozen", id="a worker frozen before the fault"),
        pytest.param({"delivery": beats(to_s=16)}, "dead or frozen", id="a worker killed in mid-fault"),
        pytest.param({"delivery": [*beats(), *beats(worker="w1", to_s=16)]}, "worker w1", id="one of two killed"),
        pytest.param({"delivery": beats(loop_lag_us=S)}, "own loop", id="a loop that lags"),
        pytest.param({"requests": traffic([], unsent_s=[(0, 3)])}, "needed", id="under 95 % sent in time"),
        pytest.param({"requests": traffic([], rate=2), "delivery": beats(planned=2)}, "only", id="too few requests"),
        pytest.param({"requests": traffic([], to_s=10)}, "samples are missing", id="rows missing that were due"),
    ],
)
def test_a_load_that_was_not_delivered_is_unknown(parts: dict, because: str) -> None:
    """Never FAIL: it is no news about the system."""
    base = {"requests": traffic([]), "delivery": beats()}
    found = case(events=course(called_s=None), **(base | parts))
    promise = load_delivered(found, found.experiments[0])

    assert promise.status == "UNKNOWN"
    assert because in promise.because


def test_a_load_that_was_stopped_says_why() -> None:
    """The reason of load.stopped is in the sentence."""
    stop = event("load.stopped", 17, experiment=None, reason="died with exit code -9")
    found = case(events=[*course(), stop], requests=traffic([]), delivery=beats(to_s=17))

    assert "died with exit code -9" in load_delivered(found, found.experiments[0]).because


def test_an_experiment_without_phases_is_unknown() -> None:
    """Nothing ran, so nothing was delivered."""
    found = case(events=[event("experiment.started", 0)], requests=traffic([]), delivery=beats())

    assert load_delivered(found, found.experiments[0]).status == "UNKNOWN"


@pytest.mark.parametrize(
    ("hole", "left"),
    [(None, [(0, 10)]), ((2, 4), [(0, 2), (4, 10)]), ((0, 4), [(4, 10)]), ((4, 12), [(0, 4)]), ((-5, 12), [])],
)
def test_a_window_with_a_hole(hole: tuple[int, int] | None, left: list[tuple[int, int]]) -> None:
    """Only what is outside is left."""
    assert outside((0, 10), hole) == left


@pytest.mark.parametrize(
    ("slow_s", "status"),
    [
        pytest.param([], "PASS", id="as before"),
        pytest.param([(35, 40, 0.1)], "PASS", id="100 ms: within the margin"),
        pytest.param([(35, 40, 0.2)], "FAIL", id="200 ms after 10 ms"),
        pytest.param([(20, 30, 0.9)], "PASS", id="slow in the middle only"),
        pytest.param([(0, 10, 0.2), (35, 40, 0.39)], "PASS", id="twice the baseline"),
        pytest.param([(0, 10, 0.2), (35, 40, 0.41)], "FAIL", id="over twice the baseline"),
    ],
)
def test_latency_back_in_band(slow_s: list[tuple[float, float, float]], status: str) -> None:
    """p95 of the last 5 s against max(2 x baseline, baseline + 100 ms)."""
    found = case(events=course(), requests=traffic([], slow_s=slow_s), delivery=beats())

    assert latency_back_in_band(found, found.experiments[0]).status == status


@pytest.mark.parametrize(
    ("slow_s", "late", "status"),
    [
        pytest.param([(36, 37, 0.3)], {37}, "UNKNOWN", id="slow where the generator was late, and nowhere else"),
        pytest.param([(35, 40, 0.3)], {37}, "FAIL", id="slow also where it was not"),
        pytest.param([(36, 37, 0.3)], {34}, "FAIL", id="late at another time"),
        pytest.param(
            [(0, 2, 0.5), (35, 40, 0.2)], {1, 2}, "UNKNOWN", id="late in the baseline, which hides a slow end"
        ),
        pytest.param([], {37}, "PASS", id="late, and quick all the same"),
        pytest.param([(35, 40, 0.3)], {37, 38, 39}, "UNKNOWN", id="nearly nothing is left"),
    ],
)
def test_latency_that_is_the_generators_own_is_not_the_systems(
    slow_s: list[tuple[float, float, float]], late: set[int], status: str
) -> None:
    """A p95 that is over the limit, or within it, only by what the generator delayed itself is not known."""
    seconds = [replace(one, loop_lag_us=150_000 if one.at_us // S in late else 0) for one in beats()]
    found = case(events=course(), requests=traffic([], slow_s=slow_s), delivery=seconds)

    assert latency_back_in_band(found, found.experiments[0]).status == status


@pytest.mark.parametrize(
    ("bad_s", "rate", "status"),
    [
        pytest.param([(38, 40)], 40, "FAIL", id="failures at the end are slower than any answer"),
        pytest.param([(0, 2)], 40, "UNKNOWN", id="failures in the baseline leave nothing to compare with"),
        pytest.param([], 10, "UNKNOWN", id="50 requests in 5 s"),
    ],
)
def test_latency_of_what_failed_or_was_too_few(bad_s: list[tuple[float, float]], rate: int, status: str) -> None:
    """Latency of the successful alone would look good when most fail."""
    found = case(events=course(), requests=traffic(bad_s, rate=rate), delivery=beats())

    assert latency_back_in_band(found, found.experiments[0]).status == status


@pytest.mark.parametrize(
    ("row", "good"),
    [
        pytest.param({"outcome": "ok"}, True, id="ok"),
        pytest.param({"outcome": "refused", "error": "business: no stock"}, True, id="a business refusal is an answer"),
        pytest.param({"outcome": "refused", "error": "connection refused"}, False, id="refused"),
        pytest.param({"outcome": "failed", "error": "status 500"}, False, id="failed"),
        pytest.param({"outcome": "unknown"}, False, id="unknown"),
        pytest.param({"outcome": "censored", "end_us": None}, False, id="in flight at the end"),
        pytest.param({"outcome": "censored", "start_us": None, "end_us": None}, False, id="never sent"),
        pytest.param({"outcome": "ok", "start_us": 3 * S, "end_us": 4 * S}, False, id="sent 3 s late"),
        pytest.param({"outcome": None, "error": None}, False, id="no outcome"),
    ],
)
def test_what_is_a_good_request(row: dict, good: bool) -> None:
    """Answered as it should be, and sent when it was due."""
    columns = {"sched_us": 0, "start_us": 1000, "end_us": 5000, **row}
    table = pa.Table.from_pylist([{name: columns.get(name) for name in SAMPLES.names}], schema=SAMPLES)

    assert from_samples(table, late_s=2).good.tolist() == [good]


def test_no_sample_is_no_request(tmp_path: object) -> None:
    """An empty directory gives an empty table, not an error."""
    run = RunDirectory.create(tmp_path / "r", name="x", kind="load", facts={})  # type: ignore[operator]

    assert len(from_samples(run.read_samples(), late_s=2)) == 0


def test_a_worker_that_began_and_left_no_second_is_missed() -> None:
    """Nobody said how many are started; each says of itself that it began."""
    began = [replace(event("load.worker.started", 0, subject=name), writer=f"load-{name}") for name in ("w0", "w1")]
    found = case(events=[*course(), *began], requests=traffic([]), delivery=beats())

    assert "1 load worker recorded; 2 were started" in load_delivered(found, found.experiments[0]).because


@pytest.mark.parametrize(("last_s", "status"), [(39, "UNKNOWN"), (41, "PASS")])
def test_a_worker_that_was_killed_at_the_very_end_did_not_deliver(last_s: int, status: str) -> None:
    """A silence that is too short to be seen counts when the worker never wrote that it stopped."""
    told = [event("load.worker.started", 0, subject="w0"), event("load.stopped", 50, experiment=None)]
    found = case(events=[*course(), *told], requests=traffic([]), delivery=beats(to_s=last_s))

    assert load_delivered(found, found.experiments[0]).status == status


def _gate(path: Path, lagging: int | None) -> Verdict:
    """Judge 60 s of a load at 40/s; in one second the generator was late, so that what was due then took 985 ms."""
    run = RunDirectory.create(path, name="x", kind="load", facts={"duration_s": 60})
    samples, seconds = run.samples("w0"), run.delivery("w0")
    for n in range(60 * 40):
        due = n * S // 40 + 1
        took = 985_000 if due // S + 1 == 30 else 10_000
        samples.add(sched_us=due, start_us=due, end_us=due + took, endpoint="GET /x", outcome="ok")
    for second in range(1, 61):
        lag = 970_000 if second == lagging else 0
        seconds.write({"at_us": second * S, "planned": 40, "sent": 40, "completed": 40, "loop_lag_us": lag})
    samples.close()
    seconds.close()
    return judge_load(run, [Rule("max of * < 500ms", "max", Who(), 0.5, inclusive=False)])


def test_a_gate_leaves_out_the_seconds_in_which_its_own_generator_was_late(tmp_path: Path) -> None:
    """One of sixty is allowed, and is no news of the system; slow answers in a good second are."""
    late, slow = _gate(tmp_path / "late", 30), _gate(tmp_path / "slow", None)

    assert [promise.status for promise in late.promises] == ["PASS", "PASS"], late.because
    assert "max is 10 ms (2,360 requests)" in late.promises[1].because
    assert "; 40 more were due in seconds in which the load generator itself was late" in late.promises[1].because
    assert (slow.verdict, "max is 985 ms (2,400 requests)" in slow.because) == ("FAIL", True)


@pytest.mark.parametrize(
    ("lag_ms", "slow_s", "took_ms", "status"),
    [
        pytest.param(60, [29], 520, "UNKNOWN", id="slow where the loop was late, and by no more than that"),
        pytest.param(60, [28.975], 520, "UNKNOWN", id="due before that, and read there"),
        pytest.param(600, [28.975], 620, "UNKNOWN", id="due before a second that is left out, and read there"),
        pytest.param(60, [28.975], 985, "FAIL", id="read there, by far more than the loop was late"),
        pytest.param(60, [29], 985, "FAIL", id="by far more than the loop was late"),
        pytest.param(60, [19, 29], 520, "FAIL", id="slow in a good second, too"),
        pytest.param(40, [29], 520, "FAIL", id="the loop was hardly late"),
        pytest.param(60, [], 0, "PASS", id="late, and quick all the same"),
    ],
)
def test_a_latency_rule_is_not_broken_by_the_generators_own_loop(
    tmp_path: Path, lag_ms: int, slow_s: list[float], took_ms: int, status: str
) -> None:
    """A loop that is late, but not so late that its second is left out, makes everything look slower."""
    run = RunDirectory.create(tmp_path / "run", name="x", kind="load", facts={"duration_s": 60})
    samples, seconds = run.samples("w0"), run.delivery("w0")
    for n in range(60 * 40):
        due = n * S // 40 + 1
        took = took_ms * 1000 if any(at_s * S <= due - 1 < (int(at_s) + 1) * S for at_s in slow_s) else 10_000
        samples.add(sched_us=due, start_us=due, end_us=due + took, endpoint="GET /x", outcome="ok")
    for second in range(1, 61):
        lag = lag_ms * 1000 if second == 30 else 0
        seconds.write({"at_us": second * S, "planned": 40, "sent": 40, "completed": 40, "loop_lag_us": lag})
    samples.close()
    seconds.close()
    found = judge_load(run, [Rule("max of * < 500ms", "max", Who(), 0.5, inclusive=False)]).promises[1]

    assert (found.status, (f"up to {lag_ms} ms late" in found.because)) == (status, status == "UNKNOWN"), found.because


def test_an_outage_is_not_the_generators_own_loop(tmp_path: Path) -> None:
    """A loop that is late makes no 502."""
    run = RunDirectory.create(tmp_path / "run", name="x", kind="load", facts={"duration_s": 60})
    samples, seconds = run.samples("w0"), run.delivery("w0")
    for n in range(60 * 40):
        due = n * S // 40 + 1
        error = "502" if 28 * S < due <= 30 * S else None
        outcome = "ok" if error is None else "failed"
        samples.add(sched_us=due, start_us=due, end_us=due + 10_000, endpoint="GET /x", outcome=outcome, error=error)
    for second in range(1, 61):
        lag = 450_000 if second == 30 else 0
        seconds.write({"at_us": second * S, "planned": 40, "sent": 40, "completed": 40, "loop_lag_us": lag})
    samples.close()
    seconds.close()
    rule = Rule("outage of * < 1.5s", "outage", Who(), 1.5, inclusive=False)
    found = judge_load(run, [rule]).promises[1]

    assert (found.status, "2.00 outage-seconds" in found.because) == ("FAIL", True), found.because


@pytest.mark.parametrize(
    ("phase", "status", "because"),
    [
        ("", "PASS", "(1,600 requests)"),
        ("warm-up", "FAIL", "p95 is 985 ms (800 requests)"),
        ("settle", "UNKNOWN", "no phase 'settle' in this run; there are measured, warm-up"),
    ],
)
def test_a_rule_counts_in_the_phase_that_it_names(tmp_path: Path, phase: str, status: str, because: str) -> None:
    """Without one it is the measured phase."""
    run = RunDirectory.create(tmp_path / "run", name="x", kind="load", facts={"duration_s": 40})
    samples, seconds, events = run.samples("w0"), run.delivery("w0"), run.events("loadgate")
    for n in range(60 * 40):
        due = n * S // 40 + 1
        took = 985_000 if due < 20 * S else 10_000
        samples.add(sched_us=due, start_us=due, end_us=due + took, endpoint="GET /x", outcome="ok")
    for second in range(1, 61):
        seconds.write({"at_us": second * S, "planned": 40, "sent": 40, "completed": 40})
    for name, from_s, to_s in (("warm-up", 0, 20), ("measured", 20, 60)):
        events.record("phase.started", subject=name, at_us=from_s * S)
        events.record("phase.finished", subject=name, at_us=to_s * S)
    for writer in (samples, seconds, events):
        writer.close()
    found = judge_load(run, [Rule("p95", "p95", Who(), 0.5, inclusive=False, phase=phase)]).promises[1]

    assert (found.status, because in found.because) == (status, True), found.because


def test_a_rule_that_ended_the_load_is_broken(tmp_path: Path) -> None:
    """Whatever all the requests before say; and only that rule."""
    run = write_load(tmp_path / "run", seconds=30, duration_s=300)
    events = run.events("gate")
    data = {"because": "broken for 3 s on end"}
    events.record("rule.stopped", subject="errors of * < 1% for 3s, stop", data=data, at_us=START_US + 29 * S)
    events.close()
    rules = [Rule(text, "errors", Who(), 0.1, inclusive=False) for text in ("errors of * < 1% for 3s, stop", "other")]
    found = judge_load(run, rules)

    assert [promise.status for promise in found.promises] == ["UNKNOWN", "FAIL", "UNKNOWN"]
    assert found.promises[1].because.startswith("it ended the load after 29 s: broken for 3 s on end; in all 0 errors")
    assert found.verdict == "FAIL"
