"""A sink: one database in which a write must land, and the questions that the suite asks it.

Each question is one statement, so that its answer is one moment of that database. Nobody may conclude from one answer
of a replica: that is what the barrier is for.
"""

from collections.abc import Collection
from itertools import batched
from typing import Any, Literal

import sqlalchemy as sa

from experiments.resolving import NotResolvedError
from experiments.sinks import queries, rows
from experiments.sinks import tables as t
from experiments.sinks.engine import open_engine
from experiments.sinks.rows import OrderRow, StockRow
from fixtures.target import Target
from reports.evidence import Job

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

    def orders(self, prefix: str) -> list[OrderRow]:
        """Every order whose external id begins with the prefix, by key."""
        if self.name == "warehouse":
            return rows.facts(self.ask(queries.facts(prefix)))
        return rows.orders(self.ask(queries.orders(prefix)))

    def stock(self, prefix: str) -> list[StockRow]:
        """Stock taken by rows whose description begins with the prefix, summed by "facility|product"."""
        return rows.stock(self.ask(queries.stock(prefix)))

    def has_key(self, key: str) -> bool:
        """Whether an order with that external id, or a stock row with that description, is there."""
        if self.present([key]):
            return True
        if self.name == "warehouse":
            return False
        detail = t.INVENTORY_ITEM_DETAIL.c
        return bool(self.ask(sa.select(detail.inventory_item_id).where(detail.description == key).limit(1)))

    def present(self, keys: Collection[str]) -> set[str]:
        """Which of these external order ids are there."""
        table = t.ORDER_FACILITY_CHANGE_FACT if self.name == "warehouse" else t.ORDER_HEADER
        found: set[str] = set()
        for some in batched(sorted(keys), KEYS_A_QUESTION):
            query = sa.select(table.c.external_id).where(table.c.external_id.in_(some)).distinct()
            found.update(row.external_id for row in self.ask(query))
        return found

    def jobs(self, when: str = "after") -> list[Job]:
        """The whole job table as ``jobs.parquet`` wants it; ``when`` is before or after."""
        return [rows.job(row, when) for row in self.ask(sa.select(*t.JOB_SANDBOX.c))]

    def imports_waiting(self) -> int:
        """How many uploaded files are not imported to their end yet."""
        log = t.DATA_MANAGER_LOG.c
        return int(self.scalar(sa.select(sa.func.count()).where(log.status_id.in_(IMPORT_WAITING))))

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

    def close(self) -> None:
        """Close the connections; the sink may be asked again."""
        self._engine.dispose()


def open_sink(target: Target, name: SinkName) -> Sink:
    """The sink of that name; connects when it is first asked."""
    return Sink(target, name)
