"""Made-up requests: arrivals, latencies, and what a fault does to them."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from reports.evidence import RunDirectory
from reports.testing.catalog import Moment, S

JOURNEYS = (
    ("shopper", "POST /api/storeLookup", 0.30, 9.0),
    ("shopper", "POST /api/checkInventory", 0.28, 7.0),
    ("csr", "GET /api/orders/{orderId}", 0.12, 12.0),
    ("pos", "POST /api/service/updateInventoryByIdentification", 0.15, 18.0),
    ("intake", "POST /api/uploadAndImportfile", 0.15, 26.0),
    ("fulfillment", "POST /api/quickShipEntireShipGroup", 0.02, 21.0),
)
SERVERS = ("i-0a1", "i-0a2", "i-0a3", "i-0a4")
TIMEOUT_MS = 3000.0


@dataclass(frozen=True)
class Made:
    """One request as it came out; the writes are made of those that write."""

    journey: str
    due_us: int
    start_us: int
    end_us: int
    outcome: str


def write(
    run: RunDirectory, rng: random.Random, moments: list[Moment], *, until_us: int, rate: float, start_us: int
) -> list[Made]:
    """Write samples and delivery of one worker from ``start_us`` until ``until_us``; return the requests."""
    samples, seconds = run.samples("w0"), run.delivery("w0")
    made: list[Made] = []
    at = float(start_us)
    while (at := at + rng.expovariate(rate) * S) < until_us:
        made.append(_request(samples.add, rng, int(at), moments))
    samples.close()
    for second_us in range(start_us + S, until_us + 1, S):
        count = sum(1 for one in made if second_us - S < one.due_us <= second_us)
        lag = {"schedule_lag_us": rng.randint(500, 9000), "loop_lag_us": rng.randint(200, 30_000), "cpu_ratio": 0.31}
        seconds.write({"at_us": second_us, "planned": count, "sent": count, "completed": count, "in_flight": 1, **lag})
    seconds.close()
    return made


def _request(add: Callable[..., None], rng: random.Random, due_us: int, moments: list[Moment]) -> Made:
    journey, endpoint, _, typical_ms = rng.choices(JOURNEYS, weights=[one[2] for one in JOURNEYS])[0]
    moment = next((m for m in moments if m.bad_us[0] <= due_us < m.bad_us[1]), None)
    bad = moment is not None and rng.random() < moment.chapter.bad_ratio
    latency_ms = min(TIMEOUT_MS, rng.lognormvariate(0, 0.45) * typical_ms * (3 if moment else 1))
    if bad:
        latency_ms = TIMEOUT_MS if rng.random() < 0.3 else rng.uniform(2, 400)
    business = not bad and journey == "pos" and rng.random() < 0.01
    start_us = due_us + rng.randint(100, 4000)
    outcome = "refused" if business else ("failed" if bad else "ok")
    error = "business: not enough stock" if business else ("status 502" if bad else None)
    end_us = start_us + int(latency_ms * 1000)
    add(
        sched_us=due_us,
        start_us=start_us,
        first_byte_us=end_us - 500,
        end_us=end_us,
        endpoint=endpoint,
        journey=journey,
        status=502 if bad else 200,
        outcome=outcome,
        error=error,
        bytes=rng.randint(80, 4000),
        peer="127.3.1.5",
        server=rng.choice(SERVERS),
        wire_attempts=1,
    )
    return Made(journey, due_us, start_us, end_us, outcome)
