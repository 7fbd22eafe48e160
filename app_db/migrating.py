"""The connection that migrates: as the schema's owner, one at a time, patient but not stubborn."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import ProgrammingError

from app_db.errors import AppDbError, SchemaBehindError
from app_db.redaction import MIGRATES
from app_db.schema import EXTENSIONS, LOCK_TIMEOUT, SCHEMA

DEPLOY = "`make deploy ENV=…` in the checkout of howdah"
# The deploy's too, deploys/migrate.py: whoever migrates, only one does.
LOCK = "hashtext('howdah.migrate')"
PATIENCE = 60  # seconds for another session to end
PAUSE = 0.5  # seconds between two looks
INSUFFICIENT_PRIVILEGE = "42501"
# The deploy's too: a date in a revision must be the same date, whoever migrates.
MEANING = {
    "timezone": "'UTC'",
    "datestyle": "'ISO, MDY'",
    "intervalstyle": "'postgres'",
    "standard_conforming_strings": "on",
}

# PostgreSQL 16 tells a membership that may SET ROLE from one that may not.
OWNER = """
SELECT quote_ident(rolname), pg_has_role(r.oid,
    CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END)
FROM pg_namespace n JOIN pg_roles r ON r.oid = nspowner WHERE nspname = %s
"""


@contextmanager
def migrating(connection: Connection) -> Iterator[None]:
    """Prepare ``connection``, which nobody uses afterwards.

    Raises SchemaBehindError, AppDbError.
    """
    if connection.dialect.name == "sqlite":
        with _unhindered(connection):
            yield
        return
    # What a revision's own statement raises is for whoever runs it; a bulk_insert's values are not.
    connection.execution_options(**{MIGRATES: True})
    owner = owner_to_become(connection)
    if owner:
        _become(connection, owner)  # first: only the owner may take the lock
        _wait_for_turn(connection)
    try:
        yield
    except ProgrammingError as e:
        state = getattr(e.orig, "sqlstate", None)
        if owner or state != INSUFFICIENT_PRIVILEGE:
            raise
        user = connection.engine.url.username
        raise SchemaBehindError(f"{user} may not migrate; run {DEPLOY}") from None


def owner_to_become(connection: Connection) -> str | None:
    """The schema's owner, quoted, if this login may SET ROLE to it. Raises AppDbError."""
    found = connection.exec_driver_sql(OWNER, (SCHEMA,)).one_or_none()
    connection.rollback()
    if found is None:
        database = connection.engine.url.database
        raise AppDbError(f"there is no schema {SCHEMA} in database {database}; {DEPLOY} makes it")
    owner, may_become = found
    if not may_become:
        return None
    return str(owner)


def _wait_for_turn(connection: Connection) -> None:
    """Held until the connection closes. Tried, not waited for: a waiting statement would be one
    of the old transactions that CREATE INDEX CONCURRENTLY waits for.
    """  # noqa: D205
    looks = int(PATIENCE / PAUSE)
    for _ in range(looks):
        answer = connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({LOCK})")
        locked = answer.scalar_one()
        connection.rollback()  # a session's lock outlives it
        if locked:
            return
        time.sleep(PAUSE)
    raise AppDbError(
        f"another session has been migrating this database for {PATIENCE} s; "
        "look for it in pg_stat_activity, or wait"
    )


def _become(connection: Connection, owner: str) -> None:
    settings = {
        "search_path": f"{SCHEMA}, {EXTENSIONS}",
        "lock_timeout": f"'{LOCK_TIMEOUT}'",
        "statement_timeout": "0",
        "idle_in_transaction_session_timeout": "0",
        **MEANING,
    }
    connection.exec_driver_sql(f"SET ROLE {owner}")
    for name, value in settings.items():
        connection.exec_driver_sql(f"SET {name} = {value}")
    connection.commit()


@contextmanager
def _unhindered(connection: Connection) -> Iterator[None]:
    """SQLite alters a table by copying it; with foreign keys on, dropping the old one deletes."""
    driver: Any = connection.connection.dbapi_connection
    driver.execute("PRAGMA foreign_keys = OFF")  # here: in a transaction it would do nothing
    try:
        yield
        check = driver.execute(f"PRAGMA {SCHEMA}.foreign_key_check")
        broken = check.fetchall()
        if broken:
            raise AppDbError(f"rows without what they refer to, after migrating: {broken[:5]}")
    finally:
        driver.execute("PRAGMA foreign_keys = ON")
