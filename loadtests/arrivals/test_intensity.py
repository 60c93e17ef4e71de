"""Rates over time: what they say at a moment, their integral, and its inverse."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadtests.arrivals.intensity import NEVER_NS, NS, Intensity, Piece

CONSTANT = Intensity.constant(5.0)
RAMP = Intensity((Piece(10 * NS, 0.0, 20.0),))
STEPS = Intensity((Piece(10 * NS, 1.0, 1.0), Piece(10 * NS, 2.0, 2.0), Piece(10 * NS, 4.0, 4.0)))
SPIKE = Intensity((Piece(10 * NS, 1.0, 1.0), Piece(NS, 30.0, 30.0), Piece(10 * NS, 1.0, 1.0)))
CURVE = Intensity.curve([(0, 2.0), (10 * NS, 8.0), (30 * NS, 0.0), (40 * NS, 0.0), (50 * NS, 5.0)])

RATES = st.one_of(st.just(0.0), st.floats(0.001, 50_000))
PIECES = st.builds(Piece, for_ns=st.integers(1, 3600 * NS), from_rate=RATES, to_rate=RATES)
INTENSITIES = st.lists(PIECES, min_size=1, max_size=6).map(lambda pieces: Intensity(tuple(pieces)))


@pytest.mark.parametrize(
    ("intensity", "at_s", "rate", "expected"),
    [
        pytest.param(CONSTANT, 0, 5, 0, id="constant-at-the-start"),
        pytest.param(CONSTANT, 1000, 5, 5000, id="constant-goes-on"),
        pytest.param(RAMP, 5, 10, 25, id="ramp-half-way"),
        pytest.param(RAMP, 10, 20, 100, id="ramp-at-its-top"),
        pytest.param(RAMP, 12, 20, 140, id="ramp-then-holds"),
        pytest.param(STEPS, 9.5, 1, 9.5, id="first-step"),
        pytest.param(STEPS, 10, 2, 10, id="the-step-is-at-its-edge"),
        pytest.param(STEPS, 25, 4, 50, id="third-step"),
        pytest.param(SPIKE, 10.5, 30, 25, id="in-the-spike"),
        pytest.param(SPIKE, 21, 1, 50, id="after-the-spike"),
        pytest.param(CURVE, 5, 5, 17.5, id="curve-rises"),
        pytest.param(CURVE, 20, 4, 110, id="curve-falls"),
        pytest.param(CURVE, 35, 0, 130, id="curve-rests"),
        pytest.param(CURVE, 50, 5, 155, id="curve-ends"),
    ],
)
def test_the_rate_and_its_integral(intensity: Intensity, at_s: float, rate: float, expected: float) -> None:
    at_ns = int(at_s * NS)
    assert intensity.rate(at_ns) == pytest.approx(rate)
    assert intensity.expected(at_ns) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("intensity", "expected", "due_s"),
    [
        pytest.param(CONSTANT, 12.5, 2.5, id="constant"),
        pytest.param(RAMP, 0, 0, id="at-the-foot-of-a-ramp"),
        pytest.param(RAMP, 25, 5, id="ramp"),
        pytest.param(STEPS, 30, 20, id="at-a-step"),
        pytest.param(SPIKE, 40, 11, id="end-of-the-spike"),
        pytest.param(CURVE, 110, 20, id="falling"),
        pytest.param(CURVE, 130.1, 40 + 0.4**0.5, id="over-a-rest"),
    ],
)
def test_so_many_are_expected_at_that_moment(intensity: Intensity, expected: float, due_s: float) -> None:
    assert int(intensity.due_ns(expected)) == pytest.approx(due_s * NS, abs=2)


def test_what_a_rate_of_zero_never_reaches_is_due_never() -> None:
    """The last rate goes on; when it is nothing, nothing comes."""
    fades = Intensity((Piece(10 * NS, 2.0, 0.0),))
    assert fades.due_ns([9.0, 10.5]).tolist() == [pytest.approx(6_837_722_340, abs=2), NEVER_NS]


@settings(deadline=None)
@given(intensity=INTENSITIES, shares=st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_the_inverse_undoes_the_integral(intensity: Intensity, shares: list[float]) -> None:
    """To what fits into a nanosecond, and in the same order."""
    most = float(intensity.expected(intensity.length_ns))
    wanted = np.sort(np.array(shares) * most)
    due_ns = intensity.due_ns(wanted)
    assert (np.diff(due_ns) >= -1).all()
    steepest = intensity.peak(intensity.length_ns)[0]
    reached = due_ns < NEVER_NS
    error = np.abs(intensity.expected(due_ns[reached]) - wanted[reached])
    assert (error <= steepest * 2e-9 + most * 1e-12 + 1e-12).all()


@settings(deadline=None)
@given(intensity=INTENSITIES, factor=st.floats(0.01, 100), at_ns=st.integers(0, 20_000 * NS))
def test_a_multiple_of_the_rate_is_one_of_the_integral(intensity: Intensity, factor: float, at_ns: int) -> None:
    scaled = intensity.scaled(factor)
    assert scaled.expected(at_ns) == pytest.approx(intensity.expected(at_ns) * factor)
    assert scaled.rate(at_ns) == pytest.approx(intensity.rate(at_ns) * factor)


@pytest.mark.parametrize(
    ("intensity", "until_s", "peak"),
    [
        pytest.param(CONSTANT, 7, (5, 0), id="constant"),
        pytest.param(RAMP, 20, (20, 10), id="top-of-the-ramp"),
        pytest.param(RAMP, 5, (10, 5), id="ramp-cut-off"),
        pytest.param(SPIKE, 60, (30, 10), id="spike"),
        pytest.param(SPIKE, 10, (1, 0), id="before-the-spike"),
        pytest.param(CURVE, 50, (8, 10), id="curve"),
    ],
)
def test_the_peak_and_when_it_is_reached(intensity: Intensity, until_s: int, peak: tuple[float, int]) -> None:
    assert intensity.peak(until_s * NS) == pytest.approx((peak[0], peak[1] * NS))


@pytest.mark.parametrize("piece", [(0, 1.0, 1.0), (NS, -1.0, 1.0), (NS, 1.0, -1.0)], ids=["no-time", "from", "to"])
def test_a_piece_that_cannot_be_is_refused(piece: tuple[int, float, float]) -> None:
    with pytest.raises(ValueError, match="expected a piece"):
        Piece(*piece)
