"""A load run as read: what counts of it, and what is wrong with it. After ``read_load`` all is pure."""

from dataclasses import dataclass, replace

from reports.evidence import RunDirectory
from reports.judge.answers import Answers, of_samples
from reports.judge.case import Case, read_case
from reports.judge.delivery import delivered
from reports.judge.promise import Promise, Status
from reports.judge.stretch import Stretch
from reports.judge.timeline import Phase, own_phases
from reports.judge.workers import late, trouble

MEASURED = "measured"  # the phase that counts; what is before it is the warm-up
WHOLE = 0.98  # of the seconds that were planned


@dataclass(frozen=True)
class Load:
    """A load run: ``ill`` is what was wrong with its generator, None when it was well."""

    name: str
    case: Case
    stretch: Stretch
    delivered: Promise
    ill: str | None

    @property
    def short(self) -> str | None:
        """Why the load was not delivered; None when it was."""
        return None if self.delivered.status is Status.PASS else self.delivered.because


def read_load(run: RunDirectory) -> Load:
    """Read a load run, half-written or sealed."""
    case = read_case(run)
    ended = {str(one.subject): one.at_us for one in case.of_kind("load.worker.stopped")}
    requests = of_samples(run.read_samples(), ended)
    stretch = _measured(case, requests)
    ill = trouble(case, stretch.from_us, stretch.to_us) if len(requests) else None
    name = str(run.facts.get("run") or run.path.name)
    return Load(name, case, stretch, _load_delivered(case, stretch.from_us, stretch.to_us), ill)


def phases(case: Case) -> tuple[Phase, ...]:
    """Return the phases of a load run, in their order."""
    return own_phases((event for event in case.events if not event.experiment), case.end_us)


def _measured(case: Case, requests: Answers) -> Stretch:
    from_us, to_us = measured_stretch(case)
    answer_s, late_ratio = (case.objectives.value(name) for name in ("answer_s", "loop_lag_ratio"))
    due = requests.due_between(from_us, to_us)
    return Stretch(due, requests, from_us, to_us, late(case), answer_s, late_ratio)


def measured_stretch(case: Case) -> tuple[int, int]:
    """Return from when to when requests count, in microseconds; of a run that does not say so, all of it."""
    known = phases(case)
    found = next((phase for phase in known if phase.name == MEASURED), None)
    if found is not None:
        return found.from_us, found.to_us
    if any(phase.name == "warm-up" for phase in known) or not len(case.requests):
        return case.end_us, case.end_us  # it ended before anything counted
    return int(case.requests.due_us[0]), int(case.requests.due_us[-1]) + 1


def _load_delivered(case: Case, from_us: int, to_us: int) -> Promise:
    planned_s = float(case.facts.get("duration_s") or 0)
    seconds = (to_us - from_us) / 1e6
    found = delivered(case, [(from_us, to_us)], where=f"in {seconds:.0f} s")
    if seconds < planned_s * WHOLE:
        because = f"the load ended after {seconds:.1f} of {planned_s:g} s; {found.because}"
        return replace(found, status=Status.UNKNOWN, because=because)
    return found
