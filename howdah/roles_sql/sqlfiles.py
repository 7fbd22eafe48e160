"""roles-sql/ read as psql would: variables, the connect lines, and PostgreSQL's own parser."""

import functools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pgparse

from howdah.errors import HowdahError
from howdah.names import identifier, literal
from howdah.team import CHECKOUT, FOLDER

Node = dict[str, Any]
Variables = Mapping[str, str]  # of psql


class RolesSqlError(HowdahError):
    """Something in roles-sql that cannot be compared: the message begins with file and line."""


def check_faults(faults: Sequence[str]) -> None:
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

    def error(self, why: str) -> RolesSqlError:
        """The error to raise for this statement."""
        return RolesSqlError(f"{self.source}: {why}")


def read(
    folder: Path,
    variables: Variables,
    *,
    beside: Sequence[Path] = (),
    more: Iterable[Path] = (),
    environment: str = "",
) -> list[Statement]:
    """Every statement of every .sql file of ``folder`` and those ``beside`` it, then of ``more``.

    The folders' files come by their names, as if they were in one. A file that is for other
    environments is left out. Raises RolesSqlError.
    """
    files = sorted(folder.glob("*.sql"))
    if not files:
        raise RolesSqlError(f"{folder}: no .sql file here; needs the roles and databases")
    for other in beside:
        files += sorted(other.glob("*.sql"))
    files.sort(key=lambda file: file.name)
    statements: list[Statement] = []
    for file in (*files, *more):
        statements += _file(file, variables, environment)
    return statements


class Chunk(NamedTuple):
    """What stands between two connect lines."""

    database: str
    line: int  # the first
    sql: str
    is_followed: bool  # by a connect line


def shown_as(path: Path) -> str:
    """The file in messages: a team's begins with its folder's name."""
    name = f"{path.parent.name}/{path.name}"
    if FOLDER != CHECKOUT and path.parent.parent == FOLDER:
        name = f"{FOLDER.name}/{name}"
    return name


def _file(path: Path, variables: Variables, environment: str) -> Iterator[Statement]:
    name = shown_as(path)
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as e:
        raise RolesSqlError(f"{name}: {e}") from e
    environments = _environments(name, text)
    if environments and environment not in environments:
        return
    for chunk in _chunks(name, text, variables):
        yield from _statements(name, chunk)


# The first line of a file that is for some environments only, and what is taken for one.
_FOR = re.compile(r"-- environments: ([a-z0-9][a-z0-9_-]*(?:, *[a-z0-9][a-z0-9_-]*)*) *")
_MEANT = re.compile(r"\s*--\s*environments?\s*:", flags=re.I)


def _environments(name: str, text: str) -> list[str]:
    """Those that the file is for; none where it is for all."""
    first, *others = text.split("\n")
    for number, line in enumerate(others, start=2):
        if _MEANT.match(line):
            raise RolesSqlError(f"{name}:{number}: the environments must be in the first line")
    if not _MEANT.match(first):
        return []
    written = _FOR.fullmatch(first)
    if not written:
        raise RolesSqlError(
            f"{name}:1: environments: needs their names, `-- environments: staging, prod`"
        )
    return [part.strip() for part in written[1].split(",")]


def _chunks(
    name: str,
    text: str,
    variables: Variables,
) -> Iterator[Chunk]:
    database = "postgres"
    start = 1
    lines: list[str] = []
    for number, line in _taken(name, text, variables):
        if not line.startswith("\\"):
            lines.append(line)
            continue
        sql = _substitute("\n".join(lines), variables, name, start)
        yield Chunk(database, start, sql, is_followed=True)
        database = _connected(line, variables, name, number)
        start = number + 1
        lines = []
    sql = _substitute("\n".join(lines), variables, name, start)
    yield Chunk(database, start, sql, is_followed=False)


def _connected(
    line: str,
    variables: Variables,
    name: str,
    number: int,
) -> str:
    """The database that a connect line names."""
    substituted = _substitute(line, variables, name, number)
    target = re.fullmatch(r'\\connect (?:"([^"]+)"|([\w$]+))\s*', substituted)
    if not target:
        command = line.split(maxsplit=1)[0]
        raise RolesSqlError(
            f"{name}:{number}: {command} is not known here; only \\connect, \\if, "
            "\\else and \\endif are"
        )
    return target[1] or target[2]


def _taken(
    name: str,
    text: str,
    variables: Variables,
) -> Iterator[tuple[int, str]]:
    """Numbered lines; those that psql skips by its own if, else and endif are empty."""
    branches: list[bool] = []
    for number, line in enumerate(text.split("\n"), start=1):
        shown = ""
        match line.split():
            case ["\\if", condition]:
                value = _substitute(condition, variables, name, number)
                branches.append(value == "true")
            case ["\\else"] if branches:
                branches[-1] = not branches[-1]
            case ["\\endif"] if branches:
                branches.pop()
            case _ if all(branches):
                shown = line
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


def _substitute(
    text: str,
    variables: Variables,
    name: str,
    line: int,
) -> str:
    """What psql makes of :"identifier", :'literal' and :bare."""

    def place(match: re.Match[str]) -> str:
        before = text[: match.start()].count("\n")
        return f"{name}:{line + before}"

    def value(match: re.Match[str]) -> str:
        if match[0].startswith("/*") and "/*" in match[0][2:]:
            raise RolesSqlError(f"{place(match)}: a comment in a comment is not known here")
        for shape, variable in match.groupdict().items():
            if not variable:
                continue
            if variable not in variables:
                known = ", ".join(sorted(variables))
                raise RolesSqlError(
                    f"{place(match)}: variable {variable!r} is not set; known are {known}"
                )
            written = _SHAPES[shape]
            return written(variables[variable])
        return match[0]

    return _WORDS.sub(value, text)


@functools.cache
def _statements(name: str, chunk: Chunk) -> Sequence[Statement]:
    """What is parsed for one host is the same for the next."""
    return list(_parsed(name, chunk))


def _parsed(name: str, chunk: Chunk) -> Iterator[Statement]:
    try:
        parsed = pgparse.parse(chunk.sql)
    except pgparse.PGQueryError as e:
        before = chunk.sql[: max(e.position - 1, 0)]
        line = chunk.line + before.count("\n")
        raise RolesSqlError(f"{name}:{line}: {e.message}") from e
    raw = chunk.sql.encode()  # the parser counts bytes
    line = chunk.line
    read_to = 0
    for item in parsed:
        start = item.get("stmt_location", 0)
        line += raw[read_to:start].count(b"\n")
        read_to = start
        length = item.get("stmt_len", len(raw))
        text = raw[start : start + length].decode()
        body = re.sub(r"\A(\s+|--[^\n]*\n|/\*.*?\*/)+", "", text, flags=re.S)
        before = text[: len(text) - len(body)]
        first = line + before.count("\n")
        source = f"{name}:{first}"
        if chunk.is_followed and "stmt_len" not in item:  # psql would run it after the connect
            raise RolesSqlError(f"{source}: needs a semicolon at its end")
        ((kind, node),) = item["stmt"].items()
        yield Statement(
            kind=kind,
            node=node,
            text=body.strip(),
            database=chunk.database,
            source=source,
            session=f"{name}:{chunk.line}",
        )
