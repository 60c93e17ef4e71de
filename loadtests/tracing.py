"""The name of a request that the system's own logs know, too. Pure."""

import random

AT_ONCE = 64  # names for which chance is drawn together: one by one it would be the dearest part of a request's head
DIGITS = 24  # hexadecimal, of chance in each
NO_SPAN = "0" * 16


class Traces:
    """Names requests as a load balancer logs them (``X-Amzn-Trace-Id``) and as OpenTelemetry does (``traceparent``).

    Both say the same 128 bits: X-Ray's ``1-5f84c7a5-0e1d...`` is W3C's ``5f84c7a50e1d...``
    (https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html, https://www.w3.org/TR/trace-context/).
    """

    __slots__ = ("_left", "_rng", "_second", "_time")

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._left: list[str] = []
        self._second = -1

    def new(self, now_us: int) -> tuple[bytes, bytes]:
        """Return the name of a request that is sent now, and the header fields that carry it.

        The name has 16 bytes, of which the first four are the seconds since the epoch. In the fields it goes with a
        span, whose 16 digits are its last and never all zeros, and ``01``: the system shall record it.
        """
        if not self._left:
            self._draw()
        if now_us // 1_000_000 != self._second:
            self._second = now_us // 1_000_000
            self._time = f"{self._second & 0xFFFFFFFF:08x}"
        time, chance = self._time, self._left.pop()
        fields = f"X-Amzn-Trace-Id: Root=1-{time}-{chance}\r\ntraceparent: 00-{time}{chance}-{chance[8:]}-01\r\n"
        return bytes.fromhex(time + chance), fields.encode("ascii")

    def _draw(self) -> None:
        digits = self._rng.randbytes(DIGITS // 2 * AT_ONCE).hex()
        drawn = [digits[at : at + DIGITS] for at in range(0, len(digits), DIGITS)]
        self._left = [chance for chance in drawn if not chance.endswith(NO_SPAN)]
        if not self._left:
            self._draw()
