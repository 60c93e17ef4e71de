"""One digest for one order, the same where it is written and where it is read back."""

import hashlib
import json
from collections.abc import Iterable


def order_digest(key: str, items: Iterable[tuple[str, int, int]], amount_minor: int) -> str:
    """Return 16 hex digits that stand for an order.

    ``items`` are ``(product id, quantity, unit price in minor units)``, in any order; ``amount_minor`` is the order's
    total in minor units (cents). Integers only, so that no database's way of writing a decimal can change the digest.
    """
    lines = sorted([product, int(quantity), int(price)] for product, quantity, price in items)
    canonical = json.dumps([key, lines, int(amount_minor)], separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]
