"""The barrier: the moment from which a sink shows everything that was written before. Never a sleep.

Sentinels are written through the application after the last undo: a stock row, an order, which takes the whole way of
an order, and, when the run has shipments, the shipment of that order. A sink that shows its sentinels is reached; so is
a warehouse whose loader says by its own cursor that it went past them. Then what was acknowledged, and downstream what
the primary holds, gets the rest of the time to show up; what is missing then is missing.
"""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

from experiments.probes.watching import UNREADABLE, wait_until
from experiments.sinks.cursor import Claim
from experiments.sinks.read import Sink, SinkName, open_sink
from experiments.sinks.writing import Writer
from fixtures.target import Target
from reports.evidence import KEYED, SINKS, EventWriter, RunDirectory, Write, WriteOutcome, now_us

SENTINEL_TRIES_MAX = 30
TRY_EVERY_S = 1.0
LOOK_EVERY_S = 0.1
NAMES: tuple[SinkName, ...] = ("primary", "replica", "warehouse")


@dataclass(frozen=True)
class Reached:
    """How far one sink came: its sentinels shown, and nothing missing. ``reason`` says what was not."""

    sink: str
    reached: bool
    complete: bool
    reason: str | None


@dataclass
class _Sentinel:
    """One sentinel in one sink; ``written_us`` is None when the application never took it."""

    sink: SinkName
    kind: str
    key: str
    written_us: int | None
    seen_us: int | None = None
    passed_us: int | None = None  # when the loader was known to have gone past it

    @property
    def is_answered(self) -> bool:
        """Whether the sink has come so far, with the sentinel or without it."""
        return self.seen_us is not None or self.passed_us is not None


def reach(target: Target, run: RunDirectory, *, within_s: float, writer: str) -> list[Reached]:
    """Write the sentinels, wait for them, then for everything else, at most ``within_s`` seconds in all.

    Records ``sentinel`` and ``barrier`` events, under the writer's name with ``-barrier`` behind it.
    """
    events = run.events(f"{writer}-barrier")
    sinks: dict[str, Sink] = {name: open_sink(target, name) for name in NAMES}
    deadline = _Deadline(within_s)
    try:
        sentinels = _write(target, run, events, deadline)
        _await(sinks, sentinels, deadline)
        for one in sentinels:
            events.record("sentinel", subject=one.sink, data={**asdict(one), "deadline_s": within_s})
        return [_finish(run, sinks, name, sentinels, events, deadline) for name in SINKS]
    finally:
        for sink in sinks.values():
            sink.close()
        events.close()


class _Deadline:
    def __init__(self, within_s: float) -> None:
        self._at = time.monotonic() + within_s
        self.at_us = now_us() + int(within_s * 1e6)

    @property
    def left_s(self) -> float:
        return max(0.0, self._at - time.monotonic())


def _write(target: Target, run: RunDirectory, events: EventWriter, deadline: _Deadline) -> list[_Sentinel]:
    with Writer(target, run, events, worker="sentinel", mark="LS") as writer:
        written = {"stock_delta": _insist(writer.take_stock, deadline)}
        shipped = any(write.kind == "shipment" for write in run.read_ledger())
        written["order"] = _insist(lambda: _first(writer.import_orders(1, pickup=shipped)), deadline)
        if shipped:
            order_key = written["order"][0]
            written["shipment"] = _insist(lambda: writer.hand_over(order_key), deadline)
    return [_Sentinel(sink, kind, *sentinel) for kind, sentinel in written.items() for sink in NAMES]


def _insist(write: Callable[[], tuple[str, WriteOutcome]], deadline: _Deadline) -> tuple[str, int | None]:
    """Write until one is acknowledged; return the last key and when it was, or None."""
    key = ""
    for _ in range(SENTINEL_TRIES_MAX):
        key, outcome = write()
        if outcome == "acknowledged":
            return key, now_us()
        if deadline.left_s < TRY_EVERY_S:
            break
        time.sleep(TRY_EVERY_S)
    return key, None


def _first(written: tuple[list[str], WriteOutcome]) -> tuple[str, WriteOutcome]:
    keys, outcome = written
    return keys[0], outcome


def _await(sinks: dict[str, Sink], sentinels: list[_Sentinel], deadline: _Deadline) -> None:
    claims = {
        one.key: Claim(sinks["replica"], sinks["warehouse"], one.kind, one.key)
        for one in sentinels
        if one.sink == "warehouse"
    }

    def look(one: _Sentinel) -> None:
        if _shows(sinks[one.sink], one.key):
            one.seen_us = now_us()
        elif one.sink == "warehouse" and claims[one.key].holds():
            one.passed_us = now_us()

    def all_answered() -> bool:
        for one in sentinels:
            if one.written_us is not None and not one.is_answered:
                look(one)
        return all(one.is_answered or one.written_us is None for one in sentinels)

    wait_until(all_answered, within_s=deadline.left_s, every_s=LOOK_EVERY_S)


def _shows(sink: Sink, key: str) -> bool:
    try:
        return sink.has_key(key)
    except UNREADABLE:
        return False


def _finish(
    run: RunDirectory,
    sinks: dict[str, Sink],
    name: str,
    sentinels: list[_Sentinel],
    events: EventWriter,
    deadline: _Deadline,
) -> Reached:
    """Wait until nothing is missing in one sink or the time is up, and record how far it came."""
    own = [one for one in sentinels if one.sink == name]
    late = [one.key for one in own if not one.is_answered]
    complete = not late and wait_until(lambda: _is_complete(run, sinks, name), within_s=deadline.left_s, every_s=0.5)
    reason = f"sentinel {late[0]} did not show" if late else None if complete else "acknowledged writes are missing"
    data = {
        "sink": name,
        "reached": not late,
        "complete_to_us": None if late else min(one.written_us or 0 for one in own),
        "deadline_us": deadline.at_us,
        "reason": reason,
    }
    events.record("barrier", subject=name, data=data)
    return Reached(name, not late, complete, reason)


def _is_complete(run: RunDirectory, sinks: dict[str, Sink], name: str) -> bool:
    """Whether a sink has what it must, and the jobs have nothing under way on the primary that would bring more."""
    primary, sink, prefix = sinks["primary"], sinks[name], str(run.facts["prefix"])
    if primary.work_waiting(prefix):
        return False
    writes = [write for write in run.read_ledger() if name in write.sinks and write.outcome == "acknowledged"]
    needed = {write.key for write in writes if write.kind in KEYED}
    if sink is not primary:
        needed |= {row.key for row in primary.keyed(prefix)}
    return needed <= sink.present(needed) and _stock_is_there(sink, prefix, writes)


def _stock_is_there(sink: Sink, prefix: str, writes: list[Write]) -> bool:
    """Whether at each facility and product at least the acknowledged units are taken."""
    needed: dict[str, int] = {}
    for write in writes:
        if write.kind == "stock_delta" and write.sum_key:
            needed[write.sum_key] = needed.get(write.sum_key, 0) + (write.units or 0)
    taken = {row.key: row.units for row in sink.stock(prefix)} if needed else {}
    return all(taken.get(key, 0) >= units for key, units in needed.items())
