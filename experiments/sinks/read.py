"""A sink: one database in which a write must land, and the questions that the suite asks it.

Each question is one statement, so that its answer is one moment of that database. Nobody may conclude from one answer
of a replica: that is what the barrier is for.
"""

from collections.abc import Callable, Collection
from itertools import batched
from typing import Any, Literal

import sqlalchemy as sa

from experiments.resolving import NotResolvedError
from experiments.sinks import queries, rows
from experiments.sinks import tables as t
from experiments.sinks.engine import open_engine
from experiments.sinks.rows import KeyRow, StockRow
from fixtures.target import Target
from reports.evidence import SHIPMENT_SUFFIX, Job

SinkName = Literal["primary", "replica", "warehouse"]

KEYS_A_QUESTION = 1000
IMPORT_WAITING = ("DmlsPending", "DmlsQueued", "DmlsRunning")


class SinkUnreadableError(Exception):
    """A sink gave no answer; what it holds is not known."""


class Sink:
    """One database of the target, read only. Every question raises SinkUnreadableError when it has no answer."""

    def __init__(self, target: Target, name: SinkName) -> None:
        self.name = name
        self._engine = open_engine(target, getattr(target.databases, name))

    def keyed(self, prefix: str) -> list[KeyRow]:
        """Every order, and every shipment of one, whose external id begins with the prefix."""
        if self._is_warehouse:
            orders = rows.order_facts(self.ask(queries.order_facts(prefix)))
            return orders + rows.shipment_facts(self.ask(queries.shipment_facts(prefix)))
        orders = rows.orders(self.ask(queries.orders(prefix)))
        return orders + rows.shipments(self.ask(queries.shipments(prefix)))

    def stock(self, prefix: str) -> list[StockRow]:
        """Stock taken by rows whose description begins with the prefix, summed by "facility|product"."""
        question = queries.stock_facts if self._is_warehouse else queries.stock
        return rows.stock(self.ask(question(prefix)))

    def has_key(self, key: str) -> bool:
        """Whether an order or a shipment with that key, or a stock row with that description, is there."""
        if self.present([key]):
            return True
        return bool(self.scalar(queries.stock_rows(key, warehouse=self._is_warehouse)))

    def present(self, keys: Collection[str]) -> set[str]:
        """Which of these orders (by external id) and shipments (by that and their suffix) are there."""
        shipped = {key.removesuffix(SHIPMENT_SUFFIX) for key in keys if key.endswith(SHIPMENT_SUFFIX)}
        there = self._among(queries.shipments_among, shipped)
        orders = {key for key in keys if not key.endswith(SHIPMENT_SUFFIX)}
        return self._among(queries.orders_among, orders) | {one + SHIPMENT_SUFFIX for one in there}

    def jobs(self, when: str = "after") -> list[Job]:
        """The whole job table as ``jobs.parquet`` wants it; ``when`` is before or after."""
        return [rows.job(row, when) for row in self.ask(sa.select(*t.JOB_SANDBOX.c))]

    def work_waiting(self, prefix: str) -> int:
        """How many uploaded files are not imported to their end, and packed shipments not shipped yet, by the jobs."""
        log = t.DATA_MANAGER_LOG.c
        imports = self.scalar(sa.select(sa.func.count()).where(log.status_id.in_(IMPORT_WAITING)))
        return int(imports) + int(self.scalar(queries.packed_waiting(prefix)))

    def scalar(self, query: sa.Executable) -> Any:
        """The first column of the first row; None without a row."""
        found = self.ask(query)
        return found[0][0] if found else None

    def ask(self, query: sa.Executable) -> list[Any]:
        """All rows of a read-only statement."""
        try:
            with self._engine.connect() as connection:
                return list(connection.execute(query).all())
        except (sa.exc.SQLAlchemyError, NotResolvedError, OSError) as error:
            first_line = str(error).strip().splitlines()[0]
            raise SinkUnreadableError(f"{self.name}: expected an answer, found {first_line}") from error

    @property
    def _is_warehouse(self) -> bool:
        return self.name == "warehouse"

    def _among(self, question: Callable[..., sa.Executable], keys: Collection[str]) -> set[str]:
        found: set[str] = set()
        for some in batched(sorted(keys), KEYS_A_QUESTION):
            found.update(row.external_id for row in self.ask(question(some, warehouse=self._is_warehouse)))
        return found

    def close(self) -> None:
        """Close the connections; the sink may be asked again."""
        self._engine.dispose()


def open_sink(target: Target, name: SinkName) -> Sink:
    """The sink of that name; connects when it is first asked."""
    return Sink(target, name)
