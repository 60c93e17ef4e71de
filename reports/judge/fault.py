"""fault_happened: a fault that did not happen looks exactly like a resilient system, so it takes two signs. Pure.

One sign from the AWS API and one from the data plane, both inside the fault's window. Never FAIL: that a fault did not
happen says nothing about the system.
"""

from reports.evidence import Event
from reports.judge.case import Case
from reports.judge.promise import Promise, Status, numbers, plural
from reports.judge.timeline import Experiment

NAME = "fault_happened"
PLANES = {"aws": "api", "traffic": "data"}  # of a sign that does not say its plane, by its clock


def signs(experiment: Experiment) -> list[Event]:
    """Return the experiment's signs that say "seen", by time."""
    return [event for event in experiment.of_kind("sign") if event.data.get("seen") is not False]


def plane(sign: Event) -> str:
    """Return api or data."""
    return str(sign.data.get("plane") or PLANES.get(sign.clock, "?"))


def fault_happened(case: Case, experiment: Experiment) -> Promise:
    """Judge whether the fault was there: called, seen in the API, and felt on the data plane."""
    if experiment.called_us is None:
        return Promise(NAME, Status.UNKNOWN, "the fault was never called", experiment.name)
    end_us = experiment.window[1] if experiment.window else case.end_us
    inside = [s for s in signs(experiment) if experiment.called_us - s.err_us <= s.at_us <= end_us + s.err_us]
    api = [sign for sign in inside if plane(sign) == "api"]
    data = [sign for sign in inside if plane(sign) == "data"]
    found = numbers(len(inside), "signs", base=len(signs(experiment)), objective=None, api=len(api), data=len(data))
    found["objective"] = 2
    missing = [word for word, group in (("the AWS API", api), ("the data plane", data)) if not group]
    if missing:
        said = f"not proven: no sign from {' and none from '.join(missing)} inside the fault's window"
        return Promise(NAME, Status.UNKNOWN, said, experiment.name, None, found)
    said = f"{plural(len(api), 'sign')} from the AWS API and {len(data)} from the data plane inside the fault's window"
    return Promise(NAME, Status.PASS, said, experiment.name, None, found)
