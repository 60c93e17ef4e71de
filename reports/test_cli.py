"""``slareport``: bad input gets one line and 64, and nothing is written."""

import json
import shutil
from pathlib import Path

import pytest

from reports.__main__ import main
from reports.testing import Story, tell


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tell(tmp_path_factory.mktemp("runs") / "one", Story(chapters=("baseline",), sealed=True)).path


def ended(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """The exit code, what was said, and what was complained about."""
    with pytest.raises(SystemExit) as end:
        main([str(one) for one in arguments])
    said = capsys.readouterr()
    return int(end.value.code or 0), said.out, said.err


def refused(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """The one line of a refusal."""
    code, out, err = ended(capsys, *arguments)
    assert (code, out) == (64, "")
    assert err.count("\n") == 1
    assert err.startswith("slareport: ")
    return err


def test_a_report_is_made_and_its_facts_printed(capsys: pytest.CaptureFixture[str], run: Path, tmp_path: Path) -> None:
    """Measured for minutes of a month: UNKNOWN, 2."""
    code, out, _ = ended(capsys, "build", "--period", "2026-11", "--from", run, "--out", tmp_path / "o", "--json")

    assert code == 2
    assert json.loads(out) == json.loads((tmp_path / "o" / "report.json").read_text())
    assert (tmp_path / "o" / "report.html").is_file()


def test_several_runs_follow_one_from(capsys: pytest.CaptureFixture[str], run: Path, tmp_path: Path) -> None:
    """As the shell leaves them of a pattern."""
    killed = tell(tmp_path / "two", Story(chapters=("terminate-sync-instance",), killed_in="terminate-sync-instance"))
    out = tmp_path / "o"
    code, said, _ = ended(capsys, "build", "--from", run, killed.path, "--period", "2026-11", "--out", out)

    assert code == 2
    assert "UNMEASURED Availability" in said
    assert len(json.loads((out / "report.json").read_text())["runs"]) == 2


@pytest.mark.parametrize(
    ("period", "runs", "said"),
    [
        ("2026-11", ["nowhere"], "nowhere: expected a run directory, found no run.json"),
        ("2026-11", ["folder"], "folder: expected a run directory, found no run.json"),
        ("2026-10", ["run"], "expected a run in 2026-10, found one of 2026-11-18"),
        ("2026-11", ["run", "run"], "expected each run once, found one twice"),
        ("2026-11", ["run", "copy"], "expected each run once, found one twice"),
        ("2026-11", ["altered"], "1 files are not as they were sealed"),
        ("2026-11", ["run", "elsewhere"], "expected runs of one target, found local and other"),
        ("2026-11", ["odd"], "expected a run of kind gameday or load, found picnic"),
        ("november", ["run"], "period 'november': expected 2026-11"),
    ],
)
def test_bad_input(
    capsys: pytest.CaptureFixture[str], run: Path, tmp_path: Path, period: str, runs: list[str], said: str
) -> None:
    """Nothing is written."""
    (tmp_path / "folder").mkdir()
    for name in ("copy", "altered", "elsewhere", "odd"):
        shutil.copytree(run, tmp_path / name)
    with (tmp_path / "altered" / "events" / "gameday.ndjson").open("a") as out:
        out.write("{}\n")
    edit(tmp_path / "elsewhere", run="other", target={"name": "other"})
    edit(tmp_path / "odd", kind="picnic")
    paths = [run if name == "run" else tmp_path / name for name in runs]

    assert said in refused(capsys, "build", "--period", period, "--out", tmp_path / "out", "--from", *paths)
    assert not (tmp_path / "out").exists()


def test_a_run_is_not_written_into(capsys: pytest.CaptureFixture[str], run: Path) -> None:
    """Its evidence stays as it is."""
    line = refused(capsys, "build", "--period", "2026-11", "--from", run, "--out", run)

    assert "found a run directory: choose another" in line
    assert not (run / "report.json").exists()


def test_what_is_left_out_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """No run, no period."""
    assert "--from" in refused(capsys, "build", "--period", "2026-11")
    assert "--period" in refused(capsys, "build", "--from", "x")


def test_sources_lists_what_can_be_read(capsys: pytest.CaptureFixture[str], run: Path, tmp_path: Path) -> None:
    """Runs with their requests and times; what is no run is passed over, what cannot be read is named."""
    shutil.copytree(run, tmp_path / "a")
    shutil.copytree(run, tmp_path / "b")
    (tmp_path / "b" / "verdict.json").write_text("{}")
    (tmp_path / "c").mkdir()
    code, out, _ = ended(capsys, "sources", tmp_path, "--json")
    facts = json.loads(out)

    assert code == 0
    assert [one["path"] for one in facts["sources"]] == [str(tmp_path / "a")]
    assert facts["sources"][0]["requests"] > 100
    assert facts["sources"][0]["from_us"] < facts["sources"][0]["to_us"]
    assert "verdict.json: added after the seal" in facts["unreadable"][0]
    assert "expected a directory" in refused(capsys, "sources", tmp_path / "none")


def edit(path_of_run: Path, /, **facts: object) -> None:
    """Change the facts of a copy, and take its seal away."""
    (path_of_run / "seal.json").unlink()
    path = path_of_run / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | facts))
