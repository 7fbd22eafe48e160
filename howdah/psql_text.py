"""Statements that psql would take for something else than a connection does."""

import re
from typing import Any

import pgparse

# What psql looks for its variables in, and before it what it passes over.
_COLONS = re.compile(
    r"""--[^\n]* | /\*.*?\*/ | [eE]'(?:[^'\\]|\\.|'')*' | '(?:[^']|'')*' | "(?:[^"]|"")*"
    | \$(\w*)\$.*?\$\1\$ | ::
    | (?P<variable>:['"{\w])""",
    flags=re.S | re.X,
)
_SAVEPOINTS = {"TRANS_STMT_SAVEPOINT", "TRANS_STMT_RELEASE", "TRANS_STMT_ROLLBACK_TO"}
# The deploy's session is the superuser's who has become the owner, and has settings of its own.
_OURS = {"role", "session_authorization", "standard_conforming_strings", "client_encoding"}
_SHOWN = 60  # characters of a statement


class StatementError(ValueError):
    """A statement that a revision cannot have."""


def check(text: str) -> None:
    """Raise StatementError unless each statement of ``text`` means to psql what it says."""
    try:
        parsed = pgparse.parse(text)
    except pgparse.PGQueryError as e:
        raise StatementError(f"{e.message} in {_shown(text)}") from None
    for item in parsed:
        ((kind, node),) = item["stmt"].items()
        fault = _fault(kind, node)
        if fault:
            raise StatementError(f"{fault}; found {_shown(text)}")
    for match in _COLONS.finditer(text):
        if match["variable"]:
            raise StatementError(
                f"psql reads a variable after a colon; write a space between in {_shown(text)}"
            )


def _fault(kind: str, node: dict[str, Any]) -> str:
    if kind == "TransactionStmt" and node["kind"] not in _SAVEPOINTS:
        return "a revision is a transaction; `transactional = False` makes it none"
    has_file = node.get("filename") or node.get("is_program")
    if kind == "CopyStmt" and not has_file:
        return "COPY has no client here to read from or write to; use op.bulk_insert"
    if kind == "DiscardStmt" or node.get("kind") == "VAR_RESET_ALL":
        return "the session's settings are the deploy's; RESET those that the revision has set"
    if kind == "VariableSetStmt" and node.get("name") in _OURS:
        return f"a revision runs as the schema's owner, and {node['name']} is the deploy's to set"
    return ""


def _shown(text: str) -> str:
    line = " ".join(text.split())
    if len(line) > _SHOWN:
        line = f"{line[:_SHOWN]}…"
    return repr(line)
