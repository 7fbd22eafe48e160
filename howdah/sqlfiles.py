"""roles-sql/ read as psql would: variables, the connect lines, and PostgreSQL's own parser."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pgparse

from howdah.errors import HowdahError
from howdah.names import identifier, literal

Node = dict[str, Any]


class RolesSqlError(HowdahError):
    """Something in roles-sql that cannot be compared: the message begins with file and line."""


def refuse(faults: Sequence[str]) -> None:
    """Raises RolesSqlError for what the server does not accept: file, line and its words."""
    if faults:
        raise RolesSqlError("; ".join(faults))


@dataclass(frozen=True)
class Statement:
    """One parsed statement, where it stands, and the database that it runs in."""

    kind: str  # the parser's name of it: CreateRoleStmt, GrantStmt …
    node: Node
    text: str
    database: str
    source: str  # roles-sql/10-roles.sql:7
    session: str  # \\connect and each file begin a new one

    def refuse(self, why: str) -> RolesSqlError:
        """The error to raise for this statement."""
        return RolesSqlError(f"{self.source}: {why}")


def read(folder: Path, variables: Mapping[str, str]) -> list[Statement]:
    """Every statement of every .sql file of ``folder``, files by name. Raises RolesSqlError."""
    files = sorted(folder.glob("*.sql"))
    if not files:
        raise RolesSqlError(f"{folder}: no .sql file here; needs the roles and databases")
    return [s for file in files for s in _file(file, variables)]


Chunk = tuple[str, int, str, bool]  # database, first line, SQL, whether a connect line follows


def _file(path: Path, variables: Mapping[str, str]) -> Iterator[Statement]:
    name = f"{path.parent.name}/{path.name}"
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as e:
        raise RolesSqlError(f"{name}: {e}") from e
    for chunk in _chunks(name, text, variables):
        yield from _statements(name, chunk)


def _chunks(name: str, text: str, variables: Mapping[str, str]) -> Iterator[Chunk]:
    """What stands between the connect lines."""
    database, start, lines = "postgres", 1, list[str]()
    for number, line in _taken(name, text, variables):
        if not line.startswith("\\"):
            lines.append(line)
            continue
        sql = _substitute("\n".join(lines), variables, name, start)
        yield database, start, sql, True
        known = _substitute(line, variables, name, number)
        target = re.fullmatch(r'\\connect (?:"([^"]+)"|([\w$]+))\s*', known)
        if not target:
            raise RolesSqlError(
                f"{name}:{number}: {line.split()[0]} is not known here; only \\connect, \\if, "
                "\\else and \\endif are"
            )
        database, start, lines = target[1] or target[2], number + 1, []
    yield database, start, _substitute("\n".join(lines), variables, name, start), False


def _taken(name: str, text: str, variables: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    """Numbered lines; those that psql skips by its own if, else and endif are empty."""
    branches: list[bool] = []
    for number, line in enumerate(text.split("\n"), start=1):
        shown = ""
        match line.split():
            case ["\\if", condition]:
                branches.append(_substitute(condition, variables, name, number) == "true")
            case ["\\else"] if branches:
                branches[-1] = not branches[-1]
            case ["\\endif"] if branches:
                branches.pop()
            case _:
                shown = line if all(branches) else ""
        yield number, shown
    if branches:
        raise RolesSqlError(f"{name}: \\if needs an \\endif")


# What psql looks for variables in, and before it what it passes over: comments and quotes.
_WORDS = re.compile(
    r"""--[^\n]* | /\*.*?\*/ | [eE]'(?:[^'\\]|\\.|'')*' | '(?:[^']|'')*' | "(?:[^"]|"")*"
    | \$(\w*)\$.*?\$\1\$
    | (?<![:\w]) :(?: "(?P<identifier>\w+)" | '(?P<literal>\w+)' | (?P<bare>[a-z_]\w*) )""",
    flags=re.S | re.X,
)
_SHAPES: dict[str, Callable[[str], str]] = {
    "identifier": identifier,
    "literal": literal,
    "bare": str,
}


def _substitute(text: str, variables: Mapping[str, str], name: str, line: int) -> str:
    """What psql makes of :"identifier", :'literal' and :bare."""

    def place(match: re.Match[str]) -> str:
        before = text[: match.start()].count("\n")
        return f"{name}:{line + before}"

    def value(match: re.Match[str]) -> str:
        if match[0].startswith("/*") and "/*" in match[0][2:]:
            raise RolesSqlError(f"{place(match)}: a comment in a comment is not known here")
        for shape, variable in match.groupdict().items():
            if variable and variable not in variables:
                known = ", ".join(sorted(variables))
                raise RolesSqlError(
                    f"{place(match)}: variable {variable!r} is not set; known are {known}"
                )
            if variable:
                return _SHAPES[shape](variables[variable])
        return match[0]

    return _WORDS.sub(value, text)


def _statements(name: str, chunk: Chunk) -> Iterator[Statement]:
    database, line, sql, followed = chunk
    raw = sql.encode()
    try:
        parsed = pgparse.parse(sql)
    except pgparse.PGQueryError as e:
        at = line + sql[: max(e.position - 1, 0)].count("\n")
        raise RolesSqlError(f"{name}:{at}: {e.message}") from e
    at, read_to = line, 0
    for item in parsed:
        start = item.get("stmt_location", 0)
        at, read_to = at + raw[read_to:start].count(b"\n"), start
        text = raw[start : start + item.get("stmt_len", len(raw))].decode()
        body = re.sub(r"\A(\s+|--[^\n]*\n|/\*.*?\*/)+", "", text, flags=re.S)
        first = at + text[: len(text) - len(body)].count("\n")
        if followed and "stmt_len" not in item:  # psql would run it after the connect
            raise RolesSqlError(f"{name}:{first}: needs a semicolon at its end")
        ((kind, node),) = item["stmt"].items()
        yield Statement(kind, node, body.strip(), database, f"{name}:{first}", f"{name}:{line}")
