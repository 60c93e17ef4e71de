"""The headers by which a request is found again."""

import random
import re

from loadtests.tracing import Trace, new_trace


def test_both_headers_name_the_same_trace() -> None:
    """X-Ray reads W3C's 32 digits as its own with two hyphens in them."""
    assert Trace(bytes.fromhex("65e0b6a70123456789abcdef01234567"), 0xAB).headers() == {
        "X-Amzn-Trace-Id": "Root=1-65e0b6a7-0123456789abcdef01234567",
        "traceparent": "00-65e0b6a70123456789abcdef01234567-00000000000000ab-01",
    }


def test_a_new_trace_is_well_formed_and_no_other() -> None:
    """All zeros are forbidden as a span; the first eight digits are the time."""
    rng = random.Random(1)
    made = [new_trace(rng, 1_700_000_000.9) for _ in range(200)]
    assert len({trace.id for trace in made}) == len({trace.span for trace in made}) == 200
    form = re.compile(r"00-6553f100[0-9a-f]{24}-(?!0{16})[0-9a-f]{16}-01")
    assert all(form.fullmatch(trace.headers()["traceparent"]) for trace in made)
