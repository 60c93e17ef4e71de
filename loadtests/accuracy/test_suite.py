"""Whole runs of the suite. How exact the figures are depends on the machine; that they add up does not."""

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from loadtests.accuracy import __main__ as command
from loadtests.accuracy.suite import measure, play


def test_our_engine_and_the_proxy_count_the_same(tmp_path: Path) -> None:
    play("reset_before_headers", "ours", 1, tmp_path / "run")
    found = measure("ours", tmp_path / "run")
    assert found.compared is not None, found.disturbed
    assert found.compared.reported.wire == found.compared.true.wire > 0
    assert found.compared.reported.failed > 0


def test_a_run_that_nobody_wrote_down_has_no_figures(tmp_path: Path) -> None:
    found = measure("ours", tmp_path)
    assert found.compared is None
    assert "not written down" in found.disturbed[0]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--fault", "flood"], "--fault: expected one of none, stall,"),
        (["--generator", "wrk"], "--generator: expected one of HttpUser,"),
        (["--out", "."], "--out: expected a new or empty directory"),
        (["--again", "loadtests"], "--again: "),
    ],
)
def test_bad_options_start_nothing(options: list[str], says: str) -> None:
    app = typer.Typer()
    app.command()(command.main)
    done = CliRunner().invoke(app, options)
    assert done.exit_code == command.USAGE
    assert says in done.output
