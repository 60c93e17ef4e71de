"""The process of the faulty server, its proxy and its name server: one thread, one core.

``python -m loadtests.accuracy.faulty KIND SEED CORE LOG`` prints where it listens as one line of JSON, plays the script
from the first request on, and writes the log when its standard input ends.
"""

import gc
import json
import os
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from loadtests.accuracy.faults import ACCEPT_NS, KINDS, TTL_S, Script, draw
from loadtests.accuracy.loop import Loop
from loadtests.accuracy.names import Names
from loadtests.accuracy.probe import pin
from loadtests.accuracy.proxy import Proxy
from loadtests.accuracy.server import Server
from loadtests.accuracy.wirelog import Request, WireLog

FIRST, SECOND = "127.0.0.2", "127.0.0.3"  # the addresses of the name, before and after a flip


class Faulty:
    """All that a script needs, on one loop."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.loop = Loop()
        self.server = Server(self.loop, script, self._on_start)
        self.proxy = Proxy(self.loop, (FIRST, SECOND), self.server.ports)
        self.proxy.accept_after_ns = self._accept_after_ns
        self.names = Names(self.loop, FIRST)
        self._refused_ns: list[int] = []
        self._apart_ns = _apart_ns()

    def log(self) -> WireLog:
        """Return what happened so far."""
        apart_ns = self._apart_ns
        started_ns = self.server.started_ns
        from_us, to_us = ((started_ns or 0) + edge for edge in (self.script.from_ns, self.script.to_ns))
        left_ns = [told.at_ns + int(TTL_S * 1e9) for told in self.names.told if told.address == FIRST]
        return WireLog(
            kind=self.script.kind,
            started_us=None if started_ns is None else _us(started_ns, apart_ns),
            from_us=_us(from_us, apart_ns),
            to_us=_us(to_us, apart_ns),
            requests=tuple(self._requests(apart_ns)),
            refused_us=tuple(_us(at_ns, apart_ns) for at_ns in self._refused_ns),
            name_left_us=_us(max(left_ns), apart_ns) if left_ns else None,
            garbled=self.proxy.garbled,
            connections=self.proxy.connections,
            clock_moved_us=(_apart_ns() - apart_ns) / 1000,
        )

    def _requests(self, apart_ns: int) -> Iterator[Request]:
        receipts = {(one.port, one.n): one for one in self.server.receipts}
        for passed in self.proxy.passed:
            begun_us = _us(passed.begun_ns, apart_ns)
            written_us = None if passed.written_ns is None else _us(passed.written_ns, apart_ns)
            receipt = receipts.get((passed.port, passed.n))
            if receipt is None:
                yield Request(begun_us, written_us)
                continue
            due_us, done_us = (None if at is None else _us(at, apart_ns) for at in (receipt.due_ns, receipt.done_ns))
            received_us = _us(receipt.received_ns, apart_ns)
            yield Request(begun_us, written_us, received_us, receipt.ending, receipt.stale, due_us, done_us)

    def _on_start(self, at_ns: int) -> None:
        if self.script.kind == "refuse":
            self.loop.call_at(at_ns + self.script.from_ns, self._refuse)
            self.loop.call_at(at_ns + self.script.to_ns, self._allow)
        elif self.script.kind == "dns_flip":
            self.loop.call_at(at_ns + self.script.from_ns, self._flip)

    def _refuse(self) -> None:
        self._refused_ns.append(time.monotonic_ns())
        self.proxy.refuse()

    def _allow(self) -> None:
        self.proxy.allow()
        self._refused_ns.append(time.monotonic_ns())

    def _flip(self) -> None:
        self.names.address = SECOND

    def _accept_after_ns(self, now_ns: int) -> int:
        started_ns, script = self.server.started_ns, self.script
        if script.kind != "slow_accept" or started_ns is None:
            return 0
        return ACCEPT_NS if script.from_ns <= now_ns - started_ns < script.to_ns else 0


def _apart_ns() -> int:
    return time.time_ns() - time.monotonic_ns()


def _us(at_ns: int, apart_ns: int) -> float:
    return (at_ns + apart_ns) / 1000


def main(kind: str, seed: str, core: str, log: str) -> None:
    """Play a script until standard input ends."""
    assert kind in KINDS, f"{kind}: expected one of {KINDS}"
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    pin(int(core))
    faulty = Faulty(draw(kind, int(seed)))
    sys.stdout.write(json.dumps({"web_port": faulty.proxy.port, "dns_port": faulty.names.port}) + "\n")
    sys.stdout.flush()
    faulty.loop.watch(sys.stdin.fileno(), lambda events: None if os.read(0, 4096) else faulty.loop.stop())
    gc.collect()
    gc.freeze()
    gc.disable()  # a run is short, and a collection would be a pause of the server
    faulty.loop.run()
    faulty.log().write(Path(log))


if __name__ == "__main__":
    main(*sys.argv[1:])
