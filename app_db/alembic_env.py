"""Alembic for any application: its migrations/env.py is `run("its_package")`."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from alembic import context
from alembic.util import CommandError
from sqlalchemy import Connection, MetaData

from app_db import autogenerate, comparing, non_transactional  # noqa: F401 for Alembic
from app_db.engine import make_engine
from app_db.entity import EntityTable
from app_db.errors import AppDbError
from app_db.migrating import migrating
from app_db.offline import recording
from app_db.recorded import UsesDatabaseError
from app_db.schema import SCHEMA
from app_db.settings import read_settings
from app_db.tables import check_models, import_referred, import_tables

NO_SCHEMA = "pg_catalog"  # where no model has a table


def run(tables: str | MetaData) -> None:
    """Do what Alembic was asked for: offline for the deploy, online for a developer or init-db.

    ``tables`` is the package whose modules define them; none has to be listed. Online it takes
    `config.attributes["connection"]`, or connects to `sqlalchemy.url`, or else to the database
    of config.yaml and DATABASE_URL.
    """
    if context.is_offline_mode():
        try:
            _render()
        except UsesDatabaseError as e:
            raise CommandError(str(e)) from e
        return
    connection = context.config.attributes.get("connection")
    if connection is not None:
        _migrate(connection, tables)
        return
    try:
        _connect(tables)
    except AppDbError as e:
        raise CommandError(str(e)) from None  # which Alembic tells without a traceback


def _render() -> None:
    with recording():
        _configure(None, dialect_name="postgresql")
        with context.begin_transaction():
            context.run_migrations()


def _connect(tables: str | MetaData) -> None:
    given = {}
    url = context.config.get_alembic_option("sqlalchemy.url")
    if url:
        given["url"] = url
    settings = read_settings(**given)
    engine = make_engine(settings, echo=False)
    try:
        with engine.connect() as connection:
            _migrate(connection, tables)
    finally:
        engine.dispose()


def _migrate(connection: Connection, tables: str | MetaData) -> None:
    if isinstance(tables, str):
        import_tables(tables)
        if _continues_ours():
            import_tables("app_db")
        check_models(tables)
        tables = EntityTable.metadata
        import_referred(tables)
    with migrating(connection), _qualified(connection), warnings.catch_warnings():
        # SQLite does not tell them; they are compared on PostgreSQL.
        warnings.filterwarnings("ignore", message=".*expression-based index")
        _configure(tables, connection=connection)
        with context.begin_transaction():
            context.run_migrations()


def _configure(metadata: MetaData | None, **where: Any) -> None:
    context.configure(
        target_metadata=metadata,
        version_table_schema=SCHEMA,
        include_schemas=True,
        include_name=_is_ours(metadata),
        # A revision and its row in alembic_version commit together; what follows may still fail.
        transaction_per_migration=True,
        compare_server_default=True,
        render_item=autogenerate.render_plain_types,
        process_revision_directives=autogenerate.complete,
        **where,
    )
    non_transactional.mark(context.script)


@contextmanager
def _qualified(connection: Connection) -> Iterator[None]:
    # Alembic calls the default schema None. A role whose search_path begins with app would see
    # each table twice: as one that the model lacks and as one that the database lacks.
    dialect = connection.dialect
    default = dialect.default_schema_name
    dialect.default_schema_name = NO_SCHEMA
    try:
        yield
    finally:
        dialect.default_schema_name = default


def _continues_ours() -> bool:
    """Whether app_db's own tables are of the history, by app_db.join."""
    scripts = context.script.walk_revisions()
    return any(script.revision.startswith("app_db_") for script in scripts)


def _is_ours(metadata: MetaData | None) -> Callable[..., bool]:
    """Schema app as a whole; of another one, which may be others' too, the models' tables."""
    known = set()
    schemas: set[str | None] = {SCHEMA}
    if metadata is not None:
        for table in metadata.tables.values():
            known.add((table.schema, table.name))
            schemas.add(table.schema)

    def is_ours(name: str | None, kind: str, parents: Any) -> bool:
        if kind == "schema":
            return name in schemas
        if kind != "table":
            return True
        schema = parents["schema_name"]
        return schema == SCHEMA or (schema, name) in known

    return is_ours
