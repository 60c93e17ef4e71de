"""A candidate and a baseline that take turns: how many pairs, in which order, and what is said. No load is sent."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from loadtests.__main__ import _code
from loadtests.gate import turns
from loadtests.gate.asking import asked
from loadtests.gate.running import Order
from loadtests.loopback import local_target
from loadtests.options import UsageError
from loadtests.permission import require_ready
from loadtests.profiles import load_profile
from loadtests.stop.identity import identity_of, this_process
from loadtests.storage.place import Place
from reports.evidence import RunDirectory
from reports.testing.loads import write_load

SMOKE = load_profile("smoke").model_dump(mode="json", exclude_none=True)
RULE = "p95 of * not worse than baseline by 10%\n"


class Played:
    """Runs that are made up instead of sent; ``slower`` is the candidate."""

    def __init__(self) -> None:
        self.slower = 1.0
        self.noise = 1.02  # of every other run, which is in turn that of one side and the other
        self.ill: tuple[int, ...] = ()
        self.orders: list[Order] = []

    def __call__(self, order: Order, *_: object, begun: bool) -> RunDirectory:
        assert begun, "both front doors were looked at before the first run"
        self.orders.append(order)
        assert order.place.path is not None
        number = len(self.orders)
        slower = self.slower if order.region == "now" else 1.0
        slower *= self.noise if number % 2 else 1.0
        silent = 20 if number in self.ill else None
        return write_load(order.place.path, seconds=60, seed=number, slower=slower, load=SMOKE, silent_from_s=silent)

    @property
    def sides(self) -> list[str]:
        return [order.region for order in self.orders]


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Played]:
    made = Played()
    monkeypatch.setattr(turns, "run_load", made)
    monkeypatch.setattr(turns, "require_ready", lambda *_: None)
    monkeypatch.setenv("SUITE_REGION", "now")
    (tmp_path / "my.rules").write_text(RULE)
    where = {"dns_port": 1, "web_port": 1, "ca_file": tmp_path / "ca.pem"}
    with local_target("now", **where), local_target("before", **where):  # type: ignore[arg-type]
        yield made


def gate(folder: Path, *options: str, rules: str = "my.rules") -> int:
    given = ["--rules", str(folder / rules), "--out", str(folder / "gate"), "--profile", "smoke", "--duration", "60s"]
    return _code(["run", "--baseline-target", "local@before", *given, *options])


def verdict_of(folder: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((folder / "gate" / "verdict.json").read_text())
    return found


def test_a_slower_candidate_fails_as_soon_as_that_is_decided(
    played: Played, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first look is after four pairs; who is first changes; both of a pair have one seed."""
    played.slower = 1.5
    assert gate(tmp_path) == 1
    assert len(played.orders) < 2 * 10
    assert played.sides[:6] == ["before", "now", "now", "before", "before", "now"]
    assert [order.seed for order in played.orders[:4]] == [1, 1, 2, 2]
    out = " ".join(capsys.readouterr().out.split())
    assert "at most 25 pairs of runs, 62 minutes; looked at after every pair from the 4th on" in out
    assert "pairs of runs); the limit is 1.1 times" in out


def test_a_front_door_without_an_address_is_one_line_and_nothing_is_made(
    played: Played, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(turns, "require_ready", require_ready)
    assert gate(tmp_path) == 64
    assert "expected an address for www.oms.test, found none at 127.0.0.1:1 (dns: " in capsys.readouterr().err
    assert not played.orders
    assert not (tmp_path / "gate").exists()


def test_the_same_build_passes(played: Played, tmp_path: Path) -> None:
    assert gate(tmp_path) == 0
    assert len(played.orders) < 2 * 25


def test_when_the_budget_is_spent_it_says_how_many_more_pairs_it_would_take(
    played: Played, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    played.noise, played.slower = 1.3, 1.02
    assert gate(tmp_path, "--budget", "13m") == 2
    assert len(played.orders) == 2 * 5
    out = " ".join(capsys.readouterr().out.split())
    assert "at most 5 pairs of runs" in out
    assert "more pairs would probably tell" in out


def test_another_rule_is_about_each_run_of_the_candidate(played: Played, tmp_path: Path) -> None:
    """And one that fails ends it at once."""
    (tmp_path / "more.rules").write_text(f"{RULE}p95 of * < 1ms\n")
    assert gate(tmp_path, rules="more.rules") == 1
    assert len(played.orders) == 2
    assert "FAIL in 1 of 1 run: p95 is" in str(verdict_of(tmp_path)["because"])


def test_a_pair_whose_generator_was_ill_is_left_out_and_told(played: Played, tmp_path: Path) -> None:
    played.slower, played.ill = 1.5, (2,)
    assert gate(tmp_path) == 1
    promises = verdict_of(tmp_path)["promises"]
    assert isinstance(promises, list)
    assert "1 more pair left out, as gate-01-candidate: load worker w0 dead or frozen" in promises[0]["because"]


def test_an_endpoint_that_nobody_calls_does_not_use_up_the_budget(played: Played, tmp_path: Path) -> None:
    (tmp_path / "typo.rules").write_text("p95 of nope not worse than baseline by 10%\n")
    assert gate(tmp_path, rules="typo.rules") == 2
    assert len(played.orders) == 2


def test_it_is_judged_again_by_its_runs(played: Played, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the same answer."""
    played.slower = 1.5
    assert gate(tmp_path) == 1
    capsys.readouterr()
    assert _code(["judge", str(tmp_path / "gate"), "--json"]) == 1
    again, first = json.loads(capsys.readouterr().out), verdict_of(tmp_path)
    assert again["promises"] == first["promises"]
    assert RunDirectory.open(tmp_path / "gate").sealed


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--baseline-target", "local"], "expected another target than that of the candidate"),
        (["--baseline-target", "nope"], "expected one of local"),
        (["--budget", "5m"], "expected time for at least 4 pairs of runs, 9.9 minutes, found 5 minutes"),
        (["--baseline", "nope"], "expected either it or --baseline-target"),
    ],
)
def test_what_cannot_be_compared_is_one_line_and_64(
    played: Played, tmp_path: Path, options: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert gate(tmp_path, *options) == 64
    err = capsys.readouterr().err
    assert said in err
    assert len(err.strip().splitlines()) == 1
    assert not played.orders


def test_a_gate_that_takes_turns_goes_to_no_url() -> None:
    """Its runs go beside it."""
    order = Order(load_profile("smoke"), asked(None, None, None, {}), place=Place(url="s3://evidence/run"))
    with pytest.raises(UsageError, match="expected --out with a directory"):
        turns.elsewhere("local@before", order)


def test_whoever_stops_it_finds_its_process(played: Played, tmp_path: Path) -> None:
    """``loadgate stop`` reads that."""
    played.slower = 1.5
    assert gate(tmp_path) == 1
    (started,) = [one for one in RunDirectory.open(tmp_path / "gate").read_events() if one.kind == "run.started"]
    assert identity_of(started.data) == this_process()
