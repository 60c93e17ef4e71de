"""What became of writes whose API has no key: judged by sums per facility and product. Pure.

Acknowledged <= landed <= acknowledged + unknown. Under it, acknowledged units are lost; over it, units landed more than
once. A loss and a duplicate of the same size in the same sum cancel out and cannot be seen: the sums are many, but they
are sums, and the promise says so.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reports.evidence import Landed, Write
from reports.judge.landing import Fate, Landing


@dataclass
class Sum:
    """Units of one facility and product by what was said about them."""

    acknowledged: int = 0
    unknown: int = 0
    refused: int = 0


def sums(writes: Iterable[Write], sink: str) -> dict[str, Sum]:
    """Return the units that were written for a sink by ``facility|product``."""
    found: dict[str, Sum] = defaultdict(Sum)
    for write in writes:
        if write.sum_key and sink in write.sinks:
            total = found[write.sum_key]
            setattr(total, write.outcome, getattr(total, write.outcome) + (write.units or 0))
    return found


def land_sums(sink: str, writes: Sequence[Write], landed: Sequence[Landed], primary: Sequence[Landed]) -> Landing:
    """Return the fate of every sum at a sink; downstream it must be what the primary holds."""
    here, there = _units(landed), _units(primary)
    written = sums(writes, sink)
    found = Landing(sink)
    for key, total in written.items():
        units = here.get(key, 0)
        fate = fate_of_sum(total, units) if sink == "primary" else fate_downstream(units, there.get(key, 0))
        found.fates[fate].append(key)
    for key, units in here.items():
        if units and key not in written:
            known = sink != "primary" and there.get(key)
            found.fates[Fate.DELIVERED if known else Fate.UNEXPECTED].append(key)
    return found


def fate_of_sum(total: Sum, units: int) -> Fate:
    """Return what became of one sum where it is made."""
    if units < total.acknowledged:
        return Fate.LOST
    if units > total.acknowledged + total.unknown:
        # With nothing that could have landed even once there is nothing to double: what is there was refused.
        return Fate.DUPLICATE if total.acknowledged + total.unknown else Fate.PHANTOM
    return Fate.LANDED


def fate_downstream(units: int, primary: int) -> Fate:
    """Return what became of one sum downstream."""
    if units < primary:
        return Fate.UNDELIVERED
    if units > primary:
        return Fate.DUPLICATE if primary else Fate.DIVERGED
    return Fate.DELIVERED


def _units(rows: Iterable[Landed]) -> dict[str, int]:
    return {row.key: row.units or 0 for row in rows if row.kind == "stock_delta"}
