"""The command line: exit codes, and one clear line for what is wrong. Nothing here starts a region."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from experiments.load import ROOT
from experiments.safety import lock
from fixtures.copied import copied_suite
from reports.testing import Story, tell

BASES = ("primary", "replica", "warehouse")
REGION = "a-region-that-is-not-up"


def gameday(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command as a person gives it."""
    env = {**os.environ, "SUITE_REGION": REGION}
    command = [sys.executable, "-m", "experiments", *arguments]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["run", "nope"], "expected one of default", id="unknown-game-day"),
        pytest.param(["run", "--experiment", "nope"], "expected one of baseline", id="unknown-experiment"),
        pytest.param(["run", "--target", "nope"], "expected one of local", id="unknown-target"),
        pytest.param(["run", "--out", "reports"], "choose another", id="out-not-empty"),
        pytest.param(["run", "--weakness", "nope"], "nope", id="unknown-weakness"),
        pytest.param(["run", "--profile", "nope"], "expected one of", id="unknown-profile"),
        pytest.param(["run", "--seed", "x"], "--seed", id="seed-no-number"),
        pytest.param(["run", "--bogus"], "--bogus", id="unknown-option"),
        pytest.param(["bogus"], "bogus", id="unknown-command"),
        pytest.param(["judge", "reports"], "expected a run directory", id="judge-no-run"),
        pytest.param(["heal", "reports"], "expected a run directory", id="heal-no-run"),
        pytest.param(["plan"], "is not up", id="plan-without-region"),
    ],
)
def test_bad_usage_is_one_line_and_64(arguments: list[str], said: str) -> None:
    """Nothing is started, and no traceback is shown."""
    done = gameday(*arguments)
    assert done.returncode == 64, done.stdout + done.stderr
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("command", ["run", "heal", "judge", "list", "plan"])
def test_each_command_shows_an_example(command: str) -> None:
    """In its help."""
    done = gameday(command, "--help")
    assert done.returncode == 0
    assert f"Example: gameday {command}" in done.stdout


def test_a_second_game_day_on_the_same_region_is_64() -> None:
    """Two faults at once would prove nothing."""
    with lock.only_one("local", REGION):
        done = gameday("run")
    assert done.returncode == 64
    assert "no other game day" in done.stderr


def test_list_names_what_there_is() -> None:
    """For programs, too."""
    facts = json.loads(gameday("list", "--json").stdout)
    assert {"default", "short"} <= {one["name"] for one in facts["gamedays"]}
    assert {one["name"] for one in facts["experiments"]} >= set(facts["gamedays"][0]["experiments"])
    assert all(one["promises"] for one in facts["experiments"])


@pytest.mark.parametrize(
    ("story", "code"),
    [
        pytest.param(Story(chapters=("baseline",)), 0, id="PASS"),
        pytest.param(Story(chapters=("baseline",), lost=2), 1, id="FAIL"),
        pytest.param(Story(chapters=("terminate-sync-instance",), without_sign="data"), 2, id="UNKNOWN"),
        pytest.param(
            Story(chapters=("terminate-sync-instance",), undo_open_in="terminate-sync-instance"), 5, id="UNSAFE"
        ),
    ],
)
def test_judge_gives_the_verdict_as_its_exit_code(story: Story, code: int, tmp_path: Path) -> None:
    """On a run nobody judged before, and on a sealed one without changing it."""
    run = tell(tmp_path / "run", story)
    copy = tmp_path / "sealed"
    shutil.copytree(run.path, copy)
    first = gameday("judge", str(run.path), "--json")
    assert first.returncode == code, first.stderr
    assert json.loads(first.stdout)["exit_code"] == code
    assert (run.path / "checks.xml").is_file()


@pytest.mark.parametrize("part", ["samples", "ledger", "landed", "delivery"])
def test_without_evidence_the_verdict_is_unknown(part: str, tmp_path: Path) -> None:
    """Looking at nothing is never PASS."""
    run = tell(tmp_path / "run", Story(chapters=("baseline",)))
    shutil.rmtree(run.path / part)
    done = gameday("judge", str(run.path))
    assert done.returncode == 2, done.stdout
    assert "UNKNOWN" in done.stdout


def test_a_target_that_is_not_local_is_refused(tmp_path: Path) -> None:
    """Exit 6, decided by the endpoint that the client resolved; nothing was called. Load might go there."""
    targets = ROOT / "fixtures" / "targets"
    local, policy = (targets / "local.toml").read_text(), (targets / "policy.toml").read_text()
    foreign = local.replace('name = "local"\nkind = "local"', 'name = "shop"\nkind = "aws"\n')
    foreign = foreign.replace('scheme = "https"', 'scheme = "https"\nport = 80\npassword = "x"')
    bases = [f'[databases.{name}]\nhost = "h"\nport = 1\nname = "n"\nuser = "u"\npassword = "p"\n' for name in BASES]
    with copied_suite(tmp_path / "suite", policy=policy.replace("[load.local]", "[load.shop]")) as root:
        (root / "fixtures" / "targets" / "shop.toml").write_text(foreign + "\n" + "\n".join(bases))
        command = [
            sys.executable,
            "-m",
            "experiments",
            "run",
            "real",
            "--target",
            "shop",
            "--out",
            str(tmp_path / "run"),
        ]
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 6, done.stderr
    assert "expected an AWS endpoint on this machine, found http" in done.stderr
    assert not (tmp_path / "run").exists()


def test_judge_writes_beside_what_is_sealed(tmp_path: Path) -> None:
    """A new judgement of an old run goes to ``derived/``."""
    run = tell(tmp_path / "run", Story(chapters=("baseline",), sealed=True))
    done = gameday("judge", str(run.path))
    assert done.returncode == 0, done.stdout + done.stderr
    assert not (run.path / "verdict.json").exists()
    assert [path.name for path in sorted(run.path.glob("derived/*/*"))] == [
        "checks.log",
        "checks.xml",
        "report.html",
        "verdict.json",
    ]
    assert str(run.path / "derived") in done.stdout
