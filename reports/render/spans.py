"""Where the experiments lie on the time axis of the figures. Pure."""

from reports.judge import ExperimentVerdict, Verdict
from reports.judge.case import Case
from reports.judge.recovery import fault_window, of_experiment
from reports.render.figure import Span


def spans(case: Case, verdict: Verdict, start_us: int) -> list[Span]:
    """Return every experiment that had traffic, in seconds since ``start_us``."""
    ran = {one.name: one for one in case.experiments}
    found = [_span(case, one, start_us) for one in verdict.experiments if ran[one.name].window]
    return [span for span in found if span is not None]


def _span(case: Case, one: ExperimentVerdict, start_us: int) -> Span | None:
    experiment = next(each for each in case.experiments if each.name == one.name)
    window = experiment.window
    if window is None:
        return None
    fault = fault_window(case, experiment)
    recovery = of_experiment(case, experiment)
    broke = recovery is not None and recovery.worst is not None and recovery.recovered_us is not None

    def seconds(at_us: int) -> float:
        return (at_us - start_us) / 1e6

    return Span(
        label=one.name,
        from_s=seconds(window[0]),
        to_s=seconds(window[1]),
        fault_s=(seconds(fault[0]), seconds(fault[1])) if fault else None,
        recovered_s=seconds(recovery.recovered_us) if broke and recovery and recovery.recovered_us else None,
        signs=tuple((seconds(sign.at_us), sign.plane) for sign in one.signs),
    )
