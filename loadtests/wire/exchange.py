"""What one request did on the wire. Pure but for the clock."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

# What was being done when something went wrong; "cut" is everything after the connection is there.
Phase = Literal["connect", "tls", "cut"]


@dataclass(slots=True, eq=False)
class Exchange:
    """What one request did on the wire, in microseconds: first byte and end since the epoch, others durations."""

    on_first_byte: Callable[[], None] | None = None  # called just before the first byte is written
    address: str | None = None  # which address DNS gave us to use
    peer: str | None = None  # the address that we are connected to
    dns_us: int | None = None
    connect_us: int | None = None
    tls_us: int | None = None
    first_byte_us: int | None = None
    end_us: int | None = None  # the answer was whole, or the wait for it over; what is made of it costs time, too
    wire_attempts: int = 0  # 1 as soon as a byte of the request is with the kernel, never more
    phase: Phase = "connect"
