"""The command line of ``loadgate``: exit codes, and one clear line for what is wrong. Nothing here starts anything."""

from pathlib import Path

import pytest

from loadtests.__main__ import _code
from reports.evidence import RunDirectory

REGION = "a-region-that-is-not-up"


@pytest.fixture(autouse=True)
def _nothing_may_start(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(*_: object, **__: object) -> None:
        raise AssertionError("a region was started")

    monkeypatch.setattr("fixtures.target.start_region", start)
    monkeypatch.setenv("SUITE_REGION", REGION)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param([], "expected a command", id="nothing"),
        pytest.param(["bogus"], "bogus", id="unknown-command"),
        pytest.param(["run", "--bogus"], "--bogus", id="unknown-option"),
        pytest.param(["run", "--profile", "nope"], "expected one of", id="unknown-profile"),
        pytest.param(["run", "--target", "nope"], "expected one of local", id="unknown-target"),
        pytest.param(["run", "--target", "policy"], "expected one of local", id="policy-is-no-target"),
        pytest.param(["run", "--rules", "nope.rules"], "expected a rule file", id="no-rule-file"),
        pytest.param(["run", "--rules", "reports"], "expected a rule file", id="rules-are-a-directory"),
        pytest.param(["run", "--duration", "5 parsecs"], "as 30s or 2m", id="duration"),
        pytest.param(["run", "--duration", "5h"], "as 30s or 2m", id="duration-in-hours"),
        pytest.param(["run", "--duration", "300m"], "up to 4 h", id="longer-than-a-shift"),
        pytest.param(["run", "--duration", "0s"], "over 0", id="no-duration"),
        pytest.param(["run", "--seed", "x"], "--seed", id="seed-no-number"),
        pytest.param(["run", "--out", "reports"], "choose another", id="out-not-empty"),
        pytest.param(["run", "--expect-workers", "2"], "--out with a directory", id="workers-without-a-place"),
        pytest.param(["run", "--expect-workers", "2", "--workers", "2"], "found both", id="workers-here-and-elsewhere"),
        pytest.param(["run", "--junit", "nowhere/at/all.xml"], "in a directory that is there", id="junit-nowhere"),
        pytest.param(["run", "--markdown", "reports"], "path of a file", id="markdown-is-a-directory"),
        pytest.param(["plan"], "PROFILE", id="plan-nothing"),
        pytest.param(["plan", "nope"], "expected one of peak, smoke, soak, spike, steady", id="plan-unknown-profile"),
        pytest.param(["plan", "smoke", "--duration", "0s"], "at least 1s", id="plan-no-duration"),
        pytest.param(["plan", "smoke", "--seed", "-1"], "--seed", id="plan-seed-below-0"),
        pytest.param(["plan", "smoke", "--svg", "nowhere/at/all.svg"], "in a directory that", id="plan-svg-nowhere"),
        pytest.param(["run", "--budget", "30m"], "expected --baseline-target", id="budget-for-nothing"),
        pytest.param(["run", "--waivers", "nope.toml"], "expected a waivers file", id="no-waivers"),
        pytest.param(["run", "--baseline-target", "nope"], "expected one of local", id="no-baseline-target"),
        pytest.param(["judge"], "RUN", id="judge-nothing"),
        pytest.param(["judge", "reports"], "expected a run directory", id="judge-no-run"),
    ],
)
def test_bad_usage_is_one_line_and_64(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(__file__).parents[1])
    assert _code(arguments) == 64
    err = capsys.readouterr().err
    assert said in err
    assert len(err.strip().splitlines()) == 1


def test_a_bad_rule_is_64_with_a_caret_and_leaves_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """File, line, the line itself, and what was expected."""
    rules = tmp_path / "my.rules"
    rules.write_text("p95 of * < 800ms\nerrors of * < 1 percent\n")
    assert _code(["run", "--rules", str(rules), "--out", str(tmp_path / "run")]) == 64
    assert capsys.readouterr().err.splitlines() == [
        f"loadgate: {rules}, line 2: expected %, found 'percent'",
        "  errors of * < 1 percent",
        "                  ^^^^^^^",
    ]
    assert not (tmp_path / "run").exists()


def test_the_run_of_a_game_day_is_not_judged_by_load_rules(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its faults are meant to show."""
    run = RunDirectory.create(tmp_path / "run", name="x", kind="gameday", facts={})
    assert _code(["judge", str(run.path)]) == 64
    assert "found one of kind 'gameday'" in capsys.readouterr().err


def test_a_run_without_a_request_is_unknown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And every rule says so."""
    run = RunDirectory.create(tmp_path / "run", name="x", kind="load", facts={"profile": "smoke", "seed": 1})
    assert _code(["judge", str(run.path)]) == 2
    out = capsys.readouterr().out
    assert out.count("no request") == 3
    assert "UNKNOWN: 0 of 3 promises held (exit 2)" in out


@pytest.mark.parametrize("name", ["duration_s", "warm_up_s"])
def test_a_run_that_does_not_say_how_long_it_is_is_unknown(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No fault of the suite."""
    facts = {"profile": "smoke", "seed": 1, "duration_s": 30, "warm_up_s": 5, name: None}
    run = RunDirectory.create(tmp_path / "run", name="x", kind="load", facts=facts)
    assert _code(["judge", str(run.path)]) == 2
    assert ("30 s" in capsys.readouterr().out) == (name == "warm_up_s")


@pytest.mark.parametrize("rule", ["errors of * < 200%", "errors of * <= 100%", "rate of * >= 0/s"])
def test_a_rule_that_can_only_pass_is_64(rule: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "my.rules").write_text(rule)
    assert _code(["run", "--rules", str(tmp_path / "my.rules")]) == 64
    assert "^" in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize("command", ["run", "judge", "plan", "stop", "purge", "fetch"])
def test_each_command_shows_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert _code([command, "--help"]) == 0
    assert f"Example: loadgate {command}" in capsys.readouterr().out


def test_a_file_that_cannot_be_written_is_said_before_anything_starts(capsys: pytest.CaptureFixture[str]) -> None:
    """Not when the run is over, and its verdict with it."""
    assert _code(["run", "--junit", "/proc/gate.xml"]) == 64
    assert "/proc/gate.xml: expected the path of a file that can be written" in capsys.readouterr().err
