"""How the report says things: names of promises, numbers with their units, times. Pure."""

from datetime import UTC, datetime

from reports.judge import Promise

TITLES = {
    "fault_happened": "The fault happened",
    "steady_state_before": "Steady before",
    "steady_state_after": "Steady after",
    "load_delivered": "Load delivered",
    "recovered_within_rto": "Recovered in time",
    "availability_within_budget": "Outage within budget",
    "latency_back_in_band": "Latency back in band",
    "capacity_restored": "Capacity restored",
    "undone": "Undone and read back",
    "no_acknowledged_write_lost": "No acknowledged write lost",
    "no_write_duplicated": "No write duplicated",
    "no_phantom_write": "No phantom write",
    "no_write_corrupted": "No write corrupted",
    "landed_within_freshness": "Landed in time",
    "replica_caught_up": "Replica caught up",
    "jobs_drained": "Jobs drained",
    "no_job_orphaned": "No job orphaned",
    "no_job_run_twice": "No job run twice",
    "schedules_kept": "Schedules kept",
}
AT_LEAST = (
    "load_delivered",
    "fault_happened",
    "steady_state_before",
    "steady_state_after",
    "capacity_restored",
    "undone",
)
UNITS = {"outage-seconds": "s"}
DASH = "–"


def title(name: str) -> str:
    """Return a promise's name for people."""
    return TITLES.get(name, name.replace("_", " ").capitalize())


def measured(promise: Promise) -> str:
    """Return what was measured, with its unit; a dash when nothing was."""
    return number(promise.numbers.get("measured"), promise.numbers.get("unit"))


def objective(promise: Promise) -> str:
    """Return the objective as a bound: "≤ 15 s", "≥ 95 %", "= 0"; empty when the promise has none."""
    value, unit = promise.numbers.get("objective"), promise.numbers.get("unit")
    if value is None:
        return ""
    exact = value == 0 or promise.name in ("schedules_kept", "undone", "steady_state_before", "steady_state_after")
    sign = "=" if exact else ("≥" if promise.name in AT_LEAST else "≤")
    return f"{sign} {number(value, unit)}"


def number(value: float | None, unit: str | None) -> str:
    """Return a number as a person reads it: "2.6 s", "41 ms", "99.8 %", "5,774"."""
    if value is None:
        return DASH
    if unit == "ratio":
        return f"{value * 100:.4g} %"
    if unit in ("s", "ms", "outage-seconds"):
        shown = (
            f"{value:,.0f}"
            if unit == "ms" or float(value).is_integer()
            else f"{value:,.1f}"
            if value >= 1
            else f"{value:.2f}"
        )
        return f"{shown} {UNITS.get(unit, unit)}"
    return f"{value:,.0f}"


def moment(at_us: int | None) -> str:
    """Return a time as "18 Nov 2026, 09:14:03 UTC"."""
    if not at_us:
        return DASH
    return datetime.fromtimestamp(at_us / 1e6, tz=UTC).strftime("%-d %b %Y, %H:%M:%S UTC")


def duration(seconds: float) -> str:
    """Return "5 min 12 s"."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def size(count: int) -> str:
    """Return a file's size: "812 B", "41 kB", "1.2 MB"."""
    if count < 1000:
        return f"{count} B"
    return f"{count / 1000:.0f} kB" if count < 1_000_000 else f"{count / 1_000_000:.1f} MB"
