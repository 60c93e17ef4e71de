"""What became of each write at a sink: one fate a key, by counting, after a barrier. Pure.

The table is the one of Jepsen's set checker with a third outcome: an acknowledged write must be there once, one that
is unknown may be there once or not at all, one that is proven refused must not be there, and nothing may be there
twice. It raises a violation exactly when no correct system could have left what was read.

A sink downstream is judged against what the primary holds, so that a loss or a duplicate is charged once, where it
was made: the replica and the warehouse must show what the primary shows, no more, no less.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from reports.evidence import KEYED, Landed, Write, WriteOutcome


class Fate(StrEnum):
    """What became of one write at one sink."""

    LANDED = "landed"  # acknowledged, and there once
    RECOVERED = "recovered"  # unknown, and there once
    ABSENT = "absent"  # unknown, and not there: as right as recovered
    REFUSED = "refused"  # refused, and not there
    DELIVERED = "delivered"  # downstream: there as often as on the primary
    NOTHING = "nothing"  # downstream: not there, nor on the primary; if that is a loss, it is the primary's
    LOST = "lost"  # acknowledged, and not there
    FLICKER = "flicker"  # was seen there, and is gone
    UNDELIVERED = "undelivered"  # downstream: on the primary, and not there
    DUPLICATE = "duplicate"  # there twice or more; downstream: more often than on the primary
    PHANTOM = "phantom"  # refused, and there
    UNEXPECTED = "unexpected"  # with our prefix, and nobody wrote it
    DIVERGED = "diverged"  # downstream: there, and not on the primary


@dataclass
class Landing:
    """Every key (or sum) at one sink by its fate, and those whose content differs from what was sent."""

    sink: str
    fates: dict[Fate, list[str]] = field(default_factory=lambda: defaultdict(list))
    corrupted: list[str] = field(default_factory=list)
    once: int = 0  # how many keys are there once, so that there is a content to compare
    compared: int = 0  # how many contents were compared, in all that the ledger says of them
    late_commits: int = 0  # rows that were polled absent after their own stamp: committed late, which is legal

    def of(self, *fates: Fate) -> list[str]:
        """Return the keys with one of these fates."""
        return [key for fate in fates for key in self.fates.get(fate, [])]


def on_primary(outcome: WriteOutcome, count: int, *, seen: bool) -> Fate:
    """Return the fate of a write where it is made. ``seen``: it was there at some time."""
    if count >= 2:
        return Fate.DUPLICATE
    if count == 1:
        return {"acknowledged": Fate.LANDED, "unknown": Fate.RECOVERED, "refused": Fate.PHANTOM}[outcome]
    if seen:
        return Fate.FLICKER
    return {"acknowledged": Fate.LOST, "unknown": Fate.ABSENT, "refused": Fate.REFUSED}[outcome]


def downstream(count: int, *, primary: int, seen: bool, seen_on_primary: bool) -> Fate:
    """Return the fate of a write at a replica or the warehouse, given what the primary holds."""
    if primary and count == 0:
        return Fate.FLICKER if seen else Fate.UNDELIVERED
    if primary:
        return Fate.DUPLICATE if count > primary else Fate.DELIVERED
    if count:
        return Fate.DIVERGED
    # What was there and went away on both was lost on the primary, and followed it.
    return Fate.FLICKER if seen and not seen_on_primary else Fate.NOTHING


def land_keys(
    sink: str, writes: Iterable[Write], landed: Sequence[Landed], primary: Sequence[Landed], prefix: str
) -> Landing:
    """Return the fate of every write that has a key; ``primary`` is what the primary holds, also when that is the sink.

    The kind makes no difference: an order and its shipment are two keys.
    """
    here, there = _by_key(landed), _by_key(primary)
    found = Landing(sink)
    known: set[str] = set()
    for write in writes:
        if write.kind not in KEYED:
            continue
        known.add(write.key)
        if sink not in write.sinks:
            continue
        row, source = here.get(write.key), there.get(write.key)
        fate = _fate(sink, write, row, source)
        found.fates[fate].append(write.key)
        if row is not None and row.count == 1:
            found.once += 1
            _compare(found, write, row, source if sink != "primary" else None)
            found.late_commits += _is_late_commit(row)
    for key, row in here.items():
        if key not in known and row.count and key.startswith(prefix):
            found.fates[_stranger(sink, there.get(key))].append(key)
    return found


def _fate(sink: str, write: Write, row: Landed | None, source: Landed | None) -> Fate:
    count, seen = (row.count, row.first_seen_us is not None) if row else (0, False)
    if sink == "primary":
        return on_primary(write.outcome, count, seen=seen)
    held, held_once = (source.count, source.first_seen_us is not None) if source else (0, False)
    return downstream(count, primary=held, seen=seen, seen_on_primary=held_once)


def _stranger(sink: str, source: Landed | None) -> Fate:
    """A key that nobody wrote is charged to the primary when that has it, too."""
    return Fate.DELIVERED if sink != "primary" and source is not None and source.count else Fate.UNEXPECTED


def _compare(found: Landing, write: Write, row: Landed, source: Landed | None) -> None:
    """Compare content with what was sent; downstream with the primary, so that a corruption is charged once."""
    digest = source.digest if source and source.count == 1 and source.digest else write.digest
    amount = (
        source.amount_minor if source and source.count == 1 and source.amount_minor is not None else write.amount_minor
    )
    pairs = [(is_, should) for is_, should in ((row.digest, digest), (row.amount_minor, amount)) if should is not None]
    found.compared += bool(pairs) and all(is_ is not None for is_, _ in pairs)
    if any(is_ is not None and is_ != should for is_, should in pairs):
        found.corrupted.append(write.key)


def _is_late_commit(row: Landed) -> bool:
    return row.sink_stamp is not None and row.last_absent_us is not None and row.last_absent_us > row.sink_stamp


def _by_key(rows: Iterable[Landed]) -> Mapping[str, Landed]:
    return {row.key: row for row in rows if row.kind in KEYED}
