"""A made-up job table at the end of a run."""

from reports.evidence import Job

S = 1_000_000
LIVE = ("i-0a2", "i-0a3", "i-0a4", "i-0a9", "i-0b2", "i-0b3")
GONE = "i-0b1"


def table(start_us: int, end_us: int, *, orphans: int) -> list[Job]:
    """Return finished imports, two schedules with their next run, and so many jobs of an instance that is gone."""
    found = [_finished(f"1{n:04d}", "processDataManagerLog", start_us + n * S) for n in range(60)]
    for service, every in (("approveOrders", 2), ("brokerOrders", 3)):
        expr = f"EVERY_{every}_SEC"
        found += [_finished(f"{service}-{n}", service, start_us + n * S, expr=expr) for n in range(0, 60, every)]
        waiting = Job(
            when="after",
            job_id=f"{service}-next",
            service_name=service,
            status_id="SERVICE_PENDING",
            run_time_us=end_us + 43 * S,
            temp_expr_id=expr,
        )
        found.append(waiting)
    for n in range(orphans):
        orphan = Job(
            when="after",
            job_id=f"orphan-{n}",
            service_name="processDataManagerLog",
            status_id="SERVICE_RUNNING",
            run_time_us=start_us + 50 * S,
            start_us=start_us + 51 * S,
            run_by_instance_id=GONE,
            lease_us=start_us + 55 * S,
        )
        found.append(orphan)
    return found


def _finished(job_id: str, service: str, run_us: int, *, expr: str | None = None) -> Job:
    return Job(
        when="after",
        job_id=job_id,
        service_name=service,
        status_id="SERVICE_FINISHED",
        run_time_us=run_us,
        start_us=run_us,
        finish_us=run_us + S // 2,
        run_by_instance_id="i-0b2",
        temp_expr_id=expr,
        job_result="3 orders imported" if expr is None else "",
    )
