"""The course of one fault as bars: what the configuration let expect, and what was measured. Pure.

Times are seconds since the first API call. An expectation counts from the beginning of its own step, so it is drawn
from where the measured step began.
"""

from dataclasses import dataclass

from reports.judge import ExperimentVerdict


@dataclass(frozen=True)
class Bar:
    """One step: its measured stretch and the expected one, in seconds since the fault was called."""

    phase: str
    measured: tuple[float, float] | None
    expected: tuple[float, float] | None
    why: str
    text: str

    def left(self, scale_s: float, what: str) -> str:
        """Return the CSS of a stretch on a chart that is ``scale_s`` long."""
        found = self.measured if what == "measured" else self.expected
        if found is None:
            return "display:none"
        width = max(100 * (found[1] - found[0]) / scale_s, 0.6)
        return f"left:{100 * found[0] / scale_s:.2f}%;width:{width:.2f}%"


@dataclass(frozen=True)
class Course:
    """All steps of one fault; ``ticks`` are whole seconds with their place in %."""

    bars: tuple[Bar, ...]
    scale_s: float
    ticks: tuple[tuple[int, float], ...]


def course(one: ExperimentVerdict) -> Course | None:
    """Return the course of an experiment's fault; None when no fault was called or nothing is known of its steps."""
    called = one.called_us
    if called is None or not (one.measured or one.expected):
        return None
    seen = {step.phase: ((step.from_us - called) / 1e6, (step.to_us - called) / 1e6) for step in one.measured}
    hoped = {step.phase: step for step in one.expected}
    bars = []
    for phase in dict.fromkeys([*seen, *hoped]):
        found, hope = seen.get(phase), hoped.get(phase)
        begin = found[0] if found else 0.0
        band = (begin + hope.seconds_from, begin + hope.seconds_to) if hope else None
        bars.append(Bar(phase, found, band, hope.why if hope else "", _text(found, hope is not None, band, begin)))
    longest = max(
        [1.0, *(bar.measured[1] for bar in bars if bar.measured), *(b.expected[1] for b in bars if b.expected)]
    )
    scale_s = longest * 1.04
    step = next((s for s in (1, 2, 5, 10, 15, 30, 60, 120) if scale_s / s <= 7), 300)
    ticks = tuple((at, 100 * at / scale_s) for at in range(0, int(scale_s) + 1, step))
    return Course(tuple(bars), scale_s, ticks)


def _text(found: tuple[float, float] | None, hoped: bool, band: tuple[float, float] | None, begin: float) -> str:
    took = f"{found[1] - found[0]:.1f} s" if found else "not measured"
    if not hoped or band is None:
        return took
    return f"{took} (expected {band[0] - begin:g} to {band[1] - begin:g} s)"
