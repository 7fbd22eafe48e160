"""The driver's errors become app_db's, in one place for every statement and connection."""

import re
from sqlite3 import SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE

from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError

from app_db.errors import ConnectionFailed, Duplicate

UNIQUE_VIOLATION = "23505"  # PostgreSQL, appendix A
SQLITE_UNIQUE = {SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE}


def translate(context: ExceptionContext) -> Exception | None:
    """SQLAlchemy's event handle_error: what shall be raised instead, if anything."""
    found = context.sqlalchemy_exception
    if not isinstance(found, DBAPIError) or found.orig is None:
        return None
    if found.hide_parameters:
        _hide_detail(found, found.orig)
    if context.is_disconnect or context.connection is None:
        return ConnectionFailed(None, None, found.orig, hide_parameters=True,
                                connection_invalidated=context.is_disconnect)  # fmt: skip
    if constraint := violated(found.orig):
        duplicate = Duplicate(found.statement, found.params, found.orig, hide_parameters=True)
        duplicate.constraint = constraint
        return duplicate
    return None


def violated(error: BaseException) -> str:
    """The name of the unique constraint that the driver's error is about, or nothing."""
    if getattr(error, "sqlstate", None) == UNIQUE_VIOLATION:
        return str(error.diag.constraint_name)  # type: ignore[attr-defined]
    if getattr(error, "sqlite_errorcode", None) in SQLITE_UNIQUE:
        return _sqlite_name(str(error))
    return ""


def message(error: BaseException) -> str:
    """What a log may say of an error: its first line, without values or SQL."""
    driver = getattr(error, "orig", None) if not isinstance(error, Duplicate) else None
    primary = getattr(getattr(driver, "diag", None), "message_primary", None)
    return str(primary or driver or error).partition("\n")[0]


def _hide_detail(*errors: BaseException) -> None:
    """PostgreSQL makes it of parameters: `DETAIL: Key (email)=(…) already exists`."""
    for error in errors:
        error.args = tuple(re.sub(r"(?s)\nDETAIL: .*", "", str(arg)) for arg in error.args)


def _sqlite_name(text: str) -> str:
    """As app_db.entity.NAMES has it, for SQLite names the columns: `users.a, users.b`."""
    if index := re.search(r"index '(.+)'", text):
        return index[1]
    columns = re.findall(r"(\w+)\.(\w+)", text)
    table, names = columns[0][0], [name for _, name in columns]
    return f"pk_{table}" if names == ["id"] else f"uq_{table}_{'_'.join(names)}"
