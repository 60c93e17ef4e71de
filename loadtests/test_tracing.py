"""The headers by which a request is found again."""

import random
import re

from loadtests.tracing import AT_ONCE, Traces

FIELDS = re.compile(
    rb"X-Amzn-Trace-Id: Root=1-([0-9a-f]{8})-([0-9a-f]{24})\r\ntraceparent: 00-([0-9a-f]{32})-([0-9a-f]{16})-01\r\n"
)


def test_a_name_is_the_same_in_both_headers_and_no_other() -> None:
    """X-Ray reads W3C's 32 digits as its own with two hyphens in them; the first eight are the time."""
    names, spans = set(), set()
    traces = Traces(random.Random(1))
    for _ in range(3 * AT_ONCE):
        name, fields = traces.new(1_700_000_000_900_000)
        found = FIELDS.fullmatch(fields)
        assert found
        time, chance, whole, span = (group.decode() for group in found.groups())
        assert (time, time + chance, len(name)) == ("6553f100", whole, 16)
        assert name.hex() == whole
        names.add(name)
        spans.add(span)
    assert len(names) == len(spans) == 3 * AT_ONCE


def test_a_span_of_zeros_is_forbidden() -> None:
    class Unlucky(random.Random):
        draws = iter([b"\x00", b"\x01"])

        def randbytes(self, n: int) -> bytes:
            return next(self.draws) * n

    _, fields = Traces(Unlucky()).new(0)
    assert fields.endswith(b"-0101010101010101-01\r\n")
