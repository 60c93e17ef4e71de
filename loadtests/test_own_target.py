"""A system of one's own: the shipped example, copied and filled in, is a target that load goes to."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from fixtures.copied import copied_suite
from fixtures.target import TARGETS_DIR, Target, TargetError, load_target
from loadtests.loopback import FrontDoor, NameServer, healthy, show
from reports.evidence import RunDirectory

NAME = "www.oms.example.com"
POLICY = """
[load.staging]
networks = ["127.0.0.1/32"]
most_per_s = 100
longest_s = 60
write_journeys = ["pos", "intake", "bulk", "bopis", "fulfillment"]
"""


def test_the_example_itself_is_no_target(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(TargetError, match=r"expected one of local in fixtures/targets, found one to copy"):
        load_target("aws.example")
    example = (TARGETS_DIR / "aws.example.toml").read_text()
    monkeypatch.setattr("fixtures.target.TARGETS_DIR", tmp_path)
    (tmp_path / "staging.toml").write_text(example)
    assert load_target("staging").kind == "aws"
    assert all(f"[{part}]" in example or f"[{part}.primary]" in example for part in _parts())


def _parts() -> list[str]:
    """The sections that a target must have."""
    return [
        name
        for name, field in Target.model_fields.items()
        if field.is_required() and name not in ("name", "kind", "region_name")
    ]


@pytest.fixture
def suite(tmp_path: Path) -> Iterator[Path]:
    """The suite with a copy of the example that is a system on this machine."""
    authority, ca_file = trustme.CA(), tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    with (
        FrontDoor("127.0.0.1", 0, healthy, show(authority, NAME)) as door,
        NameServer(["127.0.0.1"]) as names,
        copied_suite(tmp_path / "suite", policy=POLICY) as root,
    ):
        targets = root / "fixtures" / "targets"
        filled = (targets / "aws.example.toml").read_text().replace("port = 443", f"port = {door.port}")
        filled = filled.replace('# ca_file = "/etc/ssl/our-ca.pem"', f'ca_file = "{ca_file}"')
        filled += f'[dns]\naddress = "127.0.0.1"\nport = {names.port}\n'
        (targets / "staging.toml").write_text(filled)
        yield root


def _run(suite: Path, *command: str) -> "subprocess.CompletedProcess[str]":
    env = {name: value for name, value in os.environ.items() if not name.startswith("SUITE_")}
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=suite, env=env, capture_output=True, text=True, timeout=200, check=False
    )


def test_a_filled_in_copy_is_loaded_and_judged(suite: Path) -> None:
    (suite / "my.rules").write_text("p90 of * < 5s\nerrors of * < 5%\n")
    quick = ["--profile", "smoke", "--warm-up", "1s", "--duration", "5s", "--rules", "my.rules"]
    done = _run(suite, "loadtests", "run", "--target", "staging", *quick, "--out", "run")
    assert done.returncode in (0, 2), done.stdout + done.stderr  # 2: this machine was too busy to send as planned
    run = RunDirectory.open(suite / "run")
    assert run.facts["target"]["kind"] == "aws"
    assert sum(row["outcome"] == "ok" for row in run.read_samples().to_pylist()) > 50


def test_more_associates_than_it_has_facilities_is_one_line_and_leaves_nothing(suite: Path) -> None:
    target = suite / "fixtures" / "targets" / "staging.toml"
    target.write_text(target.read_text().replace('"STORE_2", "STORE_3", "STORE_4", "STORE_5",', ""))
    done = _run(suite, "loadtests", "run", "--target", "staging", "--profile", "smoke", "--out", "run")
    assert done.returncode == 64, done.stdout + done.stderr
    (line,) = done.stderr.strip().splitlines()
    assert "profile 'smoke': expected at most 4 associates, one for each of the target's associate_facility_ids" in line
    assert not (suite / "run").exists()


def test_a_game_day_refuses_it_and_starts_nothing(suite: Path) -> None:
    done = _run(suite, "experiments", "run", "--target", "staging")
    assert done.returncode == 6, done.stdout + done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
