"""One digest for one order or shipment, the same where it is written and where it is read back."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from typing import Any


def order_digest(key: str, items: Iterable[tuple[str, int, int]], amount_minor: int) -> str:
    """Return 16 hex digits that stand for an order.

    ``items`` are ``(product id, quantity, unit price in minor units)``, in any order; ``amount_minor`` is the order's
    total in minor units (cents). Integers only, so that no database's way of writing a decimal can change the digest.
    """
    lines = sorted([product, int(quantity), int(price)] for product, quantity, price in items)
    return _digest([key, lines, int(amount_minor)])


def shipment_digest(key: str, facility_id: str, items: Iterable[tuple[str, int]]) -> str:
    """Return 16 hex digits that stand for what was handed over: from which facility, ``(product id, quantity)`` each.

    ``items`` may be in any order, and one product may be in several: what counts is how much of it left the facility.
    """
    pieces: Counter[str] = Counter()
    for product, quantity in items:
        pieces[product] += int(quantity)
    return _digest([key, facility_id, sorted(pieces.items())])


def _digest(content: list[Any]) -> str:
    canonical = json.dumps(content, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]
