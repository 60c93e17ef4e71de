"""What a journey may write, under which key, and where it must land. Pure.

Every write carries the run's prefix and stays inside the target file's ``[writes]``. Both are asserted here, at the one
place through which every write goes.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from fixtures.target import Writes
from loadtests.api.fulfillment import OpenOrder
from loadtests.api.ofbiz import OrderLine
from reports.evidence import SHIPMENT_SUFFIX, order_digest, shipment_digest

# Crockford's base 32: no I, L, O, U, so that a key can be read out over a phone.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LONGEST_KEY = 20  # OrderHeader.externalId
RUN_DIGITS = 4
WORKER_DIGITS = 2
COUNT_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Declaration:
    """What a journey declares about its write: the OFBiz field that carries the key, and where the write must land."""

    kind: Literal["order", "shipment", "stock_delta"]
    field: str
    sinks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Intent:
    """One write as it goes into the ledger before the first byte is sent.

    ``digest`` is an order's or a shipment's, ``amount_minor`` an order's; ``sum_key`` ("facility|product") and
    ``units`` are a stock delta's. ``in_doubt``: an earlier attempt of the same write had no answer.
    """

    declaration: Declaration
    key: str
    digest: str | None = None
    amount_minor: int | None = None
    sum_key: str | None = None
    units: int | None = None
    attempt: int = 1
    in_doubt: bool = False


def run_prefix(target_prefix: str, seed: int, started_us: int) -> str:
    """Make a run's prefix: the target's, and four digits that differ for another seed or another second."""
    rng = random.Random(f"{seed}/{started_us // 1_000_000}")
    return target_prefix + "".join(rng.choices(ALPHABET, k=RUN_DIGITS))


def keys(prefix: str, worker: int) -> Iterator[str]:
    """Yield for ever keys that no other worker of the run makes, each at most 20 characters."""
    for count in range(len(ALPHABET) ** COUNT_DIGITS):
        key = prefix + base32(worker, WORKER_DIGITS) + base32(count, COUNT_DIGITS)
        assert len(key) <= LONGEST_KEY, f"key {key}: expected at most {LONGEST_KEY} characters, found {len(key)}"
        yield key


def base32(number: int, digits: int) -> str:
    """Write a number in a fixed count of base 32 digits."""
    assert 0 <= number < len(ALPHABET) ** digits, f"{number} does not fit into {digits} digits"
    return "".join(ALPHABET[number >> 5 * place & 31] for place in reversed(range(digits)))


class Allowed:
    """The part of the system that this run may write to, and what it makes of it."""

    def __init__(self, writes: Writes, prefix: str) -> None:
        self._writes = writes
        self._prefix = prefix

    def order_intent(self, declaration: Declaration, key: str, lines: list[OrderLine]) -> Intent:
        """Return the intent of one order. Raises AssertionError when it would leave what the target file allows."""
        self._check(key, [line.product_id for line in lines])
        amount_minor = sum(line.quantity * line.price_minor for line in lines)
        digest = order_digest(key, [(line.product_id, line.quantity, line.price_minor) for line in lines], amount_minor)
        return Intent(declaration, key, digest=digest, amount_minor=amount_minor)

    def stock_intent(self, declaration: Declaration, key: str, facility_id: str, product_id: str, units: int) -> Intent:
        """Return the intent of one stock delta of so many units. Raises AssertionError as above."""
        self._check(key, [product_id])
        assert facility_id in self._writes.facility_ids, f"facility {facility_id} is not in the target's [writes]"
        assert units > 0, f"expected units over 0, found {units}"
        return Intent(declaration, key, sum_key=f"{facility_id}|{product_id}", units=units)

    def shipment_intent(
        self, declaration: Declaration, order: OpenOrder, *, attempt: int = 1, in_doubt: bool = False
    ) -> Intent:
        """Return the intent of an order's shipment from the facility where it is. Raises AssertionError as above."""
        self._check(order.external_id, [item.product_id for item in order.items])
        where = order.facility_id
        assert where in self._writes.associate_facility_ids, f"facility {where} is not in the target's [writes]"
        key = order.external_id + SHIPMENT_SUFFIX
        digest = shipment_digest(key, where, [(item.product_id, item.quantity) for item in order.items])
        return Intent(declaration, key, digest=digest, attempt=attempt, in_doubt=in_doubt)

    def lines(self, rng: random.Random) -> list[OrderLine]:
        """Make the lines of an order: one to three products, one or two of each."""
        products = rng.sample(self._writes.product_ids, k=min(len(self._writes.product_ids), rng.choice((1, 1, 2, 3))))
        return [OrderLine(product, rng.randint(1, 2), rng.randint(499, 9999)) for product in products]

    def facility(self, rng: random.Random) -> str:
        """Pick a facility."""
        return rng.choice(self._writes.facility_ids)

    def product(self, rng: random.Random) -> str:
        """Pick a product."""
        return rng.choice(self._writes.product_ids)

    @property
    def store_id(self) -> str:
        """The product store that orders are for."""
        return self._writes.product_store_id

    @property
    def facility_ids(self) -> tuple[str, ...]:
        return self._writes.facility_ids

    def _check(self, key: str, product_ids: list[str]) -> None:
        assert key.startswith(self._prefix), f"key {key} does not begin with the run's prefix {self._prefix}"
        foreign = set(product_ids) - set(self._writes.product_ids)
        assert not foreign, f"products {sorted(foreign)} are not in the target's [writes]"
