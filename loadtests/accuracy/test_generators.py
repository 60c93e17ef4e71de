"""What the generators are started with, and the plan that they are held against."""

from pathlib import Path

import numpy as np

from loadtests.accuracy.generators import PROFILE, PROFILES, RATE, Place, plan_us, prepared, read_plan, write_plan
from loadtests.profiles import load_profile
from reports.evidence import RunDirectory

ZERO = 1_700_000_000_000_000


def test_our_plan_is_the_profiles_from_when_the_engine_began(tmp_path: Path) -> None:
    run = RunDirectory.create(tmp_path / "run", name="x", kind="load", facts={})
    events = run.events("load-w0")
    events.record("load.share", subject="w0", data={"start_us": ZERO})
    events.close()
    ours, stock = plan_us("ours", tmp_path, 1e6, seed=3), plan_us("HttpUser", tmp_path, 1e6, seed=3)
    assert np.array_equal(ours - ZERO, stock - 1e6)
    assert 0.8 * RATE < len(ours[ours < ZERO + 1e6]) < 1.2 * RATE


def test_the_rate_is_the_profiles() -> None:
    assert load_profile(PROFILE, PROFILES).rate == RATE


def test_a_plan_is_read_as_it_was_written(tmp_path: Path) -> None:
    arrivals_us = np.array([ZERO + 0.5, ZERO + 7.25])
    write_plan(tmp_path / "plan.json", arrivals_us)
    assert np.array_equal(read_plan(tmp_path / "plan.json"), arrivals_us)


def test_stock_locust_asks_the_faulty_name_server(tmp_path: Path) -> None:
    place = Place(tmp_path, web_port=1234, dns_port=5678, seed=1, core=0)
    with prepared("FastHttpUser", place) as (command, environment):
        assert "http://www.oms.test:1234" in command
        assert environment["GEVENTARES_UDP_PORT"] == "5678"
