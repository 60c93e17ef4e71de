"""The fault script: what becomes of a request, by when it was received. Pure; the server and the truth both ask it.

Times are nanoseconds after the first request. A healthy server answers each request after ``SERVICE_NS``, however many
there are; what a request meets is decided by the time that it spends in the server.
"""

import random
from dataclasses import dataclass
from typing import Literal, get_args

Kind = Literal[
    "none", "stall", "reset_before_headers", "reset_after_headers", "drip", "burst_503", "refuse", "slow_accept",
    "half_open", "dns_flip", "hung",
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)

# What a request ends with: a good answer; an answer that is an error; the connection reset before or after headers; no
# answer, for ever; no connection.
Ending = Literal["ok", "unavailable", "reset", "cut", "never", "refused"]

MS = 1_000_000
SERVICE_NS = 20 * MS
DRIP_STEP_NS = 50 * MS  # between the last bytes of a body, which come one at a time
DRIP_BYTES = 8
DRIP_NS = DRIP_BYTES * DRIP_STEP_NS
CUT_NS = 5 * MS  # from the headers to the reset
ACCEPT_NS = 300 * MS  # how long a connection waits to be accepted
DRAIN_NS = 1000 * MS  # before that, in which all that are open are closed one by one
TTL_S = 1  # of the name
EARLIEST_S, LATEST_S = 2.5, 3.0  # when the fault begins
SHORTEST_S, LONGEST_S = 1.5, 2.0  # how long it lasts


@dataclass(frozen=True, slots=True)
class Script:
    """One fault, from ``from_ns`` to ``to_ns`` (exclusive) after the first request. A flipped name stays flipped."""

    kind: Kind
    from_ns: int
    to_ns: int


@dataclass(frozen=True, slots=True)
class Fate:
    """What a request ends with, and when: the last byte of its answer is written, or its connection is reset.

    ``at_ns`` is None where nothing ever comes.
    """

    ending: Ending
    at_ns: int | None
    drips: bool = False


def draw(kind: Kind, seed: int) -> Script:
    """Return the script of a fault; the seed decides when it begins and how long it lasts."""
    rng = random.Random(f"{seed}/{kind}")
    from_ns = round(rng.uniform(EARLIEST_S, LATEST_S) * 1e9)
    return Script(kind, from_ns, from_ns + round(rng.uniform(SHORTEST_S, LONGEST_S) * 1e9))


def fate(script: Script, received_ns: int, *, stale: bool = False) -> Fate:
    """Return what becomes of a request received at that time.

    ``stale``: it came over a connection from before the fault (half_open), or to the address that the name has left
    (dns_flip).
    """
    due_ns = received_ns + SERVICE_NS
    healthy = Fate("ok", due_ns)
    comes_in_fault = script.from_ns <= received_ns < script.to_ns
    meets_fault = received_ns < script.to_ns and due_ns >= script.from_ns
    hit_ns = max(received_ns, script.from_ns)
    match script.kind:
        case "stall" if script.from_ns <= due_ns < script.to_ns:
            return Fate("ok", script.to_ns)
        case "reset_before_headers" if meets_fault:
            return Fate("reset", hit_ns)
        case "reset_after_headers" if meets_fault:
            return Fate("cut", hit_ns + CUT_NS)
        case "drip" if comes_in_fault:
            return Fate("ok", due_ns + DRIP_NS, drips=True)
        case "burst_503" if comes_in_fault:
            return Fate("unavailable", due_ns)
        case "refuse" if meets_fault:
            return Fate("refused", None) if comes_in_fault else Fate("reset", script.from_ns)
        case "half_open" if stale and due_ns >= script.from_ns:
            return Fate("reset", max(received_ns, script.to_ns))  # a peer that came back knows nothing of it
        case "dns_flip" if stale and received_ns >= script.from_ns:
            return Fate("unavailable", due_ns)
        case "hung" if meets_fault:
            return Fate("never", None)
    return healthy


def denied(script: Script, *, name_left_ns: int | None = None) -> tuple[int, int] | None:
    """Return the stretch that a fault denies service, None for one that only makes it slow.

    Of a stall it is the time without any answer. Of the others it is counted in arrivals, so one that ends requests
    under way begins with the oldest of them. ``name_left_ns``: when nobody may use the address any more that a flipped
    name has left.
    """
    match script.kind:
        case "stall" | "burst_503":
            return script.from_ns, script.to_ns
        case "reset_before_headers" | "reset_after_headers" | "refuse" | "hung":
            return script.from_ns - SERVICE_NS, script.to_ns
        case "dns_flip":
            return script.from_ns, max(script.from_ns, name_left_ns or 0)
    return None
