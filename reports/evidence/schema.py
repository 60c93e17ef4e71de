"""The schema of a run directory: what drivers write and what the judge reads.

Columns may be added at the end, never changed. Every time is an integer number of microseconds since the Unix epoch
(``*_us``), UTC. What a field means is said here and nowhere else.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

import pyarrow as pa

SCHEMA_VERSION = 1

SINKS = ("primary", "replica", "warehouse")

# Kinds of writes. An order and a shipment have a key that is found again in every sink: an order its externalId, a
# shipment that and SHIPMENT_SUFFIX behind it. A stock_delta has none: it is judged by sums per facility and product.
KEYED = ("order", "shipment")
SHIPMENT_SUFFIX = ":S"

Clock = Literal["suite", "aws", "guard", "traffic", "person"]
SampleOutcome = Literal["ok", "failed", "refused", "unknown", "censored"]
WriteOutcome = Literal["acknowledged", "refused", "unknown"]

# A business refusal ("not enough stock") is an answer, and a good one; its error starts with this.
BUSINESS = "business:"

# What the load machine or the load's own code failed in, and no fault of the system; such an error starts with this.
GENERATOR = "generator:"

# samples/<worker>.arrows: every request, each redirect hop and each retry a row of its own.
SAMPLES = pa.schema(
    [
        ("sched_us", pa.int64()),  # when it was due: the plan's time, also when it was sent late
        ("start_us", pa.int64()),  # when it was sent; null = never sent
        ("first_byte_us", pa.int64()),
        ("end_us", pa.int64()),  # null = still in flight when the run stopped (outcome censored), or never sent
        ("endpoint", pa.string()),  # "POST /api/uploadAndImportfile"
        ("journey", pa.string()),
        ("status", pa.int16()),  # HTTP status; null = no answer
        ("outcome", pa.string()),  # ok, failed, refused, unknown, censored
        ("error", pa.string()),  # one short word or line; "business: ..." for a refusal that is an answer
        ("bytes", pa.int64()),
        ("peer", pa.string()),  # the load balancer's node that was spoken to
        ("server", pa.string()),  # the instance that answered, from its header
        ("phase", pa.string()),
        ("trace_id", pa.string()),
        ("dns_us", pa.int64()),  # durations; null = reused
        ("connect_us", pa.int64()),
        ("tls_us", pa.int64()),
        ("address", pa.string()),
        ("wire_attempts", pa.int16()),  # how often the request went over the wire: more than 1 is a re-send
        ("worker", pa.string()),
    ]
)

# landed/<sink>.parquet: one row a key (kinds order and shipment), or one row a "facility|product" (kind stock_delta).
LANDED = pa.schema(
    [
        ("key", pa.string()),
        ("kind", pa.string()),
        ("count", pa.int64()),  # how many times it is there, in the final read
        ("digest", pa.string()),
        ("amount_minor", pa.int64()),
        ("first_seen_us", pa.int64()),  # end of the first poll that showed it; null = never seen
        ("last_absent_us", pa.int64()),  # start of the last poll without it before it was seen; null = never absent
        ("sink_stamp", pa.int64()),  # the row's own stamp, as the system wrote it
        ("units", pa.int64()),  # stock_delta: units taken, the sum of minus the difference
    ]
)

# jobs.parquet: rows of the job table, as read before the faults and at the end.
JOBS = pa.schema(
    [
        ("when", pa.string()),  # before, after
        ("job_id", pa.string()),
        ("job_name", pa.string()),
        ("service_name", pa.string()),
        ("status_id", pa.string()),
        ("run_time_us", pa.int64()),
        ("start_us", pa.int64()),
        ("finish_us", pa.int64()),
        ("cancel_us", pa.int64()),
        ("run_by_instance_id", pa.string()),
        ("temp_expr_id", pa.string()),
        ("parent_job_id", pa.string()),
        ("previous_job_id", pa.string()),
        ("job_result", pa.string()),
        ("current_retry_count", pa.int64()),
        ("lease_us", pa.int64()),
    ]
)


@dataclass(frozen=True, slots=True)
class Event:
    """One line of ``events/<writer>.ndjson``: one thing that happened, on one clock."""

    seq: int
    at_us: int
    kind: str
    writer: str
    err_us: int = 0  # how far off at_us may be
    clock: str = "suite"
    experiment: str | None = None
    subject: str | None = None
    data: dict[str, Any] = field(default_factory=dict)
    prev: str | None = None  # SHA-256 of this writer's line before


@dataclass(frozen=True, slots=True)
class Delivery:
    """One second of one load worker, ``delivery/<worker>.ndjson``; counts are of that second, not running totals."""

    at_us: int  # end of the second
    worker: str
    planned: int  # due in this second
    sent: int
    completed: int
    in_flight: int  # now
    censored: int = 0
    schedule_lag_us: int = 0  # worst lateness of a send in this second
    loop_lag_us: int = 0  # worst lateness of the worker's own event loop in this second
    cpu_ratio: float = 0.0  # of one core


@dataclass(frozen=True, slots=True)
class Signal:
    """One probe value, ``signals.ndjson``."""

    at_us: int
    name: str  # replica_lag_s, backlog, healthy_targets, dns_answer, server_identity, ...
    value: Any
    writer: str = ""
    subject: str | None = None
    experiment: str | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One send of a write. ``outcome`` is unknown when the ledger ends before the answer."""

    n: int
    sent_us: int | None
    outcome: WriteOutcome
    outcome_us: int | None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Write:
    """One intended write with all its attempts, merged from ``ledger/<worker>.ndjson``."""

    key: str
    kind: str  # order, shipment, stock_delta
    at_us: int  # the intent, before the first byte was sent
    digest: str | None  # of an order's or a shipment's content
    amount_minor: int | None  # an order's; None where a kind has none
    sinks: tuple[str, ...]  # where it must land; only these are judged
    attempts: tuple[Attempt, ...] = ()
    sum_key: str | None = None  # "<facility>|<product>" of a write whose API has no key
    units: int | None = None
    writer: str = ""  # whose ledger the first intent is in
    # Writer and time of every intent when there are several: a second attempt is written down before it is sent, too.
    intents: tuple[tuple[str, int], ...] = ()

    @property
    def outcome(self) -> WriteOutcome:
        """acknowledged when any attempt was; refused only when every attempt is proven so; else unknown."""
        said = [attempt.outcome for attempt in self.attempts]
        if "acknowledged" in said:
            return "acknowledged"
        return "refused" if said and all(outcome == "refused" for outcome in said) else "unknown"

    @property
    def acknowledged_us(self) -> int | None:
        """When the first good answer had arrived; None when none did."""
        times = [a.outcome_us for a in self.attempts if a.outcome == "acknowledged" and a.outcome_us is not None]
        return min(times, default=None)


@dataclass(frozen=True, slots=True)
class Landed:
    """One key (or stock sum) as read back from a sink; fields as in LANDED."""

    key: str
    kind: str
    count: int
    digest: str | None = None
    amount_minor: int | None = None
    first_seen_us: int | None = None
    last_absent_us: int | None = None
    sink_stamp: int | None = None
    units: int | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """One row of the job table; fields as in JOBS. ``when`` is before or after."""

    when: str
    job_id: str
    job_name: str | None = None
    service_name: str | None = None
    status_id: str | None = None
    run_time_us: int | None = None
    start_us: int | None = None
    finish_us: int | None = None
    cancel_us: int | None = None
    run_by_instance_id: str | None = None
    temp_expr_id: str | None = None
    parent_job_id: str | None = None
    previous_job_id: str | None = None
    job_result: str | None = None
    current_retry_count: int | None = None
    lease_us: int | None = None


@dataclass(frozen=True, slots=True)
class Undo:
    """One harm and how far its way back got, merged from ``undo.ndjson``."""

    id: str
    experiment: str | None
    resource: str
    action: str
    before: dict[str, Any]
    way_back: dict[str, Any]  # {"kind": "none" | "run_command" | ..., ...}
    lease_s: float | None
    at_us: int
    steps: tuple[dict[str, Any], ...] = ()  # the later lines: applied, undone, verified, failed

    @property
    def state(self) -> str:
        """The furthest step: verified, undone, failed, applied, or intent when nothing followed."""
        reached = {str(step.get("t")) for step in self.steps}
        return next((name for name in ("verified", "failed", "undone", "applied") if name in reached), "intent")

    @property
    def is_open(self) -> bool:
        """Whether the way back is not yet proven by reading back."""
        return self.state != "verified"
