"""roles-sql/ read as psql would: variables, the connect lines, and PostgreSQL's own parser."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pgparse

from howdah.names import identifier, literal
from howdah.refusal import Refusal

Node = dict[str, Any]


class BadSql(Refusal):
    """Something in roles-sql that cannot be compared: the message begins with file and line."""


@dataclass(frozen=True)
class Statement:
    """One parsed statement, where it stands, and the database that it runs in."""

    kind: str  # the parser's name of it: CreateRoleStmt, GrantStmt …
    node: Node
    text: str
    database: str
    source: str  # roles-sql/10-roles.sql:7

    def refuse(self, why: str) -> BadSql:
        """The error to raise for this statement."""
        return BadSql(f"{self.source}: {why}")


def read(folder: Path, variables: Mapping[str, str]) -> list[Statement]:
    """Every statement of every .sql file of ``folder``, files by name. Raises BadSql."""
    files = sorted(folder.glob("*.sql"))
    if not files:
        raise BadSql(f"{folder}: no .sql file here; needs the roles and databases")
    return [s for file in files for s in _file(file, variables)]


def _file(path: Path, variables: Mapping[str, str]) -> Iterator[Statement]:
    name = f"{path.parent.name}/{path.name}"
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as e:
        raise BadSql(f"{name}: {e}") from e
    for database, line, chunk in _chunks(name, text, variables):
        yield from _statements(f"{name}", line, database, chunk)


def _chunks(name: str, text: str, variables: Mapping[str, str]) -> Iterator[tuple[str, int, str]]:
    """(database, first line, SQL) between the connect lines."""
    database, start, lines = "postgres", 1, list[str]()
    for number, line in enumerate(text.split("\n"), start=1):
        known = _substitute(line, variables, f"{name}:{number}")
        if not line.startswith("\\"):
            lines.append(known)
            continue
        target = re.fullmatch(r'\\connect (?:"(\w+)"|(\w+))\s*', known)
        if not target:
            raise BadSql(f"{name}:{number}: {line.split()[0]} is not known here; only \\connect is")
        yield database, start, "\n".join(lines)
        database, start, lines = target[1] or target[2], number + 1, []
    yield database, start, "\n".join(lines)


def _substitute(line: str, variables: Mapping[str, str], source: str) -> str:
    """psql's :"identifier", :'literal' and :bare in one line."""

    def value(match: re.Match[str]) -> str:
        name = match[1] or match[2] or match[3]
        if name not in variables:
            known = ", ".join(sorted(variables))
            raise BadSql(f"{source}: variable {name!r} is not set; known are {known}")
        shape = identifier if match[1] else literal if match[2] else str
        return shape(variables[name])

    return re.sub(r"""(?<![:\w]):(?:"(\w+)"|'(\w+)'|([a-z_]\w*))""", value, line)


def _statements(name: str, line: int, database: str, sql: str) -> Iterator[Statement]:
    raw = sql.encode()
    try:
        parsed = pgparse.parse(sql)
    except pgparse.PGQueryError as e:
        at = line + raw[: max(e.position - 1, 0)].count(b"\n")
        raise BadSql(f"{name}:{at}: {e.message}") from e
    for item in parsed:
        start = item.get("stmt_location", 0)
        text = raw[start : start + item.get("stmt_len", len(raw))].decode()
        body = re.sub(r"\A(\s+|--[^\n]*\n|/\*.*?\*/)+", "", text, flags=re.S)
        first = line + raw[:start].count(b"\n") + text[: len(text) - len(body)].count("\n")
        ((kind, node),) = item["stmt"].items()
        yield Statement(kind, node, body.strip(), database, f"{name}:{first}")


def options_of(node: Node) -> dict[str, Any]:
    """The DefElems of a node: name -> argument."""
    return {o["DefElem"]["defname"]: o["DefElem"].get("arg") for o in node.get("options", ())}


def scalar(arg: Any) -> Any:
    """The parser's Integer, String, Boolean … -> a Python value. Zero and false are left out."""
    ((kind, value),) = arg.items()
    empty = {"Integer": 0, "Boolean": False, "String": ""}[kind]
    return next(iter(value.values()), empty)


def role_of(statement: Statement, spec: Node) -> str:
    """The name in a RoleSpec; PUBLIC is the empty one."""
    spec = spec.get("RoleSpec", spec)
    if spec["roletype"] == "ROLESPEC_PUBLIC":
        return ""
    if spec["roletype"] != "ROLESPEC_CSTRING":
        raise statement.refuse("needs a role by its name, not CURRENT_USER or its like")
    return str(spec["rolename"])
