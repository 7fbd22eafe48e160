"""A connection of psycopg's that writes down what it is sent, and knows no answers."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
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
    """A revision has asked for an answer. No Exception: it shall not be caught in passing."""

    def __init__(self) -> None:
        super().__init__(OFFLINE)


class Recorded:
    """What SQLAlchemy takes for a connection of psycopg's, and psycopg for an AdaptContext."""

    connection = None
    adapters: Any = None
    closed = broken = False

    def __init__(self, output: TextIO, check: Check) -> None:
        self._output, self._check = output, check
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
        # On a line of its own after a comment, which would swallow it.
        end = "\n;" if "--" in statement.rpartition("\n")[2] else ";"
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
        self.description = [("unknown", *[None] * 6)]  # of whoever asks for rows
        return self

    def executemany(self, statement: str, rows: Iterable[Any]) -> None:
        for row in rows:
            self.execute(statement, row)
        self.description = None

    def close(self) -> None:
        """There is nothing to close."""

    def expect(self, columns: Sequence[str]) -> None:
        """SQLAlchemy asks for the key of a row that it inserts, whether it is used or not."""
        self.description = [(column, *[None] * 6) for column in columns]
        self._rows = [tuple(Unknown(self.connection) for _ in columns)]

    def fetchall(self) -> list[tuple[Any, ...]]:
        if not self._rows:
            self.connection.ask()
        rows, self._rows = self._rows, []
        return rows

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        self.connection.ask()


def _ask(self: "Unknown", *_args: object, **_kw: object) -> NoReturn:
    self.connection.ask()


class Unknown:
    """What the server would have answered. It may be handed around, and not looked at."""

    def __init__(self, connection: Recorded) -> None:
        self.connection = connection

    __bool__ = __eq__ = __hash__ = __str__ = __repr__ = __len__ = __iter__ = __int__ = _ask
    __index__ = __float__ = __lt__ = __le__ = __gt__ = __ge__ = __add__ = __sub__ = _ask
    __ne__ = __getitem__ = __contains__ = __format__ = __getattr__ = _ask


def filled(statement: str, parameters: Any, context: AdaptContext) -> str:
    """The statement with literals in the places of its parameters, as psycopg finds them."""
    given = iter(()) if isinstance(parameters, Mapping) else iter(parameters)

    def literal(match: re.Match[str]) -> str:
        percent, name = match.groups()
        if percent:
            return "%"
        if match[0] == "%":
            raise ValueError(f"% without a meaning in {statement!r}; write %%")
        return _literal(parameters[name] if name else next(given), context)

    return PLACEHOLDER.sub(literal, statement)


def _literal(value: Any, context: AdaptContext) -> str:
    if isinstance(value, Unknown):
        value.connection.ask()
    if type(value) is str and "\0" not in value:
        # Where standard_conforming_strings is on, as it is in the deploy's session.
        return "'" + value.replace("'", "''") + "'"
    text = sql.Literal(value).as_string(context).strip()
    return f"({text})" if text.startswith("-") else text  # for -1::smallint is -(1::smallint)


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
            cursor.expect([entry.keyname for entry in context.compiled._result_columns])

    @override
    def get_isolation_level(self, dbapi_connection: Any) -> Any:
        level = dbapi_connection.level.removeprefix(" ISOLATION LEVEL ")
        return "AUTOCOMMIT" if dbapi_connection.autocommit else level or self._plain

    @override
    def set_isolation_level(self, dbapi_connection: Any, level: str) -> None:
        dbapi_connection.autocommit = level == "AUTOCOMMIT"
        plain = level in ("AUTOCOMMIT", self._plain)
        dbapi_connection.level = "" if plain else f" ISOLATION LEVEL {level}"
