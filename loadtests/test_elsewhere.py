"""Runs whose parts come together at a URL: a gate's, and those of workers that share no directory."""

import os
import shutil
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from loadtests.__main__ import _code
from loadtests.gate.sharing import free_port
from loadtests.loopback import forgotten_runs
from loadtests.test_stop_runs import LOCUST, System, up
from reports.evidence import RUNS, RunDirectory

GATE = ("-m", "loadtests", "run", "--profile", "smoke", "--warm-up", "1s", "--duration", "4s")


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    with up(tmp_path) as system:
        yield system


def test_workers_that_share_no_directory_bring_their_part(
    system: System, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each has a number of its own, so that no key is used twice and no file is written over."""
    port, url = str(free_port()), f"file://{tmp_path}/bucket/run"
    with forgotten_runs() as made:
        main = system.start(*LOCUST, "--master", "--expect-workers", "2", "--master-bind-port", port, SUITE_OUT=url)
        workers = [system.start(*LOCUST, "--worker", "--master-port", port, SUITE_RUN=url) for _ in range(2)]
        system.wait("rows of both", lambda: all(_rows_of(process.pid) > 5 for process in workers))
        made += [path for process in workers for path in RUNS.glob(f"*-{process.pid}")]
        main.send_signal(signal.SIGTERM)
        said = [process.communicate(timeout=60)[0] for process in (main, *workers)]
        line = next(line for line in said[0].splitlines() if line.startswith("run directory: "))
        made.append(Path(line.removeprefix("run directory: ")))
        assert len(made) == 3
        assert _code(["fetch", url, "--out", str(tmp_path / "fetched")]) == 0
        assert capsys.readouterr().out == f"run directory: {tmp_path / 'fetched'}\n"
        run = RunDirectory.open(tmp_path / "fetched")
        rows = run.read_samples().to_pylist()
        assert Counter(row["worker"] for row in rows).keys() == {"w0", "w1"}
        assert {second.worker for second in run.read_delivery()} == {"w0", "w1"}
        keys = [write.key for write in run.read_ledger()]
        assert len(keys) == len(set(keys)) > 0
        kinds = Counter(event.kind for event in run.read_events())
        assert (kinds["load.started"], kinds["load.worker.stopped"], kinds["load.stopped"]) == (1, 2, 1)
        assert len([signal for signal in run.read_signals() if signal.name == "web_addresses"]) >= 2


def _rows_of(pid: int) -> int:
    """How many requests a worker that writes on its own has on record."""
    return sum(RunDirectory.open(path).read_samples().num_rows for path in RUNS.glob(f"*-{pid}"))


def test_a_gate_judges_what_workers_elsewhere_have_sent(system: System, tmp_path: Path) -> None:
    """They share its directory; their evidence is whole before it is sealed."""
    port, out = str(free_port()), tmp_path / "run"
    gate = system.start(*GATE, "--expect-workers", "2", "--port", port, "--out", str(out))
    workers = [system.start(*LOCUST, "--worker", "--master-port", port, SUITE_RUN=str(out)) for _ in range(2)]
    said, _ = gate.communicate(timeout=400)
    assert [process.wait(60) for process in workers] == [0, 0]
    assert gate.returncode in (0, 1, 2), said
    run = RunDirectory.open(out)
    assert run.sealed
    (started,) = [event for event in run.read_events() if event.kind == "load.started"]
    assert started.data["workers"] == 2
    assert {event.subject for event in run.read_events() if event.kind == "load.worker.stopped"} == {"w0", "w1"}
    assert Counter(run.read_samples()["worker"].to_pylist()).keys() == {"w0", "w1"}


def test_a_gate_brings_its_sealed_run_and_it_can_be_judged_from_there(
    system: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"file://{tmp_path}/bucket/run"
    with forgotten_runs() as made:
        gate = system.start(*GATE, "--out", url)
        said, _ = gate.communicate(timeout=240)
        made += [Path(line.split()[-1]) for line in said.splitlines() if line.startswith("run directory: ")]
        assert f"brought to {url}" in said, said
        assert _code(["fetch", url, "--out", str(tmp_path / "fetched")]) == 0
        assert RunDirectory.open(tmp_path / "fetched").sealed
        assert _code(["judge", str(tmp_path / "fetched")]) == gate.returncode
        capsys.readouterr()
        for name, value in system.environment.items():
            monkeypatch.setenv(name, value)
        before = len(system.door.seen)
        assert _code(["run", "--out", url]) == 64
        assert "expected a new directory, found a run in it: choose another" in capsys.readouterr().err
        assert len(system.door.seen) == before


def test_a_place_that_went_away_changes_no_verdict(system: System, tmp_path: Path) -> None:
    """One line says where the run is."""
    bucket = tmp_path / "bucket"
    with forgotten_runs() as made:
        gate = system.start(*GATE, "--out", f"file://{bucket}/run")
        system.wait("traffic", lambda: len(system.door.seen) > 20)
        shutil.rmtree(bucket)
        bucket.write_text("gone")
        said, _ = gate.communicate(timeout=240)
        made += [Path(line.split()[-1]) for line in said.splitlines() if line.startswith("run directory: ")]
        (line,) = [line for line in said.splitlines() if "cannot write to it" in line]
        assert line.endswith(f"nothing is lost, the run directory stays at {made[0]}")
        assert gate.returncode in (0, 1, 2)
        assert RunDirectory.open(made[0]).sealed


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["fetch", "reports"], "what is here need not be fetched"),
        (["fetch", "memory://nobody/x", "--out", "nowhere"], "expected a run directory, found no run.json in it"),
        (["fetch", "memory://nobody/x", "--out", "reports"], "expected a new or empty directory"),
        (["run", "--out", "nosuch://x/y"], "Protocol not known: nosuch"),
    ],
)
def test_a_place_that_is_none_is_one_line_and_64(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(__file__).parents[1])
    monkeypatch.setenv("SUITE_REGION", f"none-{os.getpid()}")
    assert _code(arguments) == 64
    err = capsys.readouterr().err
    assert said in err
    assert len(err.strip().splitlines()) == 1
