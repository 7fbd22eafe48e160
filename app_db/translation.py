"""The driver's errors become app_db's, in one place for every statement and connection."""

import re
from sqlite3 import SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE

from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError

from app_db.errors import ConnectionFailedError, DuplicateError
from app_db.redaction import MIGRATES, hide_values

UNIQUE_VIOLATION = "23505"  # PostgreSQL, appendix A
SQLITE_UNIQUE = {SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE}


def translate(context: ExceptionContext) -> Exception | None:
    """SQLAlchemy's event handle_error: what shall be raised instead, if anything."""
    found = context.sqlalchemy_exception
    if context.engine is None or context.engine.hide_parameters:
        hide_values(context.original_exception, found, known=_is_a_revisions(context))
    if not isinstance(found, DBAPIError) or found.orig is None:
        return None
    if context.is_disconnect or context.connection is None:
        return ConnectionFailedError(None, None, found.orig, hide_parameters=True,
                                connection_invalidated=context.is_disconnect)  # fmt: skip
    constraint = violated(found.orig)
    if constraint is not None:
        duplicate = DuplicateError(found.statement, found.params, found.orig, hide_parameters=True)
        duplicate.constraint = constraint
        return duplicate
    return None


def _is_a_revisions(context: ExceptionContext) -> bool:
    """Whether a migration's statement failed that has no parameters."""
    options = context.connection.get_execution_options() if context.connection else {}
    return MIGRATES in options and context.statement is not None and not context.parameters


def violated(error: BaseException) -> str | None:
    """The name of the unique constraint that the driver's error is about; None if it is of none.

    Empty where a function has raised it and named none.
    """
    if getattr(error, "sqlstate", None) == UNIQUE_VIOLATION:
        return error.diag.constraint_name or ""  # type: ignore[attr-defined]
    if getattr(error, "sqlite_errorcode", None) in SQLITE_UNIQUE:
        return _sqlite_name(str(error))
    return None


def message(error: BaseException) -> str:
    """What a log may say of an error: its first line, without values or SQL."""
    driver = getattr(error, "orig", None) if not isinstance(error, DuplicateError) else None
    return str(driver or error).partition("\n")[0]


def _sqlite_name(text: str) -> str:
    """As app_db.entity.NAMES has it, for SQLite names the columns: `users.a, users.b`."""
    if index := re.search(r"index '(.+)'", text):
        return index[1]
    columns = re.findall(r"(\w+)\.(\w+)", text)
    table, names = columns[0][0], [name for _, name in columns]
    return f"pk_{table}" if names == ["id"] else f"uq_{table}_{'_'.join(names)}"
