"""Only a run's own orders are ever touched, every one is accounted for, and what was sealed stays as it was."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import trustme

from fixtures.target import load_target
from loadtests.__main__ import _code
from loadtests.loopback import FrontDoor, NameServer, answer, healthy, local_target, show
from loadtests.stop.identity import this_process
from reports.evidence import RunDirectory

PREFIX = "GDTEST"


@dataclass
class Shop:
    """Orders by their external id, as the order management system keeps them; it misbehaves on request."""

    orders: dict[str, str] = field(default_factory=dict)
    asked: list[dict[str, Any]] = field(default_factory=list)
    stuck: bool = False  # always on the first page
    late: dict[str, str] = field(default_factory=dict)  # come in after the first page was listed
    lost: int = 0  # so many answers get lost, after the work is done
    refuses: set[str] = field(default_factory=set)
    logins: int = 0

    def answer(self, line: str, body: bytes) -> bytes | None:
        path = line.split()[1]
        if path == "/api/login":
            self.logins += 1
        if path not in ("/api/performFind", "/api/service/changeOrderStatus"):
            return healthy(line, body)
        asked = json.loads(body)
        self.asked.append(asked)
        said = self.find(asked) if path == "/api/performFind" else self.cancel(asked)
        if path != "/api/performFind" and self.lost:
            self.lost -= 1
            return None
        return answer(said)

    def find(self, asked: dict[str, Any]) -> dict[str, Any]:
        """As MySQL compares: without regard to the case of letters."""
        fields = asked["inputFields"]
        prefix, after = fields["externalId"].lower(), "" if self.stuck else fields.get("orderId", "")
        found = sorted(key for key in self.orders if key.lower().startswith(prefix) and f"O-{key}" > after)
        docs = [{"orderId": f"O-{key}", "externalId": key, "statusId": self.orders[key]} for key in found]
        docs = docs[: asked["viewSize"]]
        self.orders |= self.late
        return {"docs": docs, "count": len(found)} if docs else {"error": "No record found"}

    def cancel(self, asked: dict[str, Any]) -> dict[str, Any]:
        key = asked["orderId"].removeprefix("O-")
        if key in self.refuses:
            return {"_ERROR_MESSAGE_": f"Order {key} is already in shipment 7, SHIPMENT_PACKED"}
        before, self.orders[key] = self.orders[key], asked["statusId"]
        return {"oldStatusId": before, "orderStatusId": asked["statusId"]}

    @property
    def cancelled(self) -> list[str]:
        return sorted(key for key, status in self.orders.items() if status == "ORDER_CANCELLED")


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    shop, authority, ca_file, region = Shop(), trustme.CA(), tmp_path / "ca.pem", f"purge-{os.getpid()}"
    authority.cert_pem.write_to_path(str(ca_file))
    with (
        FrontDoor("127.0.0.1", 0, shop.answer, show(authority, "www.oms.test")) as door,
        NameServer(["127.0.0.1"]) as names,
        local_target(region, dns_port=names.port, web_port=door.port, ca_file=ca_file) as environment,
    ):
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("loadtests.purge.desk.MOST_PER_S", 1e6)
        yield shop


@pytest.fixture
def run(shop: Shop, tmp_path: Path) -> RunDirectory:
    """A sealed run that left orders; the shop has orders of others, too."""
    shop.orders |= {f"{PREFIX}{n:03d}": "ORDER_APPROVED" for n in range(3)}
    shop.orders |= {f"{PREFIX}C": "ORDER_CREATED", f"{PREFIX}D": "ORDER_COMPLETED", f"{PREFIX}X": "ORDER_CANCELLED"}
    shop.orders |= {"GDTES": "ORDER_APPROVED", "gdtest9": "ORDER_APPROVED", "9000": "ORDER_APPROVED"}
    facts = {"prefix": PREFIX, "target": load_target().fingerprint()}
    run = RunDirectory.create(tmp_path / "run", name="x", kind="load", facts=facts)
    run.seal()
    return run


OURS = [f"{PREFIX}000", f"{PREFIX}001", f"{PREFIX}002", f"{PREFIX}C"]


def test_as_it_comes_it_only_lists(run: RunDirectory, shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    assert _code(["purge", str(run.path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"O-{PREFIX}000  {PREFIX}000  ORDER_APPROVED"
    assert len(lines) == 7
    assert "ORDER_APPROVED 3, ORDER_CANCELLED 1, ORDER_COMPLETED 1, ORDER_CREATED 1; 4 can be cancelled" in lines[-1]
    assert shop.cancelled == [f"{PREFIX}X"]
    assert not (run.path / "amendments").exists()


def test_the_orders_of_the_run_are_cancelled_and_no_other(
    run: RunDirectory, shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    """What each came to is an amendment; the seal holds."""
    assert _code(["purge", str(run.path), "--cancel", "--yes"]) == 0
    assert f"4 of 4 orders of {PREFIX} cancelled\n" in capsys.readouterr().out
    assert shop.cancelled == [*OURS, f"{PREFIX}X"]
    again = RunDirectory.open(run.path)  # verifies the seal
    assert again.read_events() == []
    events = again.read_events(amended=True)
    assert [event.kind for event in events] == ["purge.started", *["purge.order"] * 4, "purge.finished"]
    assert {(e.data["external_id"], e.data["outcome"]) for e in events[1:-1]} == {(key, "cancelled") for key in OURS}
    assert events[-1].data["outcomes"] == {"cancelled": 4}
    assert _code(["purge", str(run.path), "--cancel", "--yes"]) == 0
    assert "0 can be cancelled" in capsys.readouterr().out


def test_a_prefix_stands_for_all_runs_that_have_it(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    """In pages, and not more than the limit."""
    shop.orders |= {f"GDA{n:04d}": "ORDER_APPROVED" for n in range(600)}
    assert _code(["purge", "--prefix", "GDA", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (len(told["orders"]), told["more"], told["can_be_cancelled"]) == (600, False, 600)
    assert _code(["purge", "--prefix", "GDA", "--limit", "300", "--cancel", "--yes"]) == 0
    assert "300 of 300 orders of GDA cancelled; there are more than --limit" in capsys.readouterr().out
    assert len(shop.cancelled) == 300


def test_no_order_is_listed_twice_when_one_comes_in_meanwhile(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    """With an id before those that have been listed, as from another server's block of ids."""
    shop.orders |= {f"GDA{n:04d}": "ORDER_APPROVED" for n in range(300)}
    shop.late = {"GDA0000A": "ORDER_APPROVED"}
    assert _code(["purge", "--prefix", "GDA", "--json"]) == 0
    listed = [order["order_id"] for order in json.loads(capsys.readouterr().out)["orders"]]
    assert listed == [f"O-GDA{n:04d}" for n in range(300)]


def test_a_list_that_does_not_go_on_is_no_list(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    shop.orders |= {f"GDA{n:04d}": "ORDER_APPROVED" for n in range(300)}
    shop.stuck = True
    assert _code(["purge", "--prefix", "GDA"]) == 2
    assert "expected orders behind O-GDA0249, found the same again" in capsys.readouterr().err


def test_a_lost_answer_is_asked_for_again(run: RunDirectory, shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    """Twice the same is once; what stays without an answer is not known, and said."""
    shop.lost = 2
    assert _code(["purge", str(run.path), "--cancel", "--yes"]) == 0
    shop.orders[f"{PREFIX}E"] = "ORDER_APPROVED"
    shop.lost = 3
    capsys.readouterr()
    assert _code(["purge", str(run.path), "--cancel", "--yes"]) == 2
    out = capsys.readouterr().out
    assert f"0 of 1 orders of {PREFIX} cancelled, 1 unknown, the first: order O-{PREFIX}E ({PREFIX}E): " in out


def test_a_no_of_the_system_is_said(run: RunDirectory, shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    """And the others are cancelled nevertheless."""
    shop.refuses = {f"{PREFIX}001"}
    assert _code(["purge", str(run.path), "--cancel", "--yes"]) == 1
    assert "3 of 4 orders of GDTEST cancelled, 1 refused, the first: order O-GDTEST001" in capsys.readouterr().out
    assert len(shop.asked) == 1 + 4


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        ([], 64, "expected a RUN or --prefix"),
        (["--prefix", "CUST"], 6, "expected a prefix that begins with 'GD'"),
        (["--prefix", "G"], 6, "expected a prefix that begins with 'GD'"),
        (["--prefix", ""], 6, "expected a prefix that begins with 'GD'"),
        (["--prefix", "GDA", "--target", "nope"], 64, "expected one of local"),
        (["nowhere"], 64, "expected a run directory"),
    ],
)
def test_what_marks_no_synthetic_order_is_refused(
    shop: Shop, options: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing was asked."""
    assert _code(["purge", *options]) == code
    assert said in capsys.readouterr().err
    assert shop.asked == []


def test_where_nobody_can_be_asked_yes_must_be_said(
    run: RunDirectory, shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _code(["purge", str(run.path), "--cancel"]) == 64
    assert "expected --yes where nobody can be asked" in capsys.readouterr().err
    assert shop.cancelled == [f"{PREFIX}X"]


@pytest.mark.parametrize(("typed", "code", "count"), [("n\n", 4, 1), ("y\n", 0, 5)])
def test_a_person_is_asked(
    run: RunDirectory, shop: Shop, monkeypatch: pytest.MonkeyPatch, typed: str, code: int, count: int
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("typer.confirm", lambda *_, **__: typed == "y\n")
    assert _code(["purge", str(run.path), "--cancel"]) == code
    assert len(shop.cancelled) == count


def test_a_run_that_writes_still_is_not_purged(
    run: RunDirectory,
    tmp_path: Path,
    shop: Shop,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    going = RunDirectory.create(tmp_path / "going", name="x", kind="load", facts=run.facts)
    events = going.events("load")
    events.record("load.started", data=this_process().data())
    events.close()
    assert _code(["purge", str(going.path)]) == 64
    assert "expected a run that has ended" in capsys.readouterr().err
    monkeypatch.setattr("loadtests.stop.members.RUNS", tmp_path)
    assert _code(["purge", "--prefix", "GDT"]) == 64
    assert f"found {going.path} running still" in capsys.readouterr().err
    assert shop.asked == []


def test_another_target_of_the_same_name_is_not_purged(
    run: RunDirectory, tmp_path: Path, shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    """As a region that was started anew, or a target file that somebody has edited since."""
    was = {**run.facts["target"], "web": "https://www.other.test:443"}
    other = RunDirectory.create(tmp_path / "other", name="x", kind="load", facts={**run.facts, "target": was})
    assert _code(["purge", str(other.path)]) == 64
    assert "found another web in 'local'" in capsys.readouterr().err
    assert shop.asked == []


def test_a_system_that_does_not_list_is_one_line_and_2(
    run: RunDirectory, shop: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Shop, "find", lambda self, asked: {"_ERROR_MESSAGE_": "no"})
    assert _code(["purge", str(run.path)]) == 2
    assert "expected a list of orders, found error in 200: no" in capsys.readouterr().err


def test_somebody_may_stop_it_and_what_was_done_is_on_record(
    run: RunDirectory, shop: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cancel = Shop.cancel

    def cancel_and_stop(self: Shop, asked: dict[str, Any]) -> dict[str, Any]:
        os.kill(os.getpid(), 2)
        return cancel(self, asked)

    monkeypatch.setattr(Shop, "cancel", cancel_and_stop)
    assert _code(["purge", str(run.path), "--cancel", "--yes"]) == 4
    assert "1 of 4 orders of GDTEST cancelled; stopped after 1: SIGINT received" in capsys.readouterr().out
    finished = RunDirectory.open(run.path).read_events(amended=True)[-1]
    assert (finished.kind, finished.data["stopped"]) == ("purge.finished", "SIGINT received")
