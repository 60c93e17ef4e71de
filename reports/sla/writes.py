"""What became of the writes of all runs, sink by sink, as the judge of each run says. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from reports.commitments import Writes, percent
from reports.evidence import SINKS, Write
from reports.judge import ledgers
from reports.judge.case import Case
from reports.judge.landing import Fate
from reports.judge.promise import Status, plural, some
from reports.judge.writes import BREAKS, Reading, declared_sinks, read_sink, writes_at
from reports.sla.statement import Standing, share

LOST, TWICE = "no_acknowledged_write_lost", "no_write_duplicated"
STRANGE = ("no_phantom_write", "no_write_corrupted")


@dataclass
class SinkTotals:
    """One sink over all runs; counts are of writes, but that stock is judged by sums: a wrong sum counts as one."""

    sink: str
    acknowledged: int = 0
    unknown: int = 0  # no answer came: there once and not there are both right
    landed: int = 0  # acknowledged, and there
    lost: int = 0
    duplicated: int = 0
    strange: int = 0  # there without reason, or with another content
    unread: int = 0  # acknowledged, and nobody knows what became of them
    why_unread: list[str] = field(default_factory=list)
    examples: list[str] = field(default_factory=list)
    holes: list[str] = field(default_factory=list)  # runs that wrote, and whose ledger is not there

    @property
    def broken(self) -> int:
        """Everything that breaks the promise."""
        return self.lost + self.duplicated + self.strange


class Judged(Reading):
    """A reading that is judged though nothing was acknowledged: what is there twice is wrong all the same."""

    @property
    def outcomes(self) -> Counter[str]:
        return super().outcomes | Counter(acknowledged=1)


@dataclass(frozen=True)
class WritesStatement:
    """The commitment about writes, as judged; ``sinks`` in the order of the data's way."""

    commitment: Writes
    standing: Standing
    because: str
    sinks: tuple[SinkTotals, ...]


def totals(cases: Sequence[tuple[str, Case]]) -> tuple[SinkTotals, ...]:
    """Add up the runs (name and case of each), sink by sink."""
    found = {sink: SinkTotals(sink) for sink in SINKS}
    for name, case in cases:
        for sink in declared_sinks(case):
            _add(found[sink], name, case, sink)
        missing = None if declared_sinks(case) else ledgers.hole(case)
        if missing:  # a run that wrote, and of whose writes nothing is known
            for one in found.values():
                one.holes.append(f"{name}: {missing}")
    return tuple(one for one in found.values() if one.acknowledged or one.unknown or one.holes or one.broken)


def state_writes(
    commitment: Writes, sinks: tuple[SinkTotals, ...], *, coverage: float, minimum_coverage: float
) -> WritesStatement:
    """Judge the writes: one that is wrong breaks the promise; otherwise every run must have been read back."""
    acknowledged = max((one.acknowledged for one in sinks), default=0)
    wrong = [one for one in sinks if one.broken]
    unread = [one for one in sinks if one.unread]
    seen = f"{plural(acknowledged, 'acknowledged write')} in the runs"
    if wrong:
        said = "; ".join(f"{broken(one)} at the {one.sink}" for one in wrong)
        return WritesStatement(commitment, Standing.FAIL, f"{seen}; {said}", sinks)
    holes = next((one.holes for one in sinks if one.holes), [])
    if holes:
        why = f"what was written is not known of {plural(len(holes), 'run')}: {some(holes, 1)}"
        return WritesStatement(commitment, Standing.UNMEASURED, f"{seen}; {why}", sinks)
    if not acknowledged:
        why = "no write was acknowledged in the runs that started in the period"
        return WritesStatement(commitment, Standing.UNMEASURED, why, sinks)
    if unread:
        worst = max(unread, key=lambda one: one.unread)
        why = f"what became of {worst.unread:,} at the {worst.sink} is not known: {some(worst.why_unread, 1)}"
        return WritesStatement(commitment, Standing.UNMEASURED, f"{seen}; {why}", sinks)
    said = f"{seen}, none lost, doubled or changed"
    if coverage < minimum_coverage:
        said += f"; measured for {share(coverage)} of the time, {percent(minimum_coverage)} needed"
        return WritesStatement(commitment, Standing.UNMEASURED, said, sinks)
    return WritesStatement(commitment, Standing.MET, said, sinks)


def broken(one: SinkTotals) -> str:
    """Return what is wrong at a sink: "5 lost, 1 doubled"."""
    parts = ((one.lost, "lost"), (one.duplicated, "doubled"), (one.strange, "changed or there without reason"))
    return ", ".join(f"{count:,} {word}" for count, word in parts if count)


def _add(total: SinkTotals, name: str, case: Case, sink: str) -> None:
    reading = read_sink(case, sink)
    here = [write for write in case.writes if sink in write.sinks]
    acknowledged = sum(write.outcome == "acknowledged" for write in here)
    total.acknowledged += acknowledged
    total.unknown += sum(write.outcome == "unknown" for write in here)
    judged = Judged(reading.sink, reading.writes, reading.keys, reading.stock) if reading else None
    promises = {one: writes_at(case, one, sink, judged) for one in BREAKS}
    counts = {one: int(p.numbers["measured"]) for one, p in promises.items() if p.status is Status.FAIL}
    lost = counts.get(LOST, 0)
    total.lost += lost
    total.duplicated += counts.get(TWICE, 0)
    total.strange += sum(counts.get(one, 0) for one in STRANGE)
    for one in counts:
        total.examples += [f"{key} ({name})" for key in promises[one].numbers.get("examples", [])[:5]]
    if not acknowledged:
        return  # nothing that had to land; what is wrong is counted
    doubt = next((p for p in promises.values() if p.status is Status.UNKNOWN), None)
    if doubt is None:
        total.landed += acknowledged - lost - _lost_before(reading, here)
    else:
        total.unread += acknowledged - lost
        total.why_unread.append(f"{name}: {doubt.because}")


def _lost_before(reading: Reading | None, writes: Sequence[Write]) -> int:
    """How many acknowledged writes are not at a sink downstream since the primary lost them: charged there, once."""
    nothing = set(reading.keys.of(Fate.NOTHING)) if reading else set()
    return sum(write.outcome == "acknowledged" and write.key in nothing for write in writes)
