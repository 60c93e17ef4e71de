"""The one clock of all evidence: integer microseconds since the Unix epoch, UTC."""

from datetime import UTC, datetime
from time import time_ns


def now_us() -> int:
    """Return the time now, in microseconds since the epoch."""
    return time_ns() // 1000


def utc_name(at_us: int | None = None) -> str:
    """Return a time as a directory name that sorts by time: ``20261123T055800Z``."""
    moment = datetime.fromtimestamp((now_us() if at_us is None else at_us) / 1e6, tz=UTC)
    return moment.strftime("%Y%m%dT%H%M%SZ")
