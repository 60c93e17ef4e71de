"""The job table as the system's own scheduler keeps it: what is overdue, and who works."""

import sqlalchemy as sa

from experiments.sinks import tables as t
from experiments.sinks.read import Sink
from experiments.sinks.rows import microseconds

RUNNING = ("SERVICE_QUEUED", "SERVICE_RUNNING")
BIG_IMPORT_ROWS = 50


def overdue(primary: Sink, patience_s: float) -> int:
    """How many jobs were due longer than ``patience_s`` ago and are not started. Raises SinkUnreadableError."""
    job = t.JOB_SANDBOX.c
    due = sa.func.now() - sa.text(f"interval '{float(patience_s)} seconds'")
    query = sa.select(sa.func.count()).where(
        job.run_time <= due, job.start_date_time.is_(None), job.cancel_date_time.is_(None)
    )
    return int(primary.scalar(query))


def waiting(primary: Sink) -> int:
    """How many jobs are due and not started: the backlog. Raises SinkUnreadableError."""
    return overdue(primary, 0)


def last_claim_us(primary: Sink, instance_id: str) -> int | None:
    """When that instance last began a job; None when it never did. Raises SinkUnreadableError."""
    job = t.JOB_SANDBOX.c
    query = sa.select(sa.func.max(job.start_date_time)).where(job.run_by_instance_id == instance_id)
    return microseconds(primary.scalar(query))


def last_claim_of_others_us(primary: Sink, instance_id: str) -> int | None:
    """When any other instance last began a job; None when none ever did. Raises SinkUnreadableError."""
    job = t.JOB_SANDBOX.c
    query = sa.select(sa.func.max(job.start_date_time)).where(job.run_by_instance_id != instance_id)
    return microseconds(primary.scalar(query))


def last_lease_us(primary: Sink, instance_id: str) -> int | None:
    """When that instance last renewed the lease of a job that it still holds; None when it holds none."""
    job = t.JOB_SANDBOX.c
    query = sa.select(sa.func.max(job.lease_updated_stamp)).where(
        job.run_by_instance_id == instance_id, job.status_id.in_(RUNNING)
    )
    return microseconds(primary.scalar(query))


def big_import_owner(primary: Sink) -> str | None:
    """The instance that is in the middle of importing a file of at least 50 orders; None when nobody is."""
    log = t.DATA_MANAGER_LOG.c
    query = sa.select(log.run_by_instance_id).where(
        log.status_id == "DmlsRunning",
        log.total_record_count >= BIG_IMPORT_ROWS,
        log.run_by_instance_id.is_not(None),
    )
    owner = primary.scalar(query.limit(1))
    return None if owner is None else str(owner)
