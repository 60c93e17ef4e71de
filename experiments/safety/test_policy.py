"""Nothing but a region on this machine may be hurt, whatever the target calls itself."""

from collections.abc import Callable

import pytest

from experiments.safety.policy import refuse_unless_local
from fixtures.policy import RefusedError
from fixtures.target import Target


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1", "http://127.40.0.3:5000", "http://localhost:1", "http://[::1]:1"]
)
def test_a_loopback_endpoint_may_be_hurt(url: str, target_at: Callable[..., Target]) -> None:
    refuse_unless_local(target_at(url))


@pytest.mark.parametrize(
    "url",
    [
        pytest.param(None, id="AWS itself"),
        pytest.param("http://10.0.0.1:5000", id="a private address"),
        pytest.param("http://no-such-host.invalid:5000", id="a name that leads nowhere"),
        pytest.param("http://127.0.0.1.nip.invalid:5000", id="a name that looks like loopback"),
    ],
)
def test_every_other_endpoint_is_refused(url: str | None, target_at: Callable[..., Target]) -> None:
    """Also for a target of kind local: the endpoint that the client resolved decides, and the line names it."""
    with pytest.raises(RefusedError, match="expected an AWS endpoint on this machine, found http"):
        refuse_unless_local(target_at(url, kind="local"))
