"""The name of a request that the system's own logs know, too. Pure."""

import random

AT_ONCE = 64  # names for which chance is drawn together: one by one it would be the dearest part of a request's head
CHANCE = 12  # bytes of chance in each; the last eight are its span
NO_SPAN = bytes(8)


class Traces:
    """Names requests as a load balancer logs them (``X-Amzn-Trace-Id``) and as OpenTelemetry does (``traceparent``).

    Both say the same 128 bits: X-Ray's ``1-5f84c7a5-0e1d...`` is W3C's ``5f84c7a50e1d...``
    (https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html, https://www.w3.org/TR/trace-context/).
    """

    __slots__ = ("_amazon", "_left", "_rng", "_second", "_time", "_w3c")

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._left: list[tuple[bytes, bytes]] = []  # chance, and its digits
        self._second = -1

    def new(self, now_us: int) -> tuple[bytes, bytes]:
        """Return the name of a request that is sent now, and the header fields that carry it.

        The name has 16 bytes, of which the first four are the seconds since the epoch. In the fields it goes with a
        span, whose 16 digits are its last and never all zeros, and ``01``: the system shall record it.
        """
        if not self._left:
            self._draw()
        if now_us // 1_000_000 != self._second:
            self._begin(now_us // 1_000_000)
        chance, digits = self._left.pop()
        fields = b"".join((self._amazon, digits, self._w3c, digits, b"-", digits[8:], b"-01\r\n"))
        return self._time + chance, fields

    def _begin(self, second: int) -> None:
        """Write down what the names of one second have in common."""
        self._second = second
        self._time = (second & 0xFFFFFFFF).to_bytes(4)
        digits = self._time.hex().encode()
        self._amazon = b"X-Amzn-Trace-Id: Root=1-%b-" % digits
        self._w3c = b"\r\ntraceparent: 00-%b" % digits

    def _draw(self) -> None:
        drawn = self._rng.randbytes(CHANCE * AT_ONCE)
        each = [drawn[at : at + CHANCE] for at in range(0, len(drawn), CHANCE)]
        self._left = [(chance, chance.hex().encode()) for chance in each if not chance.endswith(NO_SPAN)]
        if not self._left:
            self._draw()
