"""``loadgate plan`` as a person, a program and a browser see it."""

import io
import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console

from loadtests.__main__ import _code
from loadtests.planning.outline import outline
from loadtests.planning.terminal import bars, nice, show
from loadtests.profiles import load_profile


def test_a_person_sees_the_spike_and_the_sums(capsys: pytest.CaptureFixture[str]) -> None:
    assert _code(["plan", "spike", "--seed", "7"]) == 0
    lines = capsys.readouterr().out.splitlines()
    chart = [line for line in lines if "┤" in line]
    assert len(chart) == 8
    assert max(map(len, chart)) <= 80
    assert "█" in chart[1]
    assert chart[1][9:30].isspace()
    (total,) = [line for line in lines if line.strip().startswith("all ")]
    assert "20,390" in total
    assert "by seed 7" in "\n".join(lines)
    assert "peak: 244.7 arrivals a second, first at 65 s" in lines


def test_a_program_gets_the_same_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert _code(["plan", "smoke", "--duration", "2m", "--seed", "7", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["profile"], told["seed"], told["duration_s"]) == ("smoke", 7, 120)
    assert told["total"]["expected"] == pytest.approx(39.91 * 120)
    assert {each["name"] for each in told["journeys"]} >= {"shopper", "bulk"}
    assert sum(column["planned"] for column in told["columns"]) == told["total"]["planned"]


def test_one_rate_for_ever_is_planned_for_as_long_as_a_run_takes_by_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert _code(["plan", "smoke", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["duration_s"] == 45


def test_a_picture_names_the_journeys_and_is_the_same_again(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("a.svg", "b.svg")]
    for file in files:
        assert _code(["plan", "spike", "--svg", str(file)]) == 0
    assert files[0].read_bytes() == files[1].read_bytes()
    said = " ".join(ET.parse(files[0]).getroot().itertext())
    for word in ("shopper", "bulk", "by seed 1", "seconds", "spike, spacing poisson"):
        assert word in said


@pytest.mark.parametrize(
    ("value", "top"),
    [(0, 1), (0.9, 1), (1, 1), (1.2, 1.5), (244.7, 300), (39.91, 40), (40.1, 50), (7, 8), (9.5, 10), (40_000, 40_000)],
)
def test_the_axis_ends_at_a_round_number(value: float, top: float) -> None:
    assert nice(value) == pytest.approx(top)


def test_a_bar_is_as_high_as_its_rate() -> None:
    """Full where nothing is missing; in a wide terminal each bar is wider."""
    told = outline(load_profile("smoke"), seed=1, duration_s=10)
    lines = list(bars(told, 40))
    assert lines[0].startswith("     50 ┤")
    assert lines[4].startswith("     25 ┤")
    assert lines[7] == "        ┤" + "█" * 40
    assert lines[8] == "      0 └" + "─" * 40
    assert lines[9].split() == ["0", "s", "10", "s"]


def test_nothing_is_cut_off_in_a_narrow_terminal() -> None:
    out = io.StringIO()
    show(outline(load_profile("steady"), seed=1, duration_s=45), Console(width=60, file=out))
    for name, _ in load_profile("steady").journeys():
        assert f"\n{name} " in out.getvalue()
    assert " 1,890 " in out.getvalue()
    assert "…" not in out.getvalue()
    assert "are under way at a time" in " ".join(out.getvalue().split())
