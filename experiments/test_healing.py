"""Putting the world back: nothing is claimed that is not proven, and a full disk stops nothing. No region here."""

import errno
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from experiments import healing
from experiments.__main__ import _code
from experiments.safety import lock, undo
from fixtures.target import RegionNotUpError, Target
from reports.evidence import RunDirectory, Undo

REGION = "a-region-that-is-not-up"


def killed(path: Path, **facts: Any) -> RunDirectory:
    """A run whose game day died with one harm open."""
    run = RunDirectory.create(path, name="x", kind="gameday", facts={"prefix": "GDTEST", **facts})
    ledger = run.undo()
    ledger.intent("i-1", "ssm:SendCommand", experiment="x", before={}, way_back={"kind": "test"})
    ledger.close()
    return run


@pytest.fixture
def endpoint() -> Iterator[socket.socket]:
    """Something that answers, wherever it is."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch, target_at: Callable[..., Target]) -> list[str]:
    """A region that is up, and the ids of the harms whose way back was taken on it."""
    ids: list[str] = []

    def take(record: Undo, _: Target) -> tuple[bool, str]:
        ids.append(record.resource)
        return True, "as before"

    monkeypatch.setitem(undo.WAYS_BACK, ("test", ""), take)
    monkeypatch.setattr(healing, "load_target", lambda *_, **__: target_at("http://127.0.0.1:9"))
    return ids


def fill_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on no line and no small file can be written."""

    def full(*_: object, **__: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    monkeypatch.setattr(Path, "write_text", full)


def test_what_was_open_is_undone_then_sealed_then_written_beside_it(tmp_path: Path, taken: list[str]) -> None:
    run = killed(tmp_path / "run", target={"name": "local"}, region=REGION)
    before = (run.path / "undo.ndjson").read_bytes()

    healed = healing.heal(run)

    assert (healed.exit_code, taken) == (0, ["i-1"])
    assert healed.ending == "healed: everything is undone and read back"
    assert run.sealed
    assert (run.path / "undo.ndjson").read_bytes() == before
    assert (run.path / "amendments" / "undo.ndjson").is_file()
    assert RunDirectory.open(run.path)


def test_a_full_disk_does_not_stop_it_and_is_not_called_undone(
    tmp_path: Path, taken: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The way back is taken all the same, and exit 5 says that it is not on record."""
    run = killed(tmp_path / "run", target={"name": "local"}, region=REGION)
    fill_the_disk(monkeypatch)

    assert _code(["heal", str(run.path)]) == 5

    told = capsys.readouterr().out
    assert taken == ["i-1"]
    assert "healed" not in told
    assert "NOT ON RECORD" in told
    assert "not sealed: " in told


def test_judging_on_a_full_disk_claims_nothing_about_the_world(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It knows nothing of it. Exit 64: there is no verdict."""
    run = killed(tmp_path / "run", target={"name": "local"}, region=REGION)

    def full(_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("experiments.judging.publish", full)
    assert _code(["judge", str(run.path)]) == 64
    said = capsys.readouterr().err
    assert "expected room to write" in said
    assert "undone" not in said


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, KeyError], ids=["ctrl-c", "bug"])
def test_whatever_ends_it_early_is_unsafe(
    interrupt: type[BaseException], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As long as a harm is open."""
    run = killed(tmp_path / "run", target={"name": "local"}, region=REGION)

    def end(*_: object, **__: object) -> None:
        raise interrupt

    monkeypatch.setattr(healing, "load_target", end)
    assert _code(["heal", str(run.path)]) == 5
    assert "not everything is undone: run `gameday heal" in capsys.readouterr().err


def test_a_region_is_gone_only_when_its_address_refuses(tmp_path: Path, endpoint: socket.socket) -> None:
    """Then what was open is written off, which is not called read back."""
    address = f"http://127.0.0.1:{endpoint.getsockname()[1]}"
    endpoint.close()
    run = killed(tmp_path / "run", target={"name": "local", "endpoint_url": address}, region=REGION)

    healed = healing.heal(run)

    assert (healed.exit_code, undo.is_clean(run)) == (0, True)
    assert healed.ending == "healed: the region is gone, what was open is written off"
    assert "written off" in healed.lines[0]
    assert not any("read back" in line for line in healed.lines)


@pytest.mark.parametrize("known", [True, False], ids=["it-answers", "no-address"])
def test_a_state_file_that_is_not_here_is_no_proof(
    known: bool, tmp_path: Path, endpoint: socket.socket, capsys: pytest.CaptureFixture[str]
) -> None:
    """The region may be another user's, or under another TMPDIR. Nothing is touched, and one line says what to do."""
    target = {"name": "local"}
    if known:
        target["endpoint_url"] = f"http://127.0.0.1:{endpoint.getsockname()[1]}"
    run = killed(tmp_path / "run", target=target, region=REGION)

    assert _code(["heal", str(run.path)]) == 5

    said = capsys.readouterr().err.strip()
    assert len(said.splitlines()) == 1
    assert "TMPDIR" in said
    assert not undo.is_clean(run)
    assert not run.sealed


def test_a_game_day_does_not_write_off_what_may_still_be_there(tmp_path: Path, endpoint: socket.socket) -> None:
    """Its record stays open, and says why."""
    address = f"http://127.0.0.1:{endpoint.getsockname()[1]}"
    run = killed(tmp_path / "run", target={"name": "local", "endpoint_url": address}, region=REGION)

    (result,) = healing.undo_everything(run, target="local", region=REGION, writer="gameday")

    assert (result.verified, result.word, undo.is_clean(run)) == (False, "NOT UNDONE", False)


def test_a_run_with_nothing_open_needs_no_region(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object, **__: object) -> None:
        raise RegionNotUpError("not up")

    monkeypatch.setattr(healing, "load_target", gone)
    facts = {"target": {"name": "local"}, "region": REGION}
    run = RunDirectory.create(tmp_path / "run", name="x", kind="gameday", facts=facts)

    healed = healing.heal(run)

    assert (healed.exit_code, healed.lines) == (0, ("nothing was left to undo",))


def test_while_the_game_day_lives_it_is_left_alone(tmp_path: Path) -> None:
    run = killed(tmp_path / "run", target={"name": "local"}, region=REGION)
    with lock.only_one("local", REGION):
        assert _code(["heal", str(run.path)]) == 64
    assert not run.sealed


@pytest.mark.parametrize("facts", [{}, {"target": {"name": "local"}}, {"target": "local", "region": "r"}])
def test_a_run_of_something_else_is_one_line_and_64(
    facts: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A load test's, for one: it did no harm."""
    run = RunDirectory.create(tmp_path / "run", name="x", kind="load", facts=facts)

    assert _code(["heal", str(run.path)]) == 64

    said = capsys.readouterr().err.strip()
    assert "expected a game day's run" in said
    assert len(said.splitlines()) == 1
