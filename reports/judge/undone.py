"""undone: everything that the suite did is undone and read back. Whatever is not makes the run UNSAFE. Pure."""

from reports.evidence import Undo
from reports.judge.case import Case
from reports.judge.promise import Promise, Status, numbers, plural, some
from reports.judge.timeline import Experiment

NAME = "undone"


def records(case: Case, experiment: Experiment) -> list[Undo]:
    """Return the undo records of an experiment."""
    return [record for record in case.undo if record.experiment == experiment.name]


def undone(case: Case, experiment: Experiment) -> Promise:
    """Judge the undo records of an experiment."""
    listed = records(case, experiment)
    left = [record for record in listed if record.is_open]
    counted = numbers(len(listed) - len(left), "undo records", base=len(listed), objective=None) | {
        "objective": len(listed)
    }
    if not listed and experiment.called_us is not None:
        return Promise(NAME, Status.UNKNOWN, "a fault was called, and no undo record of it is left", experiment.name)
    if not listed:
        return Promise(
            NAME, Status.PASS, "nothing was done, so there is nothing to undo", experiment.name, None, counted
        )
    if left:
        said = some([f"{record.action} on {record.resource} ({record.state})" for record in left])
        because = f"{len(left)} of {plural(len(listed), 'undo record')} not read back as undone: {said}"
        return Promise(NAME, Status.FAIL, because, experiment.name, None, counted)
    because = f"{plural(len(listed), 'undo record')}, each read back as undone"
    return Promise(NAME, Status.PASS, because, experiment.name, None, counted)
