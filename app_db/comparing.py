"""How Alembic compares models with a database, and writes SQL into a revision.

Each says something else for a model that is in the database as it stands: a default that holds an
apostrophe, an enum of schema app, `%` and `:word` in a CHECK.
"""

import re
from collections.abc import Iterator
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
        given = {"is_server_default": is_server_default, "is_index": is_index, **kw}
        rendered: str = super().render_ddl_sql_expr(expr, **given)  # type: ignore[misc]
        sql = undoubled(self.dialect, rendered)
        return sql if is_index else BIND.sub(r"\\:", sql)  # an index has literal_column


class _OnSqlite(_Written, SQLiteImpl):
    __dialect__ = "sqlite"


class _OnPostgresql(_Written, PostgresqlImpl):
    __dialect__ = "postgresql"

    @override
    def compare_type(self, inspector_column: Any, metadata_column: Any) -> bool:
        found, wanted = _named(inspector_column.type), _named(metadata_column.type)
        if found is None or wanted is None:
            return super().compare_type(inspector_column, metadata_column)
        if found != wanted:
            return True
        self._note_labels(_element(inspector_column.type), _element(metadata_column.type))
        return False

    @override
    def add_column(self, table_name: Any, column: Any, **kw: Any) -> None:
        """With its enum, as create_table has it; another table may have brought it already."""
        named, enum = _named(column.type), _element(column.type)
        if named and isinstance(enum, Enum) and getattr(enum, "create_type", True):
            name = qualified(self.dialect, named[0], named[1])
            labels = ", ".join(literal(label) for label in enum.enums)
            made = CREATE_ENUM.format(known=literal(name), name=name, labels=labels)
            self._exec(text(escaped(made)))
        super().add_column(table_name, column, **kw)

    def _note_labels(self, found: Any, wanted: Any) -> None:
        """For app_db.autogenerate, which adds them; PostgreSQL drops none."""
        if isinstance(wanted, Enum):
            labels: Any = self.context_opts.setdefault("labels", {})
            missing = [label for label in wanted.enums if label not in found.enums]
            if missing:
                labels[_named(wanted)] = (list(wanted.enums), missing)

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
        return stored != found and not self._is_equal(found, stored)

    def _stored(self, type_: Any, default: Any) -> str | None:
        """What PostgreSQL makes of a default for the column's type."""
        scratch = Table(SCRATCH, MetaData(), Column("c", type_, server_default=default),
                        prefixes=["TEMPORARY"])  # fmt: skip
        with self._undone() as connection:
            connection.execute(CreateTable(scratch))
            return str(connection.execute(text(DEFAULT_OF.format(SCRATCH))).scalar_one())
        return None  # no default of this type, or no right to make a table

    def _is_equal(self, found: str, wanted: str | None) -> bool:
        """Of two spellings, as now() and CURRENT_TIMESTAMP are."""
        with self._undone() as connection:
            query = f"SELECT ({found})::text = ({wanted})::text"
            return wanted is not None and bool(connection.execute(text(escaped(query))).scalar())
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
    return type_.item_type if isinstance(type_, ARRAY) else type_


def _named(type_: Any) -> tuple[str, str, bool] | None:
    """Its schema and name, and whether it is an array; reflection leaves schema app out."""
    element: Any = _element(type_)
    known = isinstance(element, Enum | NamedType) and getattr(element, "native_enum", True)
    if not known or not element.name:
        return None
    return element.schema or SCHEMA, str(element.name), element is not type_
