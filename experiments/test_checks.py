"""The checks say what the judge says, promise by promise: over made-up runs, so that each answer is known before."""

import subprocess
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path

import pytest

from experiments.catalog import load_catalog
from experiments.load import ROOT
from reports.evidence import RunDirectory
from reports.judge import judge
from reports.testing import Story, tell

CHECKS = [sys.executable, "-m", "pytest", "experiments/checks", "-p", "no:cacheprovider"]


def ask(*arguments: str) -> subprocess.CompletedProcess[str]:
    """``pytest experiments/checks`` as a person runs it."""
    return subprocess.run([*CHECKS, *arguments], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)


def outcomes(xml: Path) -> Counter[str]:
    """How many test cases of each kind a JUnit file holds."""
    cases = ET.parse(xml).getroot().iter("testcase")
    return Counter(next((part.tag for part in case if part.tag != "properties"), "passed") for case in cases)


@pytest.mark.parametrize(
    "story",
    [
        pytest.param(Story(chapters=("baseline", "terminate-sync-instance")), id="healthy"),
        pytest.param(Story(chapters=("baseline",), lost=3), id="lost"),
        pytest.param(Story(chapters=("terminate-sync-instance",), without_sign="data"), id="not-proven"),
    ],
)
def test_a_check_is_what_its_promise_is(story: Story, tmp_path: Path) -> None:
    """PASS passes, FAIL is a failure, UNKNOWN an error, and nothing is skipped."""
    run = tell(tmp_path / "run", story)
    said = Counter(str(promise.status) for promise in judge(run).promises)
    done = ask("--run", str(run.path), "--junitxml", str(tmp_path / "checks.xml"))
    found = outcomes(tmp_path / "checks.xml")
    assert found == Counter({"passed": said["PASS"], "failure": said["FAIL"], "error": said["UNKNOWN"]}), done.stdout
    assert done.returncode == (1 if said["FAIL"] + said["UNKNOWN"] else 0)


def test_without_a_run_nothing_is_asked(tmp_path: Path) -> None:
    """And it says so."""
    done = ask()
    assert "give --run DIR" in done.stdout
    assert "no tests ran" in done.stdout


def test_what_is_no_run_directory_is_one_line(tmp_path: Path) -> None:
    """A usage error, no traceback."""
    done = ask("--run", str(tmp_path))
    assert "expected a run directory" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_every_promise_of_the_catalogue_has_its_check() -> None:
    """A promise without a check would be asked about nowhere."""
    text = "".join(path.read_text() for path in (ROOT / "experiments" / "checks").glob("test_*.py"))
    promised = {name for entry in load_catalog().values() for name in entry.promises}
    assert {name for name in promised if f"def test_{name}(" not in text} == set()


def test_a_run_that_was_changed_after_its_seal_is_refused(tmp_path: Path) -> None:
    """Its evidence proves nothing."""
    run = tell(tmp_path / "run", Story(chapters=("baseline",), sealed=True))
    with (run.path / "undo.ndjson").open("a") as file:
        file.write("{}\n")
    with pytest.raises(Exception, match="not as they were sealed"):
        RunDirectory.open(run.path)
    assert "not as they were sealed" in ask("--run", str(run.path)).stderr
