"""The promises about asynchronous jobs: drained, none orphaned, none run twice, schedules kept. Pure.

Words are OFBiz's (entity JobSandbox): a job that recurs has a ``temp_expr_id`` and gets its next row when it starts; a
retry is a row of its own whose ``previous_job_id`` names the row that failed and whose retry count is above 0.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence

from reports.evidence import Event, Job
from reports.judge.case import Case
from reports.judge.promise import Promise, Status, numbers, plural, some

WAITING = ("SERVICE_PENDING", "SERVICE_QUEUED")
OPEN = (*WAITING, "SERVICE_RUNNING")
FINISHED = "SERVICE_FINISHED"
FAILED = "SERVICE_FAILED"
LONG_S = 1.0  # a loader that copies by time stamp has gone on by then
ERROR_MARKS = ("_ERROR_MESSAGE_", "error:", "exception", "traceback")


def jobs_drained(case: Case) -> Promise:
    """Judge whether what was due is done, and nothing ended with an error that no later run made good."""
    return _over_jobs(case, "jobs_drained", _drained)


def no_job_orphaned(case: Case) -> Promise:
    """Judge whether a job belongs to an instance that is gone, past lease and grace."""
    return _over_jobs(case, "no_job_orphaned", _orphaned)


def no_job_run_twice(case: Case) -> Promise:
    """Judge whether one slot has two committed runs."""
    return _over_jobs(case, "no_job_run_twice", _run_twice)


def schedules_kept(case: Case) -> Promise:
    """Judge whether each recurring job has exactly one future run."""
    return _over_jobs(case, "schedules_kept", _schedules)


def _over_jobs(case: Case, name: str, judge: Callable[[Case, str, list[Job], Event], Promise]) -> Promise:
    after = [job for job in case.jobs or [] if job.when == "after"]
    shots = [event for event in case.of_kind("jobs.snapshot") if event.data.get("when", "after") == "after"]
    if not after or not shots:
        return Promise(name, Status.UNKNOWN, "the job table was not read at the end, or was empty")
    rows = int(shots[-1].data.get("rows") or 0)
    if len(after) < rows:
        return Promise(name, Status.UNKNOWN, f"{rows:,} rows of the job table were read, {len(after):,} are there")
    return judge(case, name, after, shots[-1])


def _drained(case: Case, name: str, jobs: list[Job], shot: Event) -> Promise:
    objective = case.objectives.find("drained_s")
    called = max((one.called_us for one in case.experiments if one.called_us is not None), default=0)
    due_by = max(called, shot.at_us - int(objective.value * 1e6))
    stuck = [j for j in jobs if j.status_id in OPEN and j.run_time_us is not None and j.run_time_us < due_by]
    failed = [job for job in ended_badly(jobs) if not _was_bad_before(case, job)]
    good = made_good(failed, jobs)
    bad = [job for job in failed if job.job_id not in good]
    oldest = max(((shot.at_us - job.run_time_us) / 1e6 for job in stuck if job.run_time_us is not None), default=0.0)
    counted = numbers(
        oldest, "s", base=len(jobs), objective=objective, stuck=len(stuck), failed=len(bad), made_good=len(good)
    ) | {"examples": [job.job_id for job in (*stuck, *bad)][:10]}
    base = f"of {plural(len(jobs), 'job')} ({len(good)} failed and made good by a later run)"
    if stuck or bad:
        parts = [f"{len(stuck)} due and not done, the oldest for {oldest:.0f} s: {_names(stuck)}"] if stuck else []
        parts += [f"{len(bad)} ended with an error: {_names(bad)} ({bad[0].job_result or 'no text'})"] if bad else []
        return Promise(
            name, Status.FAIL, f"{'; '.join(parts)}; {base}; objective {objective.value:g} s", None, None, counted
        )
    return Promise(
        name, Status.PASS, f"none left that was due, and none ended with an error, {base}", None, None, counted
    )


def ended_badly(jobs: Iterable[Job]) -> list[Job]:
    """Return the jobs that ended with an error, by status or by what their result says."""
    return [
        job
        for job in jobs
        if job.status_id == FAILED
        or (
            job.status_id == FINISHED
            and any(mark in (job.job_result or "").lower() for mark in map(str.lower, ERROR_MARKS))
        )
    ]


def made_good(failed: Sequence[Job], jobs: Sequence[Job]) -> set[str]:
    """Return the ids of failed jobs that a later run made good: a retry, or the next run of a recurring job."""
    by_id = {job.job_id: job for job in jobs}
    done: set[str] = set()
    for job in jobs:
        if job.status_id == FINISHED and job not in failed:
            done.update(_attempts_before(job, by_id))
    last: dict[str | None, int] = defaultdict(int)
    for job in jobs:
        if job.status_id == FINISHED:
            last[job.service_name] = max(last[job.service_name], job.finish_us or job.run_time_us or 0)
    recurring = {
        j.job_id for j in failed if j.temp_expr_id and last[j.service_name] > (j.finish_us or j.run_time_us or 0)
    }
    return {job.job_id for job in failed if job.job_id in done} | recurring


def _orphaned(case: Case, name: str, jobs: list[Job], shot: Event) -> Promise:
    live = shot.data.get("live_instances")
    if not isinstance(live, list) or not live:
        return Promise(name, Status.UNKNOWN, "which instances are live was not read")
    lease_s, grace_s = lease_and_grace_s(case)
    held = [job for job in jobs if job.status_id in OPEN and job.run_by_instance_id]
    of_gone = [job for job in held if job.run_by_instance_id not in live]
    past = shot.at_us - int((lease_s + grace_s) * 1e6)
    orphans = [job for job in of_gone if (job.lease_us or job.start_us or job.run_time_us or 0) < past]
    again = taken_over(case, jobs)
    counted = numbers(len(orphans), "jobs", base=len(jobs), objective=None, held=len(held), live_instances=len(live))
    counted |= {"taken_over": len(again), "examples": [job.job_id for job in orphans][:10]}
    counted |= {"objective": 0, "objective_from": f"the target's lease of {lease_s:g} s and grace of {grace_s:g} s"}
    if orphans:
        owners = some(sorted({str(job.run_by_instance_id) for job in orphans}))
        held_by = f"held by an instance that is gone ({owners})"
        said = f"{len(orphans)} of {plural(len(jobs), 'job')} {held_by}: {_names(orphans)}"
        return Promise(
            name, Status.FAIL, f"{said}; lease {lease_s:g} s and grace {grace_s:g} s are over", None, None, counted
        )
    if of_gone:
        said = (
            f"{plural(len(of_gone), 'job')} held by an instance that is gone, its lease not over yet at the read-back"
        )
        return Promise(name, Status.UNKNOWN, said, None, None, counted)
    said = (
        f"none of {plural(len(jobs), 'job')} held by an instance that is gone; {len(again)} taken over from their owner"
    )
    return Promise(name, Status.PASS, said, None, None, counted)


def lease_and_grace_s(case: Case) -> tuple[float, float]:
    """Return the lease of a job's owner and how late its end is found, in seconds: the target's own if known."""
    timing = case.facts.get("jobs") or {}
    lease = timing.get("lease_s") or case.objectives.value("job_lease_s")
    return float(lease), float(timing.get("grace_s") or case.objectives.value("job_grace_s"))


def taken_over(case: Case, jobs: Iterable[Job]) -> list[Job]:
    """Return the jobs whose run began more than a lease after it was due: their first owner was interrupted.

    Their start is that of the run that counts; one that waits for a free thread is due for less than a lease.
    """
    lease_us = lease_and_grace_s(case)[0] * 1e6
    return [j for j in jobs if j.start_us and j.run_time_us and j.start_us - j.run_time_us > lease_us]


def long_transactions(jobs: Iterable[Job]) -> int:
    """Count the finished runs that were open for over LONG_S: what they wrote committed long after it was stamped."""
    return sum(1 for j in jobs if j.finish_us and j.start_us and j.finish_us - j.start_us > LONG_S * 1e6)


def _run_twice(case: Case, name: str, jobs: list[Job], shot: Event) -> Promise:
    by_id = {job.job_id: job for job in jobs}
    runs: Counter[str] = Counter(slot(job, by_id) for job in jobs if job.status_id == FINISHED)
    if not runs:
        return Promise(
            name, Status.UNKNOWN, f"none of {plural(len(jobs), 'job')} has finished, so none could run twice"
        )
    twice = [found for found, count in runs.items() if count > 1]
    counted = numbers(len(twice), "slots", base=len(runs), objective=None) | {
        "objective": 0,
        "objective_from": "design: never",
        "examples": [j.job_id for j in jobs if j.status_id == FINISHED and slot(j, by_id) in twice][:10],
    }
    if twice:
        said = f"{plural(len(twice), 'slot')} of {len(runs):,} with two committed runs: {some(twice)}; objective 0"
        return Promise(name, Status.FAIL, said, None, None, counted)
    return Promise(
        name, Status.PASS, f"none of {plural(len(runs), 'slot')} has two committed runs", None, None, counted
    )


def slot(job: Job, by_id: dict[str, Job]) -> str:
    """Return what names the one run that a row stands for: a retry shares the slot of the row that it repeats."""
    first = (_attempts_before(job, by_id) or [job.job_id])[-1]
    row = by_id.get(first, job)
    if row.temp_expr_id and row.previous_job_id:
        return f"{row.service_name} after {row.previous_job_id}"  # two successors of one row are one slot, too
    return first


def _schedules(case: Case, name: str, jobs: list[Job], shot: Event) -> Promise:
    recurring = {_schedule(job) for job in case.jobs or [] if job.temp_expr_id}
    if not recurring:
        return Promise(name, Status.UNKNOWN, f"no recurring job among {plural(len(jobs), 'job')}")
    future = Counter(
        _schedule(job) for job in jobs if job.temp_expr_id and job.status_id in WAITING and not job.cancel_us
    )
    running = {_schedule(job) for job in jobs if job.temp_expr_id and job.status_id == "SERVICE_RUNNING"}
    # A scheduler that makes the next row only when the run ends has none while it runs.
    wrong = sorted(one for one in recurring if future[one] != 1 and not (future[one] == 0 and one in running))
    counted = numbers(len(recurring) - len(wrong), "schedules", base=len(recurring), objective=None)
    counted |= {"objective": len(recurring), "objective_from": "design: exactly one future run each"}
    if wrong:
        said = some([f"{one} has {future[one]}" for one in wrong])
        because = f"{len(wrong)} of {plural(len(recurring), 'schedule')} without exactly one future run: {said}"
        return Promise(name, Status.FAIL, because, None, None, counted)
    return Promise(
        name,
        Status.PASS,
        f"each of {plural(len(recurring), 'schedule')} has exactly one future run",
        None,
        None,
        counted,
    )


def _attempts_before(job: Job, by_id: dict[str, Job]) -> list[str]:
    """Return the ids of the rows that this one is a retry of, the nearest first."""
    found: list[str] = []
    while job.previous_job_id and (job.current_retry_count or 0) > 0 and job.previous_job_id not in found:
        found.append(job.previous_job_id)
        if job.previous_job_id not in by_id:
            break
        job = by_id[job.previous_job_id]
    return found


def _was_bad_before(case: Case, job: Job) -> bool:
    return any(j.when == "before" and j.job_id == job.job_id and j.status_id == job.status_id for j in case.jobs or [])


def _schedule(job: Job) -> str:
    return str(job.service_name or job.job_name)


def _names(jobs: Sequence[Job]) -> str:
    return some([f"{job.service_name or job.job_name} {job.job_id}" for job in jobs])
