"""A load run with a setting that is wrong does not start."""

import os

import pytest
import trustme

from loadtests.loopback import local_target
from loadtests.rehearsal import System


@pytest.mark.parametrize(
    ("options", "environment", "says"),
    [
        pytest.param(["--host", "http://127.0.0.1:9"], {}, "--host: expected none", id="host"),
        pytest.param([], {"SUITE_PROFILE": "nope"}, "expected one of peak, smoke, soak, spike, steady", id="profile"),
        pytest.param([], {"SUITE_SEED": "x"}, "SUITE_SEED: expected a whole number", id="seed"),
        pytest.param([], {"SUITE_REGION": "no-such-region"}, "is not up", id="region"),
        pytest.param([], {"SUITE_RUN": "/nonexistent"}, "expected a run directory", id="run directory"),
    ],
)
def test_a_wrong_setting_is_one_line_and_nothing_starts(
    system: System, options: list[str], environment: dict[str, str], says: str
) -> None:
    """Exit 64."""
    process = system.locust(*options, "-t", "2s", **environment)
    _, err = process.communicate(timeout=90)
    assert process.returncode == 64, err
    assert [line for line in err.splitlines() if line.startswith("load: ") and says in line], err
    assert system.received == 0
    assert not (system.run.path / "samples").exists()


def test_a_wrong_authority_is_one_line_and_nothing_starts(system: System) -> None:
    """What was expected, what was found, what to do; exit 64."""
    trustme.CA().cert_pem.write_to_path(str(system.ca_file))
    process = system.locust("-t", "2s")
    _, err = process.communicate(timeout=90)
    assert process.returncode == 64, err
    (line,) = [line for line in err.splitlines() if line.startswith("load: ")]
    assert f"expected a certificate for www.oms.test signed by the CA in {system.ca_file}, found at 127.0.0.1:" in line
    assert line.endswith("unable to get local issuer certificate): set web.ca_file to its CA, or renew it")
    assert system.received == 0
    assert not (system.run.path / "samples").exists()


def test_more_associates_than_facilities_is_one_line_and_nothing_starts(system: System) -> None:
    """Two in one facility would pack each other's orders. Exit 64."""
    region, port, writes = f"loadtests-few-{os.getpid()}", system.doors[0].port, {"associate_facility_ids": ["BOSTON"]}
    with local_target(region, dns_port=port, web_port=port, ca_file=system.ca_file, writes=writes) as environment:
        process = system.locust("-t", "2s", **environment)
        _, err = process.communicate(timeout=90)
    assert process.returncode == 64, err
    said = "load: profile 'smoke': expected at most 1 associates, one for each of the target's associate_facility_ids"
    assert [line for line in err.splitlines() if line.startswith(said)], err
    assert system.received == 0
