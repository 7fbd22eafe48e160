"""How Alembic compares models with a database, and writes SQL into a revision.

Each says something else for a model that is in the database as it stands: a default that holds an
apostrophe, an enum of schema app, `%` and `:word` in a CHECK.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from alembic.ddl.postgresql import PostgresqlImpl
from alembic.ddl.sqlite import SQLiteImpl
from sqlalchemy import ARRAY, Column, Connection, Enum, MetaData, Table, text
from sqlalchemy.dialects.postgresql.named_types import NamedType
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateTable
from typing_extensions import override

from app_db.schema import SCHEMA
from app_db.sql_text import escaped, literal, qualified, undoubled

BIND = re.compile(r"(?<![:\w\\]):(?=\w)")  # what sqlalchemy.text takes for a parameter
DEFAULT_OF = "SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid = to_regclass('{}')"
SCRATCH = "howdah_default"
CREATE_ENUM = """DO $howdah$ BEGIN
    IF to_regtype({known}) IS NULL THEN
        CREATE TYPE {name} AS ENUM ({labels});
    END IF;
END $howdah$"""


class _Written:
    """An expression as the model has it; it will be read by sqlalchemy.text."""

    dialect: Any

    def render_ddl_sql_expr(
        self, expr: Any, is_server_default: bool = False, is_index: bool = False, **kw: Any
    ) -> str:
        rendered: str = super().render_ddl_sql_expr(  # type: ignore[misc]
            expr,
            is_server_default=is_server_default,
            is_index=is_index,
            **kw,
        )
        sql = undoubled(self.dialect, rendered)
        if is_index:
            return sql  # read by literal_column
        return BIND.sub(r"\\:", sql)


class _OnSqlite(_Written, SQLiteImpl):
    __dialect__ = "sqlite"


class _OnPostgresql(_Written, PostgresqlImpl):
    __dialect__ = "postgresql"

    @override
    def compare_type(self, inspector_column: Any, metadata_column: Any) -> bool:
        found = _named(inspector_column.type)
        wanted = _named(metadata_column.type)
        if found is None or wanted is None:
            return super().compare_type(inspector_column, metadata_column)
        if found != wanted:
            return True
        found_enum = _element(inspector_column.type)
        wanted_enum = _element(metadata_column.type)
        self._note_labels(found_enum, wanted_enum)
        return False

    @override
    def add_column(self, table_name: Any, column: Any, **kw: Any) -> None:
        """With its enum, as create_table has it; another table may have brought it already."""
        named = _named(column.type)
        enum = _element(column.type)
        if named is not None and isinstance(enum, Enum) and getattr(enum, "create_type", True):
            schema, type_name, _ = named
            self._create_enum(schema, type_name, enum.enums)
        super().add_column(table_name, column, **kw)

    def _create_enum(self, schema: str, type_name: str, labels: Sequence[str]) -> None:
        name = qualified(self.dialect, schema, type_name)
        quoted = [literal(label) for label in labels]
        made = CREATE_ENUM.format(known=literal(name), name=name, labels=", ".join(quoted))
        self._exec(text(escaped(made)))

    def _note_labels(self, found: Any, wanted: Any) -> None:
        """For app_db.autogenerate, which adds them; PostgreSQL drops none."""
        if not isinstance(wanted, Enum):
            return
        labels: Any = self.context_opts.setdefault("labels", {})
        missing = [label for label in wanted.enums if label not in found.enums]
        if missing:
            key = _named(wanted)
            labels[key] = (list(wanted.enums), missing)

    @override
    def compare_server_default(
        self, inspector_column: Any, metadata_column: Any, wanted: Any, found: Any
    ) -> Any:
        default = metadata_column.server_default
        if None in (wanted, found, default) or wanted == found:
            return super().compare_server_default(  # type: ignore[no-untyped-call]
                inspector_column, metadata_column, wanted, found
            )
        stored = self._stored(inspector_column.type, default.arg)
        if stored == found:
            return False
        return not self._is_equal(found, stored)

    def _stored(self, type_: Any, default: Any) -> str | None:
        """What PostgreSQL makes of a default for the column's type."""
        column = Column("c", type_, server_default=default)
        scratch = Table(SCRATCH, MetaData(), column, prefixes=["TEMPORARY"])
        query = DEFAULT_OF.format(SCRATCH)
        with self._undone() as connection:
            connection.execute(CreateTable(scratch))
            found = connection.execute(text(query))
            return str(found.scalar_one())
        return None  # no default of this type, or no right to make a table

    def _is_equal(self, found: str, wanted: str | None) -> bool:
        """Of two spellings, as now() and CURRENT_TIMESTAMP are."""
        if wanted is None:
            return False
        query = f"SELECT ({found})::text = ({wanted})::text"
        with self._undone() as connection:
            answer = connection.execute(text(escaped(query)))
            return bool(answer.scalar())
        return False

    @contextmanager
    def _undone(self) -> Iterator[Connection]:
        """An error of PostgreSQL's ends the block; so does its savepoint."""
        connection = self.connection
        assert connection is not None  # noqa: S101 nothing is compared offline
        savepoint = connection.begin_nested()
        with suppress(DBAPIError):
            yield connection
        savepoint.rollback()


def _element(type_: Any) -> Any:
    if isinstance(type_, ARRAY):
        return type_.item_type
    return type_


def _named(type_: Any) -> tuple[str, str, bool] | None:
    """Its schema and name, and whether it is an array; reflection leaves schema app out."""
    element: Any = _element(type_)
    is_enum = isinstance(element, Enum | NamedType)
    is_native = getattr(element, "native_enum", True)
    if not is_enum or not is_native or not element.name:
        return None
    schema = element.schema or SCHEMA
    is_array = element is not type_
    return schema, str(element.name), is_array
