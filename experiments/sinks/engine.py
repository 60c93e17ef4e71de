"""Connections to the databases of a target: by DNS name through its own DNS server, read only, bounded.

The name is resolved anew for every connection (a failover moves it), as a well-behaved client of RDS does. A server
that dies silently is noticed by TCP in about 3 s; a statement ends after 3 s.
"""

from typing import Any

import sqlalchemy as sa

from experiments import resolving
from fixtures.target import Database, Target

CONNECT_TIMEOUT_S = 2
STATEMENT_TIMEOUT_MS = 3000

_POSTGRESQL: dict[str, Any] = {
    "connect_timeout": CONNECT_TIMEOUT_S,
    "options": f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c default_transaction_read_only=on",
    "application_name": "suite",
    "keepalives_idle": 1,
    "keepalives_interval": 1,
    "keepalives_count": 2,
    "tcp_user_timeout": 3000,  # milliseconds
}


def open_engine(target: Target, database: Database) -> sa.Engine:
    """An engine on that database. Connects on first use; one connection is kept and replaced when it breaks."""
    url = sa.URL.create(
        database.dialect,
        username=database.user,
        password=database.password.get_secret_value(),
        host=database.host,
        port=database.port,
        database=database.name,
    )
    engine = sa.create_engine(
        url,
        connect_args=_POSTGRESQL,
        pool_size=1,
        max_overflow=2,
        pool_timeout=CONNECT_TIMEOUT_S,
        isolation_level="AUTOCOMMIT",
    )

    @sa.event.listens_for(engine, "do_connect")
    def resolve(_dialect: Any, _record: Any, _args: Any, parameters: dict[str, Any]) -> None:
        parameters["hostaddr"] = resolving.address_of(target, database.host)

    return engine
