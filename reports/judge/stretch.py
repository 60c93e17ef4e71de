"""A stretch of a load run, its windows, and whether its load generator was well in it. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from reports.judge.answers import Answers
from reports.judge.workers import Late


@dataclass(frozen=True)
class Stretch:
    """What a rule is held against: the requests due in a stretch, and the whole run for what ended in it."""

    due: Answers
    run: Answers
    from_us: int
    to_us: int
    late: Sequence[Late] = ()  # when the load generator itself was
    answer_s: float = 10.0  # what has had no answer for so long is an error
    late_ratio: float = 0.05  # so much of its seconds may be late in a stretch that supports a PASS

    @property
    def seconds(self) -> float:
        return (self.to_us - self.from_us) / 1e6

    def between(self, from_us: int, to_us: int) -> "Stretch":
        """Return a part of it, or any other stretch of the run."""
        return replace(self, due=self.run.due_between(from_us, to_us), from_us=from_us, to_us=to_us)

    def windows(self, seconds: float) -> Iterator["Stretch"]:
        """Yield it in parts of so many seconds; what is left at the end is in a last part that overlaps."""
        step, at = round(seconds * 1e6), self.from_us
        while at + step <= self.to_us:
            yield self.between(at, at + step)
            at += step
        if self.from_us < at < self.to_us:
            yield self.between(self.to_us - step, self.to_us)

    @property
    def too_late(self) -> bool:
        """Whether its load generator was late in so much of it that it supports no PASS."""
        late_us: dict[str, int] = {}
        for worker, from_us, to_us in self.late:
            inside = min(to_us, self.to_us) - max(from_us, self.from_us)
            late_us[worker] = late_us.get(worker, 0) + max(0, inside)
        return max(late_us.values(), default=0) > self.late_ratio * (self.to_us - self.from_us)
