"""The name of a request that the system's own logs know, too. Pure."""

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trace:
    """One request's name, as a load balancer logs it (``X-Amzn-Trace-Id``) and as OpenTelemetry does.

    Both say the same 128 bits: X-Ray's ``1-5f84c7a5-0e1d...`` is W3C's ``5f84c7a50e1d...``
    (https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html, https://www.w3.org/TR/trace-context/).
    """

    trace_id: str  # as in the samples: 1-<8 hex digits: seconds since the epoch>-<24 hex digits>
    span: int  # of 64 bits, not 0: this request in the trace

    def headers(self) -> dict[str, str]:
        """Return the headers that carry it; ``01``: the system is asked to record it."""
        _, seconds, rest = self.trace_id.split("-")
        return {
            "X-Amzn-Trace-Id": f"Root={self.trace_id}",
            "traceparent": f"00-{seconds}{rest}-{self.span:016x}-01",
        }


def new_trace(rng: random.Random, now_s: float) -> Trace:
    """Make the name of a request that is sent now."""
    bits = rng.getrandbits(160)
    return Trace(f"1-{int(now_s) & 0xFFFFFFFF:08x}-{bits >> 64:024x}", bits & 0xFFFFFFFFFFFFFFFF or 1)
