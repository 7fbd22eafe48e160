"""SQLite, for development: as much like PostgreSQL as it can be."""

from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event

from app_db import urls
from app_db.pool import WatchedPool
from app_db.schema import SCHEMA

WAIT = 5000  # milliseconds that a writer waits for another one


def make_engine(url: URL, given: dict[str, Any]) -> Engine:
    """An engine without schemas, whose connections enforce foreign keys."""
    given.pop("connect_timeout", None)
    if urls.is_in_memory(url):
        # A second connection would be a second database; two sessions take turns.
        given |= {"pool_size": 1, "max_overflow": 0, "pool_recycle": -1}
    engine = create_engine(url, poolclass=WatchedPool, connect_args={"check_same_thread": False},
                           **given)  # fmt: skip
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine.execution_options(schema_translate_map={SCHEMA: None})


def _prepare(connection: Any, _record: object) -> None:
    # The driver's own BEGIN comes late, and not before DDL or a SAVEPOINT: SQLAlchemy's does.
    connection.isolation_level = None
    for pragma in ("foreign_keys = ON", "journal_mode = WAL", f"busy_timeout = {WAIT}"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")
