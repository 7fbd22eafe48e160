"""SQLite, for development: as much like PostgreSQL as it can be."""

import sqlite3
from typing import Any

from sqlalchemy import URL, Connection, Dialect, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection

from app_db import urls
from app_db.pool import WatchedPool
from app_db.schema import SCHEMA


def make_engine(url: URL, given: dict[str, Any]) -> Engine:
    """An engine whose file is attached as schema app: the same SQL, and the same revisions."""
    given.pop("connect_timeout", None)
    if urls.is_in_memory(url):
        # A second connection would be a second database; two sessions take turns.
        given["pool_size"] = 1
        given["max_overflow"] = 0
        given["pool_recycle"] = -1
    of_driver = {"check_same_thread": False}
    engine = create_engine(url, poolclass=WatchedPool, connect_args=of_driver, **given)
    event.listen(engine, "do_connect", _connect)
    event.listen(engine, "begin", _begin)
    return engine


def _connect(
    dialect: Dialect, _record: object, cargs: list[Any], cparams: dict[str, Any]
) -> DBAPIConnection:
    (file,) = cargs
    connection: Any = dialect.connect(":memory:", **cparams)
    # The driver's own BEGIN comes late, and not before DDL or a SAVEPOINT: SQLAlchemy's does.
    connection.isolation_level = None
    connection.execute(f"ATTACH ? AS {SCHEMA}", (file,))
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA {SCHEMA}.journal_mode = WAL")
    connection.set_authorizer(_authorized)
    return connection  # type: ignore[no-any-return]


def _authorized(action: int, _one: str, _two: str, database: str, _trigger: str) -> int:
    """A table without a schema would be made in memory, and be gone with the connection."""
    if action == sqlite3.SQLITE_CREATE_TABLE and database == "main":
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")
