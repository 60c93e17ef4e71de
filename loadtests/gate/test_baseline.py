"""``--baseline``, ``loadgate baseline`` and waivers at the command line: what is refused, and what a verdict says."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from loadtests.__main__ import _code
from loadtests.profiles import load_profile
from reports.evidence import RunDirectory
from reports.testing.loads import write_load

SMOKE = load_profile("smoke").model_dump(mode="json", exclude_none=True)


@pytest.fixture(autouse=True)
def _own_baselines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUITE_BASELINES", str(tmp_path / "baselines"))


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two runs of one build, a slower one, one of another profile, and one whose generator died."""
    root = tmp_path_factory.mktemp("runs")
    likes: list[dict[str, object]] = [{}, {"seed": 2}, {"slower": 2.0}, {"profile": "peak"}, {"silent_from_s": 99}]
    return [write_load(root / f"r{n}", load=SMOKE, **like).path for n, like in enumerate(likes)]  # type: ignore[arg-type]


def judge(run: Path, *options: str) -> int:
    return _code(["judge", str(run), *options])


def rules_in(folder: Path, text: str) -> str:
    (folder / "my.rules").write_text(text)
    return str(folder / "my.rules")


def test_a_baseline_without_a_rule_about_it_gets_one(runs: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    """And the run that is twice as slow fails by it, and only by it."""
    assert judge(runs[2], "--baseline", str(runs[0])) == 1
    out = capsys.readouterr().out
    assert "FAIL     p95 of * not worse than baseline by 10%" in out
    assert out.count("FAIL  ") == 1
    assert "PASS     p95 of * < 800ms" in out


def test_a_run_is_judged_again_with_the_baseline_that_it_knows(
    runs: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """``run`` writes it down; nobody has to say it again."""
    known = [{"run": "r0", "path": str(runs[0])}]
    run = write_load(tmp_path / "run", slower=2.0, load=SMOKE, baseline=known).path
    (run / "gate.rules").write_text("p95 of * not worse than baseline by 30%\n")
    assert judge(run) == 1
    assert "the limit is 1.3 times" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("given", "said"),
    [
        pytest.param(
            "{3}", "expected a run of the same load at the same target: it is of profile 'peak'", id="profile"
        ),
        pytest.param("{0},{3}", "it is of profile 'peak', and this is of 'smoke'", id="one of two"),
        pytest.param("{0},{0}", "expected each run once", id="twice the same"),
        pytest.param("nope", "expected a run directory, found no run.json in it", id="no run"),
    ],
)
def test_a_baseline_that_is_none_is_one_line_and_64(
    runs: list[Path], given: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert judge(runs[1], "--baseline", given.format(*runs)) == 64
    err = capsys.readouterr().err
    assert said in err
    assert len(err.strip().splitlines()) == 1


@pytest.mark.parametrize(("profile", "said"), [("peak", "it is of profile 'smoke', and this is of 'peak'")])
def test_a_run_with_a_baseline_of_another_profile_is_not_started(
    runs: list[Path], profile: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--baseline", str(runs[0]), "--out", str(tmp_path / "run")]
    assert _code(["run", "--profile", profile, *given]) == 64
    assert said in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_a_baseline_has_a_name_and_says_who_promoted_it(
    runs: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["release", f"{runs[0]},{runs[1]}", "--because", "went live", "--by", "Ann"]
    assert _code(["baseline", "set", *given]) == 0
    assert _code(["baseline", "list"]) == 0
    out = capsys.readouterr().out
    assert out.count("release: 2 runs of profile smoke at local, promoted by Ann on 20") == 2
    assert f"1 baseline in {tmp_path / 'baselines'}" in out
    assert _code(["baseline", "show", "release", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["promoted_by"], found["because"]) == ("Ann", "went live")
    assert found["runs"] == [str(runs[0]), str(runs[1])]


def test_a_run_is_compared_with_a_baseline_by_its_name(runs: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert _code(["baseline", "set", "release", f"{runs[0]},{runs[1]}", "--because", "went live"]) == 0
    assert judge(runs[2], "--baseline", "release") == 1
    assert "16 recorded blocks against 8" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["set", "a", "{0},{3}", "--because", "x"], "it is of profile 'peak'", id="two loads"),
        pytest.param(["set", "a", "{4}", "--because", "x"], "whose load was delivered: load worker w0", id="unsound"),
        pytest.param(["set", "A b", "{0}", "--because", "x"], "expected the name of a baseline", id="no name"),
        pytest.param(["set", "a", "{0}"], "--because", id="no reason"),
        pytest.param(["show", "nope"], "expected one of those in", id="not there"),
    ],
)
def test_what_is_no_baseline_is_one_line_and_64(
    runs: list[Path], arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _code(["baseline", *(one.format(*runs) for one in arguments)]) == 64
    err = capsys.readouterr().err
    assert said in err
    assert len(err.strip().splitlines()) == 1
    assert _code(["baseline", "list"]) == 0
    assert "no baselines in" in capsys.readouterr().out


def waivers_in(folder: Path, text: str) -> str:
    (folder / "waivers.toml").write_text(text)
    return str(folder / "waivers.toml")


def test_a_waiver_shows_in_junit_and_in_the_summary(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A failure that is waived is neither red nor green there."""
    run = write_load(tmp_path / "run", seconds=30)
    rule = "p95 of * < 1ms"
    waiver = f"[[waiver]]\nrule = '{rule}'\nbecause = 'OMS-123, next release'\nuntil = 2026-12-31\n"
    options = ["--rules", rules_in(tmp_path, f"{rule}\nerrors of * < 5%\n"), "--waivers", waivers_in(tmp_path, waiver)]
    assert judge(run.path, *options) == 0
    assert "PASS: 2 of 3 promises held (exit 0); 1 failure waived" in capsys.readouterr().out
    (case,) = [one for one in ET.parse(run.path / "junit.xml").iter("testcase") if one.get("name") == rule]
    skipped = case.find("skipped")
    assert skipped is not None
    assert "waived until 2026-12-31: OMS-123, next release" in (skipped.get("message") or "")
    assert f"| ⚠️ FAIL, waived | `{rule}` |" in (run.path / "summary.md").read_text()


def test_the_waivers_of_a_run_are_kept_with_it(tmp_path: Path) -> None:
    """Judged again, it says the same."""
    run = write_load(tmp_path / "run", seconds=30)
    rule = "p95 of * < 1ms"
    (run.path / "gate.rules").write_text(f"{rule}\nerrors of * < 5%\n")
    assert judge(run.path) == 1
    waiver = f"[[waiver]]\nrule = '{rule}'\nbecause = 'OMS-123, next release'\nuntil = 2026-12-31\n"
    (run.path / "gate.waivers.toml").write_text(waiver)
    assert judge(run.path) == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param(
            "[[waiver]]\nrule = 'p95 of * < 1ms'\nuntil = 2026-12-31\n", "because: Field required", id="no why"
        ),
        pytest.param("[[waiver]]\nrule = 'p95 of * < 1ms'\nbecause = 'it is slow'\n", "until", id="no end"),
        pytest.param(
            "[[waiver]]\nrule = 'p95 of * < 2ms'\nbecause = 'it is slow'\nuntil = 2026-12-31\n",
            "expected a rule of the rule file, found none as 'p95 of * < 2ms'",
            id="no such rule",
        ),
        pytest.param("[[waiver\n", "expected TOML", id="no TOML"),
    ],
)
def test_a_waiver_that_is_none_is_one_line_and_64(
    tmp_path: Path, text: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run = RunDirectory.create(tmp_path / "run", name="x", kind="load", facts={"profile": "smoke", "seed": 1})
    options = ["--rules", rules_in(tmp_path, "p95 of * < 1ms\n"), "--waivers", waivers_in(tmp_path, text)]
    assert judge(run.path, *options) == 64
    err = capsys.readouterr().err
    assert said in err
    assert len(err.strip().splitlines()) == 1
