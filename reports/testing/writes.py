"""Made-up writes: the ledger of the requests that write, and what was read back of them."""

import random
from collections import defaultdict
from dataclasses import dataclass

from reports.evidence import SHIPMENT_SUFFIX, SINKS, Landed, LedgerWriter, RunDirectory, order_digest, shipment_digest
from reports.testing.traffic import Made

S = 1_000_000
PREFIX = "GD7K3Q"
FACILITIES, PRODUCTS = ("FAC_LOAD_1", "FAC_LOAD_2"), ("LOAD_1001", "LOAD_1002", "LOAD_1003")
# How long after the acknowledgement a write is there, at least and at most, seconds.
WAY_S = {"primary": (0.4, 3.5), "replica": (0.5, 3.8), "warehouse": (3.0, 9.0)}


@dataclass(frozen=True)
class Written:
    """One write of the story."""

    key: str
    kind: str
    digest: str | None
    amount_minor: int | None
    sum_key: str | None
    units: int
    at_us: int
    outcome: str  # acknowledged, refused, unknown
    applied: bool  # whether it happened


def write_ledger(run: RunDirectory, rng: random.Random, made: list[Made]) -> list[Written]:
    """Write the ledger of every request that writes; return the writes."""
    out = run.write_ledger("w0")
    found: list[Written] = []
    for request in made:
        if request.journey == "intake":
            for _ in range(60 if rng.random() < 0.03 else rng.choice((1, 1, 2, 3))):
                found.append(_order(out, rng, request, len(found)))
        elif request.journey == "pos":
            found.append(_stock(out, rng, request, len(found)))
        elif request.journey == "fulfillment":
            found.append(_shipment(out, rng, request, len(found)))
    out.close()
    return found


def write_sentinel(run: RunDirectory, key: str, at_us: int) -> Written:
    """Write the suite's own last write, which takes one unit of stock; return it."""
    out, sum_key = run.write_ledger("sentinel"), f"{FACILITIES[0]}|{PRODUCTS[0]}"
    stock = {"digest": None, "amount_minor": None, "sinks": SINKS, "sum_key": sum_key, "units": 1}
    out.intent(key, "stock_delta", **stock, at_us=at_us)  # type: ignore[arg-type]
    out.sent(key, 1, at_us=at_us)
    out.outcome(key, 1, "acknowledged", at_us=at_us)
    out.close()
    return Written(key, "stock_delta", None, None, sum_key, 1, at_us, "acknowledged", applied=True)


def write_landed(
    run: RunDirectory,
    rng: random.Random,
    written: list[Written],
    *,
    kind: str,
    lost: int,
    duplicated: int,
    undelivered: int,
) -> None:
    """Write what each sink was read to hold; the first so many of a kind are lost, twice there, never delivered."""
    able = [one for one in written if one.kind == kind and one.applied and one.outcome == "acknowledged"]
    gone = {one.key for one in able[:lost]}
    twice = {one.key for one in able[lost : lost + duplicated]}
    stuck = {one.key for one in able[lost + duplicated : lost + duplicated + undelivered]}
    for sink in SINKS:
        rows = [
            _landed(rng, one, sink, count=2 if one.key in twice else 1)
            for one in written
            if one.sum_key is None
            and one.applied
            and one.key not in gone
            and (sink != "warehouse" or one.key not in stuck)
        ]
        run.write_landed(sink, rows + _sums(written))


def _order(out: LedgerWriter, rng: random.Random, request: Made, n: int) -> Written:
    key, price = f"{PREFIX}00{n:06d}", rng.randint(499, 9999)
    digest = order_digest(key, [(rng.choice(PRODUCTS), 1, price)], price)
    out.intent(key, "order", digest=digest, amount_minor=price, sinks=SINKS, at_us=request.start_us)
    outcome, applied = _answer(out, rng, key, request)
    return Written(key, "order", digest, price, None, 0, request.end_us, outcome, applied)


def _shipment(out: LedgerWriter, rng: random.Random, request: Made, n: int) -> Written:
    key = f"{PREFIX}00{n:06d}{SHIPMENT_SUFFIX}"
    digest = shipment_digest(key, FACILITIES[0], [(rng.choice(PRODUCTS), 1)])
    out.intent(key, "shipment", digest=digest, amount_minor=None, sinks=SINKS, at_us=request.start_us)
    outcome, applied = _answer(out, rng, key, request)
    return Written(key, "shipment", digest, None, None, 0, request.end_us, outcome, applied)


def _stock(out: LedgerWriter, rng: random.Random, request: Made, n: int) -> Written:
    key, units = f"{PREFIX}00{n:06d}", rng.randint(1, 2)
    sum_key = f"{rng.choice(FACILITIES)}|{rng.choice(PRODUCTS)}"
    out.intent(
        key,
        "stock_delta",
        digest=None,
        amount_minor=None,
        sinks=SINKS,
        sum_key=sum_key,
        units=units,
        at_us=request.start_us,
    )
    outcome, applied = _answer(out, rng, key, request)
    return Written(key, "stock_delta", None, None, sum_key, units, request.end_us, outcome, applied)


def _answer(out: LedgerWriter, rng: random.Random, key: str, request: Made) -> tuple[str, bool]:
    out.sent(key, 1, at_us=request.start_us)
    if request.outcome == "ok":
        out.outcome(key, 1, "acknowledged", at_us=request.end_us)
        return "acknowledged", True
    if request.outcome == "refused":
        out.outcome(key, 1, "refused", "business: not enough stock", at_us=request.end_us)
        return "refused", False
    out.outcome(key, 1, "unknown", "status 502", at_us=request.end_us)
    return "unknown", rng.random() < 0.4


def _landed(rng: random.Random, one: Written, sink: str, *, count: int) -> Landed:
    low, high = WAY_S[sink]
    there = one.at_us + int(rng.uniform(low, high) * S)
    return Landed(
        key=one.key,
        kind=one.kind,
        count=count,
        digest=one.digest,
        amount_minor=one.amount_minor,
        first_seen_us=there + S // 2,
        last_absent_us=there - S // 2,
        sink_stamp=there - S,
    )


def _sums(written: list[Written]) -> list[Landed]:
    units: dict[str, int] = defaultdict(int)
    rows: dict[str, int] = defaultdict(int)
    for one in written:
        if one.sum_key and one.applied:
            units[one.sum_key] += one.units
            rows[one.sum_key] += 1
    return [Landed(key=key, kind="stock_delta", count=rows[key], units=total) for key, total in sorted(units.items())]
