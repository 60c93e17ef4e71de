"""From rows that are gone or there twice to the promise that says so: the real questions, asked of small databases."""

from types import SimpleNamespace
from typing import Any, get_args

import pytest
import sqlalchemy as sa

from experiments.sinks import landing, read
from experiments.sinks import tables as t
from experiments.sinks.read import Sink, SinkName
from reports.evidence import SINKS, RunDirectory, order_digest, shipment_digest
from reports.judge.writes import read_sink, writes_at
from reports.testing.cases import barriers, case

LOST, TWICE = "no_acknowledged_write_lost", "no_write_duplicated"
PHANTOM, CORRUPT = "no_phantom_write", "no_write_corrupted"
KEYS = ("GD1", "GD2")


@pytest.fixture
def sinks(monkeypatch: pytest.MonkeyPatch) -> dict[str, Sink]:
    """Three empty databases with the tables that are read back."""
    monkeypatch.setattr(read, "open_engine", lambda _target, _database: _empty())
    target: Any = SimpleNamespace(databases=SimpleNamespace(primary=None, replica=None, warehouse=None))
    return {name: Sink(target, name) for name in get_args(SinkName)}


def _empty() -> sa.Engine:
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    with engine.begin() as connection:
        for table in (one for one in vars(t).values() if isinstance(one, sa.TableClause)):
            columns = ", ".join(column.name for column in table.columns)
            connection.execute(sa.text(f"CREATE TABLE {table.name} ({columns})"))
    return engine


def tell(sink: Sink, statement: sa.Executable) -> None:
    with sink._engine.begin() as connection:
        assert connection.execute(statement).rowcount > 0


def add(sink: Sink, table: sa.TableClause, **columns: Any) -> None:
    tell(sink, sa.insert(table).values(**columns))


def order(sink: Sink, key: str, *, came_from: str = "_NA_") -> None:
    """An order of one item, as it is there in this sink; it costs nothing, as these databases know no decimals."""
    item = {"order_id": f"o-{key}", "order_item_seq_id": "1", "product_id": "P1", "quantity": 1}
    if sink.name == "warehouse":
        header = {"external_id": key, "from_facility_id": came_from}
        add(sink, t.ORDER_FACILITY_CHANGE_FACT, **header, **item)
    else:
        add(sink, t.ORDER_HEADER, order_id=f"o-{key}", external_id=key)
        add(sink, t.ORDER_ITEM, **item)


def shipment(sink: Sink, key: str, shipment_id: str = "s1", *, status: str = "SHIPMENT_SHIPPED") -> None:
    """A shipment of that order, as it is there in this sink."""
    of, what = {"order_id": f"o-{key}", "order_item_seq_id": "1"}, {"product_id": "P1", "quantity": 1}
    ids = {"shipment_id": f"{shipment_id}-{key}"}
    if sink.name == "warehouse":
        add(sink, t.ORDER_ITEM_FULFILLMENT_FACT, external_id=key, facility_id="BOSTON", **of, **ids, **what)
        return
    method = "STANDARD"
    add(sink, t.SHIPMENT, status_id=status, origin_facility_id="BOSTON", shipment_method_type_id=method, **ids)
    add(sink, t.SHIPMENT_ITEM, shipment_item_seq_id="1", **ids, **what)
    add(sink, t.ORDER_SHIPMENT, shipment_item_seq_id="1", **of, **ids)


def lose(sink: Sink, key: str) -> None:
    """Leave the packed shipment of an order lying, or forget to load it."""
    if sink.name == "warehouse":
        fact = t.ORDER_ITEM_FULFILLMENT_FACT
        tell(sink, sa.delete(fact).where(fact.c.external_id == key))
    else:
        packed = sa.update(t.SHIPMENT).values(status_id="SHIPMENT_PACKED")
        tell(sink, packed.where(t.SHIPMENT.c.shipment_id == f"s1-{key}"))


def repeat(sink: Sink, key: str) -> None:
    """Ship an order once more."""
    shipment(sink, key, "s2")


def change(sink: Sink, key: str) -> None:
    """Let something else have left."""
    table = t.ORDER_ITEM_FULFILLMENT_FACT if sink.name == "warehouse" else t.SHIPMENT_ITEM
    tell(sink, sa.update(table).where(table.c.shipment_id == f"s1-{key}").values(product_id="P2"))


def invent(sink: Sink, _key: str) -> None:
    """Ship an order whose shipment nobody acknowledged, nor sent."""
    shipment(sink, "GD2")


def judged(run: RunDirectory, sinks: dict[str, Sink]) -> list[tuple[str, str]]:
    """Write down, read back and judge: the promises about writes that FAIL, and where."""
    with (ledger := run.write_ledger("w0"))._out:
        for key in KEYS:
            ledger.intent(key, "order", digest=order_digest(key, [("P1", 1, 0)], 0), amount_minor=0, sinks=SINKS)
            ledger.outcome(key, 1, "acknowledged", None)
        digest = shipment_digest("GD1:S", "BOSTON", [("P1", 1)])
        ledger.intent("GD1:S", "shipment", digest=digest, amount_minor=None, sinks=SINKS)
        ledger.outcome("GD1:S", 1, "acknowledged", None)
    landed = {name: landing._Look(sink, run.path / "ledger", "GD").final() for name, sink in sinks.items()}
    found = case(writes=run.read_ledger(), landed={**landed}, events=barriers(*SINKS))
    promises = [
        writes_at(found, name, sink, read_sink(found, sink))
        for name in (LOST, TWICE, PHANTOM, CORRUPT)
        for sink in SINKS
    ]
    assert {str(one.status) for one in promises} <= {"PASS", "FAIL"}
    return [(one.name, one.sink or "") for one in promises if one.status == "FAIL"]


@pytest.fixture
def healthy(sinks: dict[str, Sink]) -> dict[str, Sink]:
    """Two orders everywhere, and a shipment of the first."""
    for sink in sinks.values():
        for key in KEYS:
            order(sink, key)
        shipment(sink, "GD1")
    return sinks


def test_a_shipment_that_is_there_once_breaks_nothing(run: RunDirectory, healthy: dict[str, Sink]) -> None:
    """An order may have none; what is packed and has not left is none; an order that a store rejected is still one."""
    shipment(healthy["primary"], "GD2", status="SHIPMENT_PACKED")
    order(healthy["warehouse"], "GD2", came_from="BOSTON")

    assert judged(run, healthy) == []
    assert healthy["primary"].work_waiting("GD") == 1


@pytest.mark.parametrize("where", SINKS)
@pytest.mark.parametrize(("wrong", "promise"), [(lose, LOST), (repeat, TWICE), (change, CORRUPT), (invent, PHANTOM)])
def test_a_shipment_that_went_wrong_in_one_sink_breaks_its_promise_there(
    wrong: Any, promise: str, where: str, run: RunDirectory, healthy: dict[str, Sink]
) -> None:
    """Downstream against what the primary holds: what only the primary has wrong is wrong in the others, too."""
    wrong(healthy[where], "GD1")

    assert (promise, where) in judged(run, healthy)
