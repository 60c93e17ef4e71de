"""What is expected is computed from the live configuration, and only where it says a number."""

from collections.abc import Callable

import pytest

from experiments.expecting import expected_after
from fixtures.target import Target

GROUP = {
    "health_check_interval_s": 5,
    "health_check_timeout_s": 2,
    "healthy_threshold": 3,
    "unhealthy_threshold": 2,
}


@pytest.mark.parametrize(
    ("subject", "snapshot", "phases"),
    [
        pytest.param(
            "sync",
            {"target_group": GROUP},
            [("target unhealthy", 5, 12), ("replacement healthy", 10, 17)],
            id="health-checks",
        ),
        pytest.param("sync", {"target_group": {"error": "denied"}}, [], id="not-readable"),
        pytest.param("async", {}, [("job taken over", 0, 10)], id="lease-and-grace"),
        pytest.param(
            "database",
            {"dns": [{"name": "primary.test", "ttl_s": 5}]},
            [("clients on the new primary", 0, 5)],
            id="name",
        ),
        pytest.param("database", {"dns": {"error": "no answer"}}, [], id="no-name"),
        pytest.param("nothing", {}, [], id="control"),
    ],
)
def test_phases_follow_from_the_configuration(
    subject: str,
    snapshot: dict[str, object],
    phases: list[tuple[str, float, float]],
    target_at: Callable[..., Target],
) -> None:
    """Seconds from the fault's first harmful call."""
    found = expected_after(subject, snapshot, target_at(None))
    assert [(one.phase, one.seconds_from, one.seconds_to) for one in found] == phases
    assert all(one.why for one in found)
