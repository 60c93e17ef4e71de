"""The name of a request that the system's own logs know, too. Pure."""

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trace:
    """One request's name, as a load balancer logs it (``X-Amzn-Trace-Id``) and as OpenTelemetry does.

    Both say the same 128 bits: X-Ray's ``1-5f84c7a5-0e1d...`` is W3C's ``5f84c7a50e1d...``
    (https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html, https://www.w3.org/TR/trace-context/).
    """

    id: bytes  # 16, big-endian; the first four are the seconds since the epoch
    span: int  # of 64 bits, not 0: this request in the trace

    def headers(self) -> dict[str, str]:
        """Return the headers that carry it; ``01``: the system is asked to record it."""
        digits = self.id.hex()
        return {
            "X-Amzn-Trace-Id": f"Root=1-{digits[:8]}-{digits[8:]}",
            "traceparent": f"00-{digits}-{self.span:016x}-01",
        }


def new_trace(rng: random.Random, now_s: float) -> Trace:
    """Make the name of a request that is sent now."""
    bits = rng.getrandbits(160)
    seconds = int(now_s) & 0xFFFFFFFF
    return Trace((seconds << 96 | bits >> 64).to_bytes(16), bits & 0xFFFFFFFFFFFFFFFF or 1)
