"""The promises about jobs, over job tables as OFBiz leaves them."""

from typing import Any

import pytest

from reports.evidence import Job
from reports.judge.case import Case
from reports.judge.jobs import jobs_drained, made_good, no_job_orphaned, no_job_run_twice, schedules_kept
from reports.testing.cases import S, case, course, event

READ_S = 100
LIVE = ["i-1", "i-2"]


def job(job_id: str, status: str = "FINISHED", *, run_s: float = 20, **columns: object) -> Job:
    times: dict[str, object] = {"run_time_us": int(run_s * S)}
    if status == "FINISHED":
        times |= {"start_us": int(run_s * S), "finish_us": int((run_s + 1) * S)}
    base = {"service_name": "import", "current_retry_count": 0, **times}
    return Job(when="after", job_id=job_id, status_id=f"SERVICE_{status}", **(base | columns))  # type: ignore[arg-type]


def table(*jobs: Job, live: list[str] | None = LIVE, **more: object) -> Case:
    shot = event("jobs.snapshot", READ_S, experiment=None, when="after", live_instances=live, file="jobs.parquet")
    return case(events=[*course(), shot], jobs=list(jobs), **more)  # type: ignore[arg-type]


DONE = job("1")
NEXT = job("9", "PENDING", run_s=101, service_name="approve", temp_expr_id="EVERY_2_SEC")


@pytest.mark.parametrize("judge", [jobs_drained, no_job_orphaned, no_job_run_twice, schedules_kept])
def test_a_healthy_table_is_a_pass_and_none_is_unknown(judge: object) -> None:
    """Not read, read empty, or read without its moment: nothing was looked at."""
    assert judge(table(DONE, NEXT)).status == "PASS"  # type: ignore[operator]
    assert judge(case(events=course())).status == "UNKNOWN"  # type: ignore[operator]
    assert judge(table()).status == "UNKNOWN"  # type: ignore[operator]
    assert judge(case(events=course(), jobs=[DONE, NEXT])).status == "UNKNOWN"  # type: ignore[operator]


@pytest.mark.parametrize(
    ("jobs", "status"),
    [
        pytest.param([job("2", "PENDING", run_s=12)], "FAIL", id="due before the fault, and waiting"),
        pytest.param([job("2", "RUNNING", run_s=12)], "FAIL", id="due before the fault, and running"),
        pytest.param([job("2", "PENDING", run_s=30)], "FAIL", id="due for 70 s"),
        pytest.param([job("2", "PENDING", run_s=95)], "PASS", id="due for 5 s"),
        pytest.param([job("2", "PENDING", run_s=500)], "PASS", id="not due yet"),
        pytest.param([job("2", "FAILED", job_result="deadlock")], "FAIL", id="failed"),
        pytest.param([job("2", job_result="_ERROR_MESSAGE_ no such product")], "FAIL", id="finished with an error"),
        pytest.param([job("2", job_result="0 errors")], "PASS", id="finished and says that there was none"),
        pytest.param(
            [job("2", "FAILED"), job("3", previous_job_id="2", current_retry_count=1)],
            "PASS",
            id="failed, retried well",
        ),
        pytest.param(
            [job("2", "FAILED"), job("3", "PENDING", run_s=500, previous_job_id="2", current_retry_count=1)],
            "FAIL",
            id="failed, retry still to come",
        ),
        pytest.param([job("2", "CANCELLED", run_s=12)], "PASS", id="cancelled"),
    ],
)
def test_jobs_drained(jobs: list[Job], status: str) -> None:
    """Nothing that was due is left, and no error that nothing made good."""
    assert jobs_drained(table(DONE, *jobs)).status == status


def test_a_recurring_job_that_failed_is_made_good_by_its_next_run() -> None:
    """The next run does the work; a run before it does not."""
    failed = job("2", "FAILED", run_s=30, service_name="broker", temp_expr_id="EVERY_3_SEC")
    later = job("3", run_s=33, service_name="broker", temp_expr_id="EVERY_3_SEC")
    earlier = job("3", run_s=27, service_name="broker", temp_expr_id="EVERY_3_SEC")

    assert made_good([failed], [failed, later]) == {"2"}
    assert made_good([failed], [failed, earlier]) == set()


@pytest.mark.parametrize(
    ("held", "status"),
    [
        pytest.param({"run_by_instance_id": "i-1", "lease_us": 10 * S}, "PASS", id="of a live instance"),
        pytest.param(
            {"run_by_instance_id": "i-9", "lease_us": 89 * S}, "FAIL", id="of a dead one, past lease and grace"
        ),
        pytest.param({"run_by_instance_id": "i-9", "lease_us": 95 * S}, "UNKNOWN", id="of a dead one, lease not over"),
        pytest.param({"run_by_instance_id": "i-9"}, "FAIL", id="of a dead one, without a lease, due long ago"),
        pytest.param({}, "PASS", id="of nobody"),
    ],
)
@pytest.mark.parametrize("state", ["PENDING", "QUEUED", "RUNNING"])
def test_no_job_orphaned(held: dict[str, Any], status: str, state: str) -> None:
    """Lease 6 s and grace 4 s before the read at 100 s."""
    assert no_job_orphaned(table(DONE, job("2", state, **held))).status == status


def test_without_the_live_instances_nobody_is_an_orphan() -> None:
    """Who lives was not read."""
    held = job("2", "RUNNING", run_by_instance_id="i-9")

    assert no_job_orphaned(table(DONE, held, live=None)).status == "UNKNOWN"
    assert no_job_orphaned(table(DONE, held, live=[])).status == "UNKNOWN"


def test_jobs_taken_over_are_counted_in_a_healthy_run() -> None:
    """A run that began more than a lease after it was due had another owner first."""
    found = no_job_orphaned(table(DONE, job("2", run_s=20, start_us=29 * S), job("3", run_s=20, start_us=24 * S)))

    assert (found.status, found.numbers["taken_over"]) == ("PASS", 1)


@pytest.mark.parametrize(
    ("jobs", "status"),
    [
        pytest.param(
            [job("2"), job("3", previous_job_id="2", current_retry_count=1)], "FAIL", id="a job and its retry"
        ),
        pytest.param(
            [job("2", "FAILED"), job("3", previous_job_id="2", current_retry_count=1)],
            "PASS",
            id="a failed one's retry",
        ),
        pytest.param(
            [job("2", temp_expr_id="E"), job("3", temp_expr_id="E", previous_job_id="2")],
            "PASS",
            id="two runs of a chain",
        ),
        pytest.param(
            [job(i, temp_expr_id="E", previous_job_id="2") for i in ("3", "4")], "FAIL", id="two successors of one run"
        ),
        pytest.param(
            # The owner died: its row runs once more as a one-off, its successor goes on with the chain.
            [job("2", previous_job_id="1"), job("3", temp_expr_id="E", previous_job_id="2")],
            "PASS",
            id="a crashed run, taken back, and its successor",
        ),
    ],
)
def test_no_job_run_twice(jobs: list[Job], status: str) -> None:
    """One slot, one committed run."""
    assert no_job_run_twice(table(DONE, *jobs)).status == status


@pytest.mark.parametrize(
    ("states", "status"),
    [
        pytest.param(["PENDING"], "PASS", id="one"),
        pytest.param(["QUEUED", "RUNNING"], "PASS", id="one, while another runs"),
        pytest.param(["RUNNING"], "PASS", id="the next is made when this one ends"),
        pytest.param(["PENDING", "PENDING"], "FAIL", id="two"),
        pytest.param(["FINISHED"], "FAIL", id="none"),
    ],
)
def test_schedules_kept(states: list[str], status: str) -> None:
    """Each recurring job has exactly one future run."""
    jobs = [job(f"s{n}", state, run_s=101, temp_expr_id="E") for n, state in enumerate(states)]

    assert schedules_kept(table(*jobs)).status == status


def test_a_schedule_that_was_there_before_and_is_gone_is_not_kept() -> None:
    """What recurs is known from both readings."""
    before = Job(when="before", job_id="1", service_name="broker", status_id="SERVICE_PENDING", temp_expr_id="E")

    assert schedules_kept(table(before, DONE)).status == "FAIL"


@pytest.mark.parametrize("judge", [jobs_drained, no_job_orphaned, no_job_run_twice, schedules_kept])
@pytest.mark.parametrize(("rows", "status"), [(2, "PASS"), (3, "UNKNOWN")])
def test_a_table_with_fewer_rows_than_were_read_is_unknown(judge: object, rows: int, status: str) -> None:
    """The moment of the reading says how many there were."""
    full = table(DONE, NEXT)
    shot = event("jobs.snapshot", READ_S, experiment=None, when="after", live_instances=LIVE, rows=rows)

    assert judge(case(events=[*course(), shot], jobs=full.jobs)).status == status  # type: ignore[operator]
