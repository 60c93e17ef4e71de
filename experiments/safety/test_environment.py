"""A process that may do harm hears of the target and of nothing else that lies in the shell."""

from collections.abc import Callable
from pathlib import Path

import pytest

from experiments.safety.environment import clean_environment
from fixtures.target import Target


def test_what_misleads_is_gone_and_the_target_is_there(
    target_at: Callable[..., Target], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL_EC2", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "trap")
    monkeypatch.setenv("HTTPS_PROXY", "http://trap")
    monkeypatch.setenv("SUITE_REGION", "r1")

    found = clean_environment(target_at("http://127.0.0.1:4"), Path("/runs/one"), "baseline")

    assert "trap" not in " ".join(found.values())
    assert {name: found[name] for name in found if name.startswith("AWS_")} == {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:4",
        "AWS_REGION": "eu-central-1",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    assert {name: found[name] for name in found if name.startswith("SUITE_")} == {
        "SUITE_TARGET": "test",
        "SUITE_REGION": "r1",
        "SUITE_RUN": "/runs/one",
        "SUITE_EXPERIMENT": "baseline",
    }
