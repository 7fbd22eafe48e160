"""Alembic for any application: its migrations/env.py imports the tables and calls `run`."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from alembic import context
from alembic.util import CommandError
from sqlalchemy import Connection, MetaData, NullPool, create_engine
from sqlmodel import AutoString

from app_db.schema import SCHEMA


def run(metadata: MetaData) -> None:
    """Do what Alembic was asked for: offline for the deploy, online for a developer.

    Online it takes `config.attributes["connection"]`, or connects to `sqlalchemy.url`.
    """
    if context.is_offline_mode():
        _render(metadata)
    elif (connection := context.config.attributes.get("connection")) is not None:
        _migrate(connection, metadata)
    else:
        _connect(metadata)


def _render(metadata: MetaData) -> None:
    # The driver's own paramstyle would double every % in the statements: psql wants them single.
    _configure(
        metadata,
        dialect_name="postgresql",
        dialect_opts={"paramstyle": "named"},
        literal_binds=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def _connect(metadata: MetaData) -> None:
    url = context.config.get_alembic_option("sqlalchemy.url")
    if not url:
        raise CommandError("no database is named; set sqlalchemy.url in alembic.ini")
    with create_engine(url, poolclass=NullPool).connect() as connection:
        _migrate(connection, metadata)


def _migrate(connection: Connection, metadata: MetaData) -> None:
    with _qualified(connection):
        _configure(metadata, connection=connection)
        with context.begin_transaction():
            context.run_migrations()


def _configure(metadata: MetaData, **where: Any) -> None:
    context.configure(
        target_metadata=metadata,
        version_table_schema=SCHEMA,
        include_schemas=True,
        include_name=_is_ours,
        # A revision and its row in alembic_version commit together; what follows may still fail.
        transaction_per_migration=True,
        compare_server_default=True,
        render_item=_plain_string,
        **where,
    )


@contextmanager
def _qualified(connection: Connection) -> Iterator[None]:
    # Alembic calls the default schema None. A role whose search_path begins with app would see
    # each table twice: as one that the model lacks and as one that the database lacks.
    dialect = connection.dialect
    default = dialect.default_schema_name
    dialect.default_schema_name = "public"
    try:
        yield
    finally:
        dialect.default_schema_name = default


def _is_ours(name: str | None, kind: str, _parents: Any) -> bool:
    return kind != "schema" or name == SCHEMA


def _plain_string(kind: str, item: object, _context: Any) -> str | Literal[False]:
    # A revision must outlive the library: it names sa.String, not SQLModel's type.
    if kind == "type" and isinstance(item, AutoString):
        return f"sa.{item.impl_instance!r}"
    return False
