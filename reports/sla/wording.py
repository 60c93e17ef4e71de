"""The report in plain words, for somebody who knows the promise and not the tool. Pure."""

from reports.commitments import percent
from reports.judge.promise import plural, some
from reports.sla.report import Report
from reports.sla.statement import Standing, Statement, share
from reports.sla.writes import WritesStatement, broken


def headline(report: Report) -> str:
    """Return the answer in a few short sentences."""
    title, measured, total = report.period.title, _measured(report), len(report.statements)
    names = [f"“{one.commitment.name}”" for one in report.statements if one.standing is Standing.FAIL]
    unknown = sum(one.standing is Standing.UNMEASURED for one in report.statements)
    if names:
        more = f" Of {'another one' if unknown == 1 else f'{unknown} others'} nobody can say." if unknown else ""
        count = f"{len(names)} of {plural(total, 'promise')} for {title} {'is' if len(names) == 1 else 'are'}"
        return f"{count} broken: {_names(names)}.{more} {measured}"
    if unknown:
        return f"Whether {title} kept {unknown} of {plural(total, 'promise')} is not known. {measured}"
    return f"Every promise for {title} was kept. {measured}"


def sentence(one: Statement | WritesStatement, report: Report) -> str:
    """Return one commitment: what was promised, what was measured, of how much of the period, and what follows."""
    if isinstance(one, WritesStatement):
        return f"We promised that {one.commitment.says}. {one.because[0].upper()}{one.because[1:]}."
    period = report.period
    promised = f"{period.title}: we promised that {one.commitment.says}"
    if one.ratio is None:
        return f"{promised}. No such request was measured, so nothing is known."
    good = "were good" if one.commitment.kind == "availability" else "were good and fast enough"
    measured = f"of {plural(one.n, 'request')} measured, {share(one.ratio)} {good}"
    time = f"that is measured for {share(one.coverage)} of the {period.noun}"
    return f"{promised}; {measured}; {time}. {_so(one, report)}"


def spending(one: Statement) -> str:
    """Return who spent the budget, in one sentence."""
    if not one.spent:
        return "No request was bad."
    days = [each for each in one.causes if each.experiment and each.spent]
    service = sum(each.spent for each in one.causes if not each.experiment)
    if not days:
        return (
            f"All {one.spent:,} bad requests fell in normal service." if one.spent > 1 else "It fell in normal service."
        )
    named = ", ".join(f"{each.experiment} {each.spent:,}" for each in days)
    charged = sum(each.spent for each in days)
    return (
        f"Of {plural(one.spent, 'bad request')} {charged:,} fell in game-day experiments, where faults are made on"
        f" purpose ({named}), and {service:,} in normal service."
    )


def data(report: Report) -> str:
    """Return what became of the writes of all runs, in one sentence."""
    if not report.sinks:
        return f"No write was recorded in the runs that started in the {report.period.noun}."
    writers = report.gathered.started_in(report.period)
    acknowledged = max(one.acknowledged for one in report.sinks)
    unknown = max(one.unknown for one in report.sinks)
    start = f"{plural(acknowledged, 'write')} were acknowledged over {plural(len(writers), 'run')}"
    wrong = [f"{broken(one)} at the {one.sink}" for one in report.sinks if one.broken]
    unread = max(one.unread for one in report.sinks)
    end = f"; of {unknown:,} more no answer came" if unknown else ""
    if wrong:
        return f"{start}: {'; '.join(wrong)}{end}."
    if any(one.holes for one in report.sinks):
        return f"{start}, none of them known to be wrong, but the record of what was written is not whole{end}."
    if unread:
        return f"{start}, none of them known to be wrong, but what became of {unread:,} is not known everywhere{end}."
    return f"{start}: none was lost, none doubled, none changed, at any sink{end}."


def missing(report: Report) -> str:
    """Return how much of the period nobody measured."""
    left = report.period.seconds - report.seconds
    return f"{minutes(left + 5)} of {report.period.minutes:,} minutes were not measured"


def minutes(seconds: int) -> str:
    """Return seconds as minutes, never rounded up: "0.3", "1,440"."""
    return f"{seconds // 6 / 10:,.1f}".removesuffix(".0")


def _measured(report: Report) -> str:
    return (
        f"It was measured for {minutes(report.seconds)} of {report.period.minutes:,} minutes"
        f" ({share(report.coverage)}); the rest is not known, and not counted as kept."
        if report.coverage < 1
        else f"All of its {report.period.minutes:,} minutes were measured."
    )


def _so(one: Statement, report: Report) -> str:
    objective, least = percent(one.commitment.objective), percent(report.promised.minimum_coverage)
    if one.standing is Standing.MET:
        return "The promise was kept."
    if one.standing is Standing.FAIL:
        alone = one.allowed_period is not None and one.spent > one.allowed_period and one.coverage < 1
        more = f": its budget is overspent whatever happened in the rest of the {report.period.noun}" if alone else ""
        return f"The promise is broken{more}."
    if one.coverage < report.promised.minimum_coverage:
        begin = f"What was measured is below {objective}; at" if one.is_below else "At"
        return f"{begin} least {least} of the {report.period.noun} must be measured before it may be called kept."
    if one.lacking:
        return f"But it may not be called kept: {one.lacking}."
    if one.not_called:
        return f"But nobody called {some(list(one.not_called))}, so that it may not be called kept."
    return f"That is too few requests to tell {objective}."


def _names(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
