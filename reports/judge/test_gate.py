"""The rules of a load gate on made-up requests: what passes, what fails, and what nobody can know."""

import math

import pyarrow as pa
import pytest

from reports.evidence.schema import SAMPLES
from reports.judge.answers import Answers, of_samples
from reports.judge.gate import judge_rule
from reports.judge.measures import requests_needed
from reports.judge.promise import Promise
from reports.judge.rules import Rule, Who, shown, written
from reports.judge.stretch import Stretch

S = 1_000_000
STOCK, ORDERS, ORDER = "POST /api/checkInventory", "GET /api/orders", "GET /api/orders/{orderId}"


def requests(*groups: tuple[int, dict[str, object]], to_s: float = 10) -> Answers:
    """Return requests evenly over ``to_s``; a group is how many of them are like that. Without more: 100 ms, ok."""
    likes = [like for count, like in groups for _ in range(count)]
    rows = []
    for n, like in enumerate(likes):
        due = int(n * to_s * S / len(likes))
        row = {"took_s": 0.1, "outcome": "ok", "endpoint": STOCK, "journey": "shopper", **like}
        took = row.pop("took_s")
        end = None if took is None else due + int(float(took) * S)  # type: ignore[arg-type]
        row |= {"sched_us": due, "start_us": due, "end_us": end, "worker": "w0"}
        rows.append({name: row.get(name) for name in SAMPLES.names})
    return of_samples(pa.Table.from_pylist(rows, schema=SAMPLES), {"w0": int((to_s + 3) * S)})


def judged(measure: str, bound: float, found: Answers, who: Who | None = None, *, inclusive: bool = False) -> Promise:
    rule = Rule("a rule", measure, who or Who(), bound, inclusive, "my.rules, line 1")
    return judge_rule(rule, Stretch(found.due_between(0, 10 * S), found, 0, 10 * S))


Like = dict[str, object]
OK: Like = {}
SLOW: Like = {"took_s": 2.0}
FAILED: Like = {"outcome": "failed", "error": "502"}
REFUSED: Like = {"took_s": 0.001, "outcome": "failed", "error": "connection refused"}
BUSINESS: Like = {"outcome": "refused", "error": "business: not enough stock"}
OPEN: Like = {"took_s": None, "outcome": "censored"}


@pytest.mark.parametrize(
    ("measure", "bound", "groups", "status", "because"),
    [
        pytest.param("p95", 0.8, [(400, OK)], "PASS", "p95 is 100 ms", id="all quick"),
        pytest.param("p95", 0.8, [(380, OK), (20, SLOW)], "PASS", "p95 is 100 ms", id="5 % slow"),
        pytest.param("p95", 0.8, [(379, OK), (21, SLOW)], "FAIL", "p95 is 2.00 s", id="over 5 % slow"),
        pytest.param("p95", 0.8, [(379, OK), (21, FAILED)], "FAIL", "no answer", id="a failure has no answer"),
        pytest.param("p95", 0.8, [(380, OK), (20, FAILED)], "PASS", "20 failed", id="5 % failures are not in the p95"),
        pytest.param("p95", 0.8, [(379, OK), (21, BUSINESS)], "PASS", "p95 is 100 ms", id="a refusal is an answer"),
        pytest.param("p95", 20, [(300, OK), (100, OPEN)], "UNKNOWN", "p95 is >= ", id="open: at least so much"),
        pytest.param("p95", 0.8, [(300, OK), (100, OPEN)], "FAIL", "without an answer", id="open for too long already"),
        pytest.param("p50", 0.8, [(300, OK), (100, OPEN)], "PASS", "p50 is 100 ms", id="open ones are beyond the rank"),
        pytest.param("p99", 0.8, [(298, OK)], "UNKNOWN", "needs 299", id="too few for a p99"),
        pytest.param("p99", 0.8, [(299, OK)], "PASS", "p99 is", id="just enough for a p99"),
        pytest.param("p99", 0.8, [(20, SLOW)], "FAIL", "p99 is 2.00 s", id="few, and all of them slow"),
        pytest.param(
            "p99", 0.8, [(99, OK), (1, SLOW)], "UNKNOWN", "only 100 requests", id="one slow one may be chance"
        ),
        pytest.param("p99.9", 0.8, [(2994, OK)], "UNKNOWN", "needs 2,995", id="too few for a p99.9"),
        pytest.param("p50", 0.8, [(3, OK), (2, SLOW)], "UNKNOWN", "needs 30", id="a median of five is an anecdote"),
        pytest.param("p50", 0.8, [(5, SLOW)], "FAIL", "p50 is 2.00 s", id="few, and all of them slow: a median, too"),
        pytest.param("errors", 0.5, [(5, OK)], "UNKNOWN", "needs 30", id="five without an error"),
        pytest.param("mean", 0.8, [(200, OK), (200, {"took_s": 1.0})], "PASS", "mean is 550 ms", id="mean"),
        pytest.param("mean", 0.8, [(399, OK), (1, OPEN)], "UNKNOWN", "mean is >= ", id="a mean with one open"),
        pytest.param("mean", 0.8, [(20, SLOW)], "UNKNOWN", "only 20 requests", id="a mean of few"),
        pytest.param("max", 0.8, [(399, OK), (1, SLOW)], "FAIL", "max is 2.00 s", id="max"),
        pytest.param("max", 0.8, [(1, SLOW)], "FAIL", "max is 2.00 s", id="one is enough to break a maximum"),
        pytest.param("max", 60, [(399, OK), (1, OPEN)], "UNKNOWN", "max is >= ", id="a maximum with one open"),
        pytest.param("mean", 0.8, [(400, REFUSED)], "UNKNOWN", "400 failed", id="refused at once is no quick answer"),
        pytest.param("max", 0.8, [(399, OK), (1, REFUSED)], "UNKNOWN", "1 failed", id="nor is a single one"),
        pytest.param(
            "mean", 0.05, [(399, OK), (1, REFUSED)], "FAIL", "mean is >= 100 ms", id="too slow, whatever failed"
        ),
        pytest.param("errors", 0.01, [(400, OK)], "PASS", "0 errors in 400 requests", id="no error"),
        pytest.param("errors", 0.01, [(399, OK), (1, FAILED)], "PASS", "1 error in 400", id="few errors"),
        pytest.param("errors", 0.01, [(396, OK), (4, FAILED)], "FAIL", "(1 %)", id="the bound itself is not under it"),
        pytest.param(
            "errors", 0.01, [(390, OK), (3, REFUSED), (7, FAILED)], "FAIL", ", most often '502' (7)", id="two kinds"
        ),
        pytest.param("errors", 0.01, [(396, OK), (4, BUSINESS)], "PASS", "0 errors", id="a refusal is no error"),
        pytest.param("errors", 0.01, [(400, {"outcome": "unknown"})], "FAIL", "(100 %)", id="unknown is an error"),
        pytest.param("errors", 0.01, [(396, OK), (4, OPEN)], "UNKNOWN", "4 more without", id="open may be errors"),
        pytest.param(
            "errors", 0.012, [(300, OK), (4, FAILED), (96, OPEN)], "UNKNOWN", "decides", id="1 % if all are good"
        ),
        pytest.param("errors", 0.001, [(400, OK)], "UNKNOWN", "needs 2,995", id="too few for one in a thousand"),
        pytest.param("errors", 0.001, [(200, OK), (200, FAILED)], "FAIL", "(50 %)", id="few, and half of them bad"),
        pytest.param("errors", 0.001, [(399, OK), (1, FAILED)], "UNKNOWN", "only 400", id="one bad one may be chance"),
        pytest.param("rate", 30, [(400, OK)], "PASS", "/s good answers in 10 s (400 requests due)", id="rate"),
        pytest.param("rate", 30, [(250, OK), (150, FAILED)], "FAIL", "25/s good answers", id="failures are none"),
        pytest.param("rate", 50, [(400, OK)], "UNKNOWN", "the load itself asked for 40/s", id="nobody asked for more"),
        pytest.param(
            "rate", 39.9, [(400, OK)], "UNKNOWN", "did not ask for clearly more", id="asked for just the bound"
        ),
        pytest.param("rate", 39.9, [(399, OK), (1, FAILED)], "FAIL", "the bound is 39.9/s", id="one failed"),
        pytest.param("rate", 39.9, [(300, OK), (100, OPEN)], "FAIL", "the bound is 39.9/s", id="saturated"),
    ],
)
def test_a_rule(measure: str, bound: float, groups: list, status: str, because: str) -> None:
    promise = judged(measure, bound, requests(*groups))
    assert promise.status == status, promise.because
    assert because in promise.because


@pytest.mark.parametrize(("inclusive", "status"), [(True, "PASS"), (False, "FAIL")])
def test_the_bound_itself(inclusive: bool, status: str) -> None:
    """<= and < differ there and nowhere else."""
    assert judged("max", 0.1, requests((400, OK)), inclusive=inclusive).status == status


@pytest.mark.parametrize(
    ("value", "unit", "bound", "said", "kept_to"),
    [
        (3 / 2995, "ratio", 0.001, "0.1002 %", "0.1 %"),
        (0.001, "ratio", 0.001, "0.1 %", "0.1 %"),
        (0.01, "ratio", 0.0101, "1 %", "1.01 %"),
        (0.0100049, "ratio", 0.01, "1.0005 %", "1 %"),
        (0.5002, "s", 0.5, "500.2 ms", "500 ms"),
        (0.214, "s", 2.0, "214 ms", "2 s"),
        (0.9996, "s", 1.0, "999.6 ms", "1 s"),
        (2.0001, "s", 2.0, "2.0001 s", "2 s"),
        (2.4, "s", 0.8, "2.40 s", "800 ms"),
        (39.6, "1/s", 40, "39.6/s", "40/s"),
        (39.64, "1/s", 39.62, "39.64/s", "39.62/s"),
        (1234.4, "1/s", 1000, "1234/s", "1000/s"),
        (math.inf, "s", 1, "no answer", "1 s"),
    ],
)
def test_what_differs_from_the_bound_never_looks_like_it(
    value: float, unit: str, bound: float, said: str, kept_to: str
) -> None:
    """Nor as if it were on the other side."""
    assert (shown(value, unit, bound=bound), written(bound, unit)) == (said, kept_to)


def test_a_rule_says_both() -> None:
    errors = judged("errors", 0.001, requests((2992, OK), (3, FAILED)))
    assert errors.status == "FAIL"
    assert "(0.1002 %), most often '502' (3); the bound is 0.1 %" in errors.because
    slowest = judged("max", 0.5, requests((400, {"took_s": 0.5002})))
    assert (slowest.status, "is 500.2 ms (400 requests); the bound is 500 ms" in slowest.because) == ("FAIL", True)


def test_the_measured_number_is_kept_in_all_its_digits() -> None:
    """verdict.json must not say 0.001 of a bound of 0.001 that was missed."""
    assert judged("errors", 0.001, requests((2992, OK), (3, FAILED))).numbers["measured"] == pytest.approx(3 / 2995)


LAGGING = [("w0", 4 * S - 1, 5 * S - 1)]  # what is due from 4 s up to 5 s: 40 of 400


@pytest.mark.parametrize(
    ("measure", "bound", "late", "status", "because"),
    [
        ("max", 0.5, LAGGING, "PASS", "max is 100 ms (360 requests); the bound is 500 ms; 40 more were due"),
        ("p95", 0.5, LAGGING, "PASS", "p95 is 100 ms (360 requests)"),
        ("mean", 0.15, LAGGING, "PASS", "mean is 100 ms"),
        ("errors", 0.01, LAGGING, "PASS", "0 errors in 360 requests"),
        ("rate", 35, LAGGING, "PASS", "/s good answers in 10 s (400 requests due)"),
        ("max", 0.5, [("w1", 4 * S - 1, 5 * S - 1)], "FAIL", "max is >= 985 ms (400 requests"),
        ("max", 0.5, [("w0", -S, 10 * S)], "UNKNOWN", "400 requests, and all of them were due in seconds"),
    ],
)
def test_what_was_due_while_the_generator_was_late_says_nothing_of_latency_and_errors(
    measure: str, bound: float, late: list[tuple[str, int, int]], status: str, because: str
) -> None:
    """Its own lag is in those times; a rate is of the system all the same."""
    found = requests((160, OK), (20, {"took_s": 0.985}), (20, {"took_s": 0.3, "outcome": "failed"}), (200, OK))
    rule = Rule("a rule", measure, Who(), bound, False, "my.rules, line 1")
    promise = judge_rule(rule, Stretch(found.due_between(0, 10 * S), found, 0, 10 * S, late))
    assert promise.status == status, promise.because
    assert because in promise.because


@pytest.mark.parametrize(
    ("who", "status", "because"),
    [
        pytest.param(Who("endpoint", STOCK), "PASS", "100 requests", id="by its name"),
        pytest.param(Who("endpoint", "checkInventory"), "PASS", "100 requests", id="by its end"),
        pytest.param(Who("endpoint", "orders"), "PASS", "200 requests", id="an end is a whole part of the path"),
        pytest.param(Who("endpoint", "orders/{orderId}"), "PASS", "100 requests", id="two parts"),
        pytest.param(Who("journey", "csr"), "PASS", "300 requests", id="a journey"),
        pytest.param(Who("endpoint", "Inventory"), "UNKNOWN", "no request to Inventory in this run", id="half a word"),
        pytest.param(Who("endpoint", "GET /api/nobody"), "UNKNOWN", f"there are {ORDERS}", id="nobody called it"),
        pytest.param(Who("journey", "bopis"), "UNKNOWN", "journey:bopis in this run; there are csr", id="no journey"),
    ],
)
def test_whose_requests(who: Who, status: str, because: str) -> None:
    """A rule on what nobody called is UNKNOWN and names it."""
    found = requests(
        (100, OK), (200, {"endpoint": ORDERS, "journey": "csr"}), (100, {"endpoint": ORDER, "journey": "csr"})
    )
    promise = judged("p95", 0.8, found, who)
    assert promise.status == status, promise.because
    assert because in promise.because


def test_a_name_that_two_endpoints_end_with_is_unknown() -> None:
    found = requests((100, {"endpoint": "GET /api/stock"}), (100, {"endpoint": "POST /api/stock"}))
    promise = judged("p95", 0.8, found, Who("endpoint", "stock"))
    assert promise.status == "UNKNOWN"
    assert "not one endpoint but 2: GET /api/stock, POST /api/stock" in promise.because


@pytest.mark.parametrize("measure", ["p95", "mean", "max", "errors", "rate"])
def test_no_request_at_all_is_unknown(measure: str) -> None:
    """Looking at nothing is never PASS."""
    promise = judged(measure, 0.5, requests())
    assert promise.status == "UNKNOWN"
    assert "no request" in promise.because


def test_what_was_never_sent_counts_from_when_it_was_due_until_the_last_was_due() -> None:
    """After that nothing was sent for reasons of the load's own; what is in flight had no answer for longer."""
    row = {"endpoint": STOCK, "worker": "w0", "outcome": "censored"}
    rows = [
        {**row, "sched_us": 0},
        {**row, "sched_us": 1 * S, "start_us": 1 * S},
        {**row, "sched_us": 4 * S, "start_us": 4 * S, "end_us": 5 * S, "outcome": "ok"},
    ]
    table = pa.Table.from_pylist([{name: r.get(name) for name in SAMPLES.names} for r in rows], schema=SAMPLES)
    assert of_samples(table, {"w0": 7 * S}).took_s.tolist() == [4, 6, 1]


def test_numbers_are_as_verdict_json_has_them() -> None:
    found = judged("p95", 0.8, requests((400, OK))).to_json()["numbers"]
    assert found == {
        "measured": 100.0,
        "unit": "ms",
        "base": 400,
        "objective": 800.0,
        "objective_from": "my.rules, line 1",
    }


@pytest.mark.parametrize(("share", "needed"), [(0.05, 59), (0.01, 299), (0.001, 2995), (0.1, 29), (1.0, 1)])
def test_how_many_requests_a_share_needs(share: float, needed: int) -> None:
    """Wilks: with so many and none bad, the share is under the bound at 95 %; with one fewer it is not."""
    assert requests_needed(share) == needed
    if share < 1:
        assert math.pow(1 - share, needed) <= 0.05 < math.pow(1 - share, needed - 1)
