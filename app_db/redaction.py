"""What an error may say outside of development: names of objects, and no value of a parameter.

PostgreSQL quotes values in its messages (`invalid input syntax for type integer: "…"`), in DETAIL
and in CONTEXT; so do Python's conversions. What is not known to be without them is not shown.
"""

import re
from typing import Any

from sqlalchemy.exc import SQLAlchemyError, StatementError

from app_db.errors import AppDbError

# Classes of SQLSTATE (PostgreSQL, appendix A) whose messages name tables, constraints and roles.
OF_NAMES = {"08", "21", "23", "25", "28", "2B", "40", "53", "55", "57"}
# Of class 42, what names the objects of DDL or of a right. Others may be made of a value: 42601 by
# to_tsquery, 42P01 by regclass, 42704 by current_setting.
OF_OBJECTS = {"42501", "42701", "42710", "42723", "42P06", "42P07", "42P16"}
MIGRATES = "app_db_migrates"  # an execution option of the connection that does
# RAISE says what a function likes.
LANGUAGES = ("pl_", "plpy", "plperl", "pltcl")
# Python's own conversions of a parameter: Enum, UUID, datetime.
CONVERSIONS = (ValueError, TypeError, LookupError, ArithmeticError)
# "a name", a.name, name(…)
NAMED = re.compile(r'"([^"]*)"|([\w$]+\.[\w$.]+)|([\w$.]+)\(')
VALUES = re.compile(r"(?s)\n(?:DETAIL|CONTEXT|QUERY): .*")


def hide_values(
    original: BaseException, wrapped: SQLAlchemyError | None, *, known: bool = False
) -> None:
    """Take them out of the driver's error, or a conversion's, and of SQLAlchemy's around it.

    ``known``: the statement had no parameters, and its message is shown.
    """
    said = str(original)
    if known:
        shown = VALUES.sub("", said)
    else:
        shown = _shown(original, str(getattr(wrapped, "statement", "")))
    if shown == said:
        return
    original.__cause__ = original.__context__ = None  # Enum's KeyError is the value
    if isinstance(original, UnicodeEncodeError):  # which says what its attributes are
        original.object, original.start, original.end = "?", 0, 1
        original.args = (original.encoding, "?", 0, 1, original.reason)
    else:
        original.args = (shown,)
    if isinstance(wrapped, StatementError):
        wrapped.args = tuple(str(arg).replace(said, shown) for arg in wrapped.args)


def _shown(error: BaseException, statement: str) -> str:
    diag: Any = getattr(error, "diag", None)
    state = getattr(error, "sqlstate", None)
    if state and diag is not None:
        if _is_of_names(state, diag, statement):
            return VALUES.sub("", str(error))
        return f"{_words(error)} (SQLSTATE {state})"
    of_psycopg = type(error).__module__.startswith("psycopg")
    if isinstance(error, AppDbError):
        return str(error)
    if isinstance(error, CONVERSIONS) or (of_psycopg and type(error).__name__ == "DataError"):
        return f"{_words(error)} in a parameter or a row"
    return str(error)


def _is_of_names(state: str, diag: Any, statement: str) -> bool:
    if str(diag.source_file).startswith(LANGUAGES):
        return False
    if state[:2] in OF_NAMES:
        return True
    if state in OF_OBJECTS:
        return diag.context is None
    return state[:2] == "42" and _is_of_statement(str(diag.message_primary), statement)


def _is_of_statement(primary: str, statement: str) -> bool:
    """Whether all that the message names stands in the statement, in which there is no value."""
    text = statement.replace('"', "").replace("%%", "%")
    return all(name in text for names in NAMED.findall(primary) for name in names)


def _words(error: BaseException) -> str:
    """InvalidTextRepresentation -> invalid text representation."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", type(error).__name__).lower()
