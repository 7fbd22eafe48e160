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
    """SQLAlchemy's event handle_error: what is raised instead, if anything."""
    found = context.sqlalchemy_exception
    if context.engine is None or context.engine.hide_parameters:
        known = _is_a_revisions(context)
        hide_values(context.original_exception, found, known=known)
    if not isinstance(found, DBAPIError) or found.orig is None:
        return None
    original = found.orig
    if context.is_disconnect or context.connection is None:
        return ConnectionFailedError(
            None,
            None,
            original,
            hide_parameters=True,
            connection_invalidated=context.is_disconnect,
        )
    constraint = violated(original)
    if constraint is None:
        return None
    duplicate = DuplicateError(found.statement, found.params, original, hide_parameters=True)
    duplicate.constraint = constraint
    return duplicate


def _is_a_revisions(context: ExceptionContext) -> bool:
    """Whether a migration's statement failed that has no parameters."""
    if context.connection is None or context.statement is None:
        return False
    options = context.connection.get_execution_options()
    return MIGRATES in options and not context.parameters


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
    told = error
    if not isinstance(error, DuplicateError):
        told = getattr(error, "orig", None) or error
    first, _, _ = str(told).partition("\n")
    return first


def _sqlite_name(text: str) -> str:
    """As app_db.entity.NAMES has it, for SQLite names the columns: `users.a, users.b`."""
    index = re.search(r"index '(.+)'", text)
    if index:
        return index[1]
    columns = re.findall(r"(\w+)\.(\w+)", text)
    table, _ = columns[0]
    names = [name for _, name in columns]
    if names == ["id"]:
        return f"pk_{table}"
    joined = "_".join(names)
    return f"uq_{table}_{joined}"
