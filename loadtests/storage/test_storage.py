"""What is written here comes together there, whole, on any file system; what cannot be brought stays, and is said."""

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pyarrow.fs
import pytest

from loadtests.storage.home import Home
from loadtests.storage.place import Place
from loadtests.storage.sink import StorageError, is_url, sink_of
from reports.evidence import NotARunDirectoryError, RunDirectory


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """A bucket of a moto server: the URL's option that leads there."""
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"],
        env={"PATH": os.environ["PATH"]},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stderr is not None
        line = next(line for line in server.stderr if "Running on" in line)
        endpoint = line.split("http://")[1].split()[0].rstrip("/")
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("AWS_ACCESS_KEY_ID", "test")
            environment.setenv("AWS_SECRET_ACCESS_KEY", "test")
            files = pyarrow.fs.S3FileSystem(
                endpoint_override=endpoint, scheme="http", region="us-east-1", allow_bucket_creation=True
            )
            files.create_dir("evidence")
            yield f"?endpoint_override={endpoint}&scheme=http&region=us-east-1"
    finally:
        server.terminate()
        server.wait(10)


@pytest.fixture(params=["memory", "file", "s3"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A directory that is not there yet, on each kind of file system."""
    name = uuid.uuid4().hex
    if request.param == "s3":
        return f"s3://evidence/runs/{name}{request.getfixturevalue('s3')}"
    return f"memory://runs/{name}" if request.param == "memory" else f"file://{tmp_path}/there/{name}"


def run_at(path: Path, *, sealed: bool = True) -> RunDirectory:
    run = RunDirectory.create(path, name="x", kind="load", facts={"prefix": "GDTEST", "seed": 7})
    events = run.events("load")
    events.record("load.started")
    events.close()
    signals = run.signals("w0")
    signals.write({"at_us": 1, "name": "n", "value": 1})
    signals.close()
    (run.path / "logs").mkdir()
    (run.path / "logs" / "load.log").write_bytes(os.urandom(3 << 20))
    if sealed:
        run.seal()
    return run


def test_a_run_comes_back_as_it_was_sealed(url: str, tmp_path: Path) -> None:
    """Byte for byte, or its seal would say so."""
    run, home = run_at(tmp_path / "run"), Home.at(url)
    home.require_new()
    home.announce(run)
    assert home.bring(run.path) == 5
    fetched = RunDirectory.open(Home.at(url).fetch(tmp_path / "fetched"))
    assert fetched.sealed
    assert [event.kind for event in fetched.read_events()] == ["load.started"]
    (fetched.path / "logs" / "load.log").write_text("another")
    with pytest.raises(NotARunDirectoryError, match=r"logs/load\.log: changed"):
        RunDirectory.open(fetched.path)


def test_there_is_one_run_in_a_place(url: str, tmp_path: Path) -> None:
    home = Home.at(url)
    home.announce(run_at(tmp_path / "a"))
    with pytest.raises(StorageError, match="expected a new directory, found a run in it"):
        home.announce(run_at(tmp_path / "b"))


def test_parts_of_several_machines_come_together(url: str, tmp_path: Path) -> None:
    """Each worker's files under names of its own, and nobody's over another's."""
    main = run_at(tmp_path / "main", sealed=False)
    Home.at(url).announce(main)
    for worker in ("w0", "w1"):
        Home.at(url).join(tmp_path / worker, within_s=5)
        part = RunDirectory.open(tmp_path / worker)
        assert part.facts == main.facts
        signals = part.signals(worker)
        signals.write({"at_us": 2, "name": worker, "value": 2})
        signals.close()
        events = part.events(f"load-{worker}")
        events.record("load.worker.started", subject=worker)
        events.close()
        (part.path / "run.json").write_text("not ours to bring")
        Home.at(url).bring(part.path, writer=worker)
    Home.at(url).bring(main.path)
    whole = RunDirectory.open(Home.at(url).fetch(tmp_path / "fetched"))
    assert {signal.name for signal in whole.read_signals()} == {"n", "w0", "w1"}
    assert [event.subject for event in whole.read_events()] == [None, "w0", "w1"]
    assert whole.facts == main.facts


def test_a_worker_waits_for_the_main_process_and_not_for_ever(tmp_path: Path) -> None:
    home, asked = Home.at(f"memory://runs/{uuid.uuid4().hex}"), []

    def wait(seconds: float) -> None:
        asked.append(seconds)
        if len(asked) == 3:
            home.announce(run_at(tmp_path / "main"))

    home.join(tmp_path / "x", within_s=60, wait=wait)
    assert (tmp_path / "x" / "run.json").is_file()
    assert len(asked) == 3
    with pytest.raises(StorageError, match=r"expected run\.json of the main process in 0 s, found none"):
        Home.at("memory://runs/nobody").join(tmp_path / "y", within_s=0)
    assert not (tmp_path / "y").exists()


def test_a_place_that_goes_away_is_one_line_and_takes_nothing_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, home = run_at(tmp_path / "run"), Home.at(f"memory://runs/{uuid.uuid4().hex}")
    before = {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()}

    def gone(*_: object, **__: object) -> None:
        raise ConnectionResetError("the place is gone")

    monkeypatch.setattr(fsspec.implementations.memory.MemoryFileSystem, "open", gone)
    with pytest.raises(StorageError, match=r"cannot write to it: ConnectionResetError: the place is gone") as error:
        home.bring(run.path)
    assert "\n" not in str(error.value)
    assert {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()} == before


def test_an_s3_that_nobody_serves_is_said_in_bounded_time() -> None:
    """Not after the SDK's own minutes of patience."""
    home = Home.at("s3://evidence/x?endpoint_override=127.0.0.1:1&scheme=http&region=us-east-1")
    began = time.monotonic()
    with pytest.raises(StorageError, match=r"s3://evidence/x: cannot look into it: OSError"):
        home.require_new()
    assert time.monotonic() - began < 120


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nosuch://x/y", "Protocol not known: nosuch"),
        ("s3://bucket", "expected s3://BUCKET/PATH"),
        ("s3://bucket/x?key=secret", "expected options endpoint_override, region, scheme only, found key"),
        ("s3://bucket/x?region", "bad query field"),
        ("gs://bucket/x", "gcsfs"),
    ],
)
def test_a_url_that_nobody_can_reach_is_one_line(url: str, said: str) -> None:
    """A package that is missing is named."""
    with pytest.raises(StorageError, match="expected the URL of a directory that fsspec can write: ") as error:
        sink_of(url)
    assert said in str(error.value)


def test_a_password_in_a_url_is_not_printed(tmp_path: Path) -> None:
    with pytest.raises(StorageError) as error:
        sink_of("nosuch://me:secret@host/x?token=secret")
    assert str(error.value).startswith("nosuch://host/x: ")
    assert "secret" not in str(error.value)


def test_what_cannot_be_brought_stays_and_is_one_line(tmp_path: Path) -> None:
    """In a process of its own, as under Locust."""
    run = run_at(tmp_path / "run")
    (tmp_path / "there").write_text("a file where the directory should be")
    place = Place.of(f"file://{tmp_path}/there/x")
    said = place.bring(run.path)
    assert said is not None
    assert said.startswith(f"file://{tmp_path}/there/x: cannot write to it: ")
    assert said.endswith(f"nothing is lost, the run directory stays at {run.path}")
    assert RunDirectory.open(run.path).sealed
    with pytest.raises(StorageError, match="cannot write to it"):
        place.announce(run.path)


@pytest.mark.parametrize(("place", "is_one"), [("s3://a/b", True), ("/tmp/x", False), ("C:\\x", False), ("a:b", False)])
def test_a_path_is_no_url(place: str, *, is_one: bool) -> None:
    assert is_url(place) == is_one
