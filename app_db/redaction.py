"""What an error may say outside of development: names of objects, and no value of a parameter.

PostgreSQL quotes values in its messages (`invalid input syntax for type integer: "…"`), in DETAIL
and in CONTEXT; so do Python's conversions. What is not known to be without them is not shown.
"""

import re
from typing import Any

from sqlalchemy.exc import SQLAlchemyError, StatementError

from app_db.errors import AppDbError

# Classes of SQLSTATE (PostgreSQL, appendix A) whose messages name tables, constraints and roles.
OF_NAMES = {
    "08",  # connection
    "21",  # cardinality
    "23",  # integrity constraint
    "25",  # transaction state
    "28",  # authorization
    "2B",  # dependent privileges
    "40",  # transaction rollback
    "53",  # insufficient resources
    "55",  # object not in prerequisite state
    "57",  # operator intervention
}
# Of class 42, what names the objects of DDL or of a right. Others may be made of a value: 42601 by
# to_tsquery, 42P01 by regclass, 42704 by current_setting.
OF_OBJECTS = {
    "42501",  # insufficient privilege
    "42701",  # duplicate column
    "42710",  # duplicate object
    "42723",  # duplicate function
    "42P06",  # duplicate schema
    "42P07",  # duplicate table
    "42P16",  # invalid table definition
}
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
        statement = getattr(wrapped, "statement", "")
        shown = _shown(original, str(statement))
    if shown == said:
        return
    # Enum's KeyError is the value.
    original.__cause__ = None
    original.__context__ = None
    if isinstance(original, UnicodeEncodeError):  # which says what its attributes are
        original.object = "?"
        original.start = 0
        original.end = 1
        original.args = (original.encoding, "?", 0, 1, original.reason)
    else:
        original.args = (shown,)
    if isinstance(wrapped, StatementError):
        hidden = []
        for arg in wrapped.args:
            hidden.append(str(arg).replace(said, shown))
        wrapped.args = tuple(hidden)


def _shown(error: BaseException, statement: str) -> str:
    diag: Any = getattr(error, "diag", None)
    state = getattr(error, "sqlstate", None)
    if state and diag is not None:
        if _is_of_names(state, diag, statement):
            return VALUES.sub("", str(error))
        return f"{_words(error)} (SQLSTATE {state})"
    if isinstance(error, AppDbError):
        return str(error)
    if isinstance(error, CONVERSIONS) or _is_psycopgs_data_error(error):
        return f"{_words(error)} in a parameter or a row"
    return str(error)


def _is_psycopgs_data_error(error: BaseException) -> bool:
    """By its name, for SQLite does without psycopg."""
    kind = type(error)
    return kind.__name__ == "DataError" and kind.__module__.startswith("psycopg")


def _is_of_names(state: str, diag: Any, statement: str) -> bool:
    if str(diag.source_file).startswith(LANGUAGES):
        return False
    condition = state[:2]
    if condition in OF_NAMES:
        return True
    if state in OF_OBJECTS:
        return diag.context is None
    if condition != "42":
        return False
    primary = str(diag.message_primary)
    return _is_of_statement(primary, statement)


def _is_of_statement(primary: str, statement: str) -> bool:
    """Whether all that the message names stands in the statement, in which there is no value."""
    text = statement.replace('"', "")
    text = text.replace("%%", "%")
    for quoted, dotted, called in NAMED.findall(primary):
        name = quoted or dotted or called
        if name not in text:
            return False
    return True


def _words(error: BaseException) -> str:
    """InvalidTextRepresentation -> invalid text representation."""
    name = type(error).__name__
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return spaced.lower()
