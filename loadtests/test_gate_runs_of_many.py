"""Several runs for one answer: the search for the capacity, and a candidate in turns with its baseline."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from loadtests.__main__ import _code
from loadtests.gatework import slow, up
from reports.evidence import RunDirectory


def test_capacity_that_may_not_be_exceeded_is_at_least_that_much_and_unknown(tmp_path: Path) -> None:
    """Each rate is a run directory of its own, scaled and sealed."""
    out = tmp_path / "found"
    (tmp_path / "my.rules").write_text("p90 of * < 5s\n")
    with up("capacity") as system:
        done = system.run(
            "capacity", "--profile", "smoke", "--step", "5s", "--warm-up", "1s", "--at-most", "0.8",
            "--rules", str(tmp_path / "my.rules"), "--out", str(out),
        )  # fmt: skip
    assert done.returncode == 2, done.stdout + done.stderr
    assert "UNKNOWN: 32 requests a second: 0.8 times the rate were kept, and more was not to be tried" in done.stdout
    told = json.loads((out / "capacity.json").read_text())
    assert [(step["times"], step["word"], step["confirming"]) for step in told["steps"]] == [
        (0.8, "PASS", False),
        (0.8, "PASS", True),
    ]
    assert ET.parse(out / "capacity.svg").getroot().tag.endswith("svg")
    for step in told["steps"]:
        run = RunDirectory.open(out / step["run"])
        assert run.sealed
        assert run.facts["scale"] == 0.8
        due = run.read_samples()["sched_us"].to_pylist()
        assert len(due) / (max(due) - min(due)) * 1e6 == pytest.approx(32, rel=0.3)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(["--profile", "spike"], "expected one steady rate", id="stages"),
        pytest.param(["--step", "0s"], "--step: expected a time over 0", id="no-time"),
        pytest.param(["--rules", "nope.rules"], "expected a rule file", id="no-rules"),
        pytest.param(["--out", "reports"], "choose another", id="out-not-empty"),
    ],
)
def test_a_search_that_cannot_be_made_is_one_line(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 64."""
    assert _code(["capacity", *arguments]) == 64
    assert says in capsys.readouterr().err


def test_a_candidate_takes_turns_with_its_baseline(tmp_path: Path) -> None:
    """Two systems, of which one breaks a rule in its first run: each run is on disk beside the gate's."""
    (tmp_path / "my.rules").write_text("p50 of * not worse than baseline by 20%\np50 of * < 100ms\n")
    options = ["--profile", "smoke", "--warm-up", "0s", "--duration", "3s", "--rules", str(tmp_path / "my.rules")]
    with up("before") as before, up("now", slow) as system:
        region = before.environment["SUITE_REGION"]
        options += ["--baseline-target", f"local@{region}", "--out", str(tmp_path / "gate")]
        done = system.run("run", *options)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "at most 9 pairs of runs" in done.stdout
    assert "only 1 pair of runs; the first look is after 4: at least 3 more" in done.stdout
    assert "FAIL in 1 of 1 run: p50 is" in done.stdout
    names = ("gate-runs/gate-01-baseline", "gate-runs/gate-01-candidate", "gate")
    runs = [RunDirectory.open(tmp_path / name) for name in names]
    assert all(run.sealed for run in runs)
    assert [run.facts["region"] == region for run in runs] == [True, False, False]
