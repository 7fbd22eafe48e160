"""A connection of psycopg's that writes down what it is sent, and knows no answers."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NoReturn, TextIO

from psycopg import sql
from psycopg.abc import AdaptContext
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from typing_extensions import override

Check = Callable[[str], None]

OFFLINE = "uses the database while it is rendered offline; use plain op.* or op.execute"
# psycopg's own.
PLACEHOLDER = re.compile(r"%(?:(%)|(?:\(([^)]+)\))?[sbt])|%")


class UsesDatabaseError(BaseException):
    """A revision has asked for an answer. No Exception: it must not be caught in passing."""

    def __init__(self) -> None:
        super().__init__(OFFLINE)


class Recorded:
    """What SQLAlchemy takes for a connection of psycopg's, and psycopg for an AdaptContext."""

    connection = None
    adapters: Any = None
    closed = False
    broken = False

    def __init__(self, output: TextIO, check: Check) -> None:
        self._output = output
        self._check = check
        self._begun = False
        self._rejected: BaseException | None = None
        self.autocommit = False
        self.level = ""

    def cursor(self, *_args: object, **_kw: object) -> "Cursor":
        return Cursor(self)

    def commit(self) -> None:
        self._end("COMMIT")

    def rollback(self) -> None:
        self._end("ROLLBACK")

    def close(self) -> None:
        """There is nothing to close."""

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        self.ask()

    def ask(self) -> NoReturn:
        """Note that somebody wants an answer."""
        self._rejected = UsesDatabaseError()
        raise self._rejected

    def finish(self) -> None:
        """Raise what a revision has caught: it went on with what it cannot know."""
        if self._rejected:
            raise self._rejected

    def send(self, statement: str) -> None:
        """As psycopg does, in a transaction unless it is told otherwise."""
        statement = statement.strip()
        try:
            self._check(statement)
        except Exception as e:
            self._rejected = e
            raise
        if not self._begun and not self.autocommit:
            self._write(f"BEGIN{self.level}")
            self._begun = True
        self._write(statement)

    def remark(self, text: str) -> None:
        self._output.write(f"-- {text}\n\n")

    def _end(self, how: str) -> None:
        if self._begun:
            self._write(how)
            self._begun = False

    def _write(self, statement: str) -> None:
        end = ";"
        _, _, last_line = statement.rpartition("\n")
        if "--" in last_line:
            end = "\n;"  # on a line of its own after a comment, which would swallow it
        self._output.write(f"{statement}{end}\n\n")


class Cursor:
    """Of a connection that records."""

    arraysize = 1
    itersize = 1

    def __init__(self, connection: Recorded) -> None:
        self.connection = connection
        self.description: Any = None
        self._rows: list[tuple[Any, ...]] = []

    @property
    def rowcount(self) -> Any:
        """How many rows it was, which only the server knows."""
        return Unknown(self.connection)

    def execute(self, statement: str, parameters: Any = None) -> "Cursor":
        if isinstance(statement, bytes):
            statement = statement.decode()
        if parameters is not None:
            statement = filled(statement, parameters, self.connection)
        self.connection.send(statement)
        self.description = [_described("unknown")]  # of whoever asks for rows
        return self

    def executemany(self, statement: str, rows: Iterable[Any]) -> None:
        for row in rows:
            self.execute(statement, row)
        self.description = None

    def close(self) -> None:
        """There is nothing to close."""

    def expect(self, columns: Sequence[str]) -> None:
        """SQLAlchemy asks for the key of a row that it inserts, whether it is used or not."""
        self.description = []
        row = []
        for column in columns:
            self.description.append(_described(column))
            row.append(Unknown(self.connection))
        self._rows = [tuple(row)]

    def fetchall(self) -> list[tuple[Any, ...]]:
        if not self._rows:
            self.connection.ask()
        rows = self._rows
        self._rows = []
        return rows

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        self.connection.ask()


def _described(column: str) -> tuple[Any, ...]:
    """As the driver describes a column: by seven values, of which SQLAlchemy reads the name."""
    return (column, None, None, None, None, None, None)


def _ask(self: "Unknown", *_args: object, **_kw: object) -> NoReturn:
    self.connection.ask()


class Unknown:
    """What the server would have answered. It may be handed around, and not looked at."""

    def __init__(self, connection: Recorded) -> None:
        self.connection = connection

    __add__ = _ask
    __bool__ = _ask
    __contains__ = _ask
    __eq__ = _ask
    __float__ = _ask
    __format__ = _ask
    __ge__ = _ask
    __getattr__ = _ask
    __getitem__ = _ask
    __gt__ = _ask
    __hash__ = _ask
    __index__ = _ask
    __int__ = _ask
    __iter__ = _ask
    __le__ = _ask
    __len__ = _ask
    __lt__ = _ask
    __ne__ = _ask
    __repr__ = _ask
    __str__ = _ask
    __sub__ = _ask


def filled(statement: str, parameters: Any, context: AdaptContext) -> str:
    """The statement with literals in the places of its parameters, as psycopg finds them."""
    in_order: Iterator[Any] = iter(())
    if not isinstance(parameters, Mapping):
        in_order = iter(parameters)

    def literal(match: re.Match[str]) -> str:
        percent, name = match.groups()
        if percent:
            return "%"
        if match[0] == "%":
            raise ValueError(f"% without a meaning in {statement!r}; write %%")
        if name:
            return _literal(parameters[name], context)
        return _literal(next(in_order), context)

    return PLACEHOLDER.sub(literal, statement)


def _literal(value: Any, context: AdaptContext) -> str:
    if isinstance(value, Unknown):
        value.connection.ask()
    if type(value) is str and "\0" not in value:
        # Where standard_conforming_strings is on, as it is in the deploy's session.
        doubled = value.replace("'", "''")
        return f"'{doubled}'"
    if type(value) is float:
        # A bare number is a numeric, which has no -0.0 and divides otherwise.
        return f"'{value!r}'::float8"
    text = sql.Literal(value).as_string(context)
    text = text.strip()
    if text.startswith("-"):
        return f"({text})"  # for -1::smallint is -(1::smallint)
    return text


class RecordingDialect(PGDialect_psycopg):
    """PostgreSQL's, as it is on a connection, of a server that is not there."""

    supports_statement_cache = True
    # Of one row of alembic_version; the deploy looks at the table itself.
    supports_sane_rowcount = False
    supports_sane_multi_rowcount = False
    default_schema_name = "pg_catalog"  # as app_db.alembic_env has it
    default_isolation_level = _plain = "READ COMMITTED"

    def __init__(self, recorded: "Recorded", **given: Any) -> None:
        self._recorded = recorded
        super().__init__(**given)  # type: ignore[no-untyped-call]
        recorded.adapters = self._psycopg_adapters_map

    @property
    @override
    def server_version_info(self) -> NoReturn:  # type: ignore[override]
        """Of which version the server is, only it knows."""
        self._recorded.ask()

    @override
    def do_execute(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        cursor.execute(statement, parameters)
        if getattr(context, "_is_implicit_returning", False) and context.isinsert:
            columns = [entry.keyname for entry in context.compiled._result_columns]
            cursor.expect(columns)

    @override
    def get_isolation_level(self, dbapi_connection: Any) -> Any:
        if dbapi_connection.autocommit:
            return "AUTOCOMMIT"
        level = dbapi_connection.level.removeprefix(" ISOLATION LEVEL ")
        return level or self._plain

    @override
    def set_isolation_level(self, dbapi_connection: Any, level: str) -> None:
        dbapi_connection.autocommit = level == "AUTOCOMMIT"
        if level in ("AUTOCOMMIT", self._plain):
            dbapi_connection.level = ""
        else:
            dbapi_connection.level = f" ISOLATION LEVEL {level}"
