"""What the server is asked, each query in a file of its own."""

import functools
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from howdah.component import Probe
from howdah.names import literal
from howdah.rights.catalog import Object
from howdah.rights.comments import SHARED_KINDS
from howdah.rights.kinds import ROUTINES, WITHOUT_SCHEMA
from howdah.roles_sql.role_settings import clause
from howdah.roles_sql.steps import Step
from howdah.roles_sql.wanted import Wanted

EXISTS = "SELECT EXISTS (SELECT FROM pg_database WHERE datname = :'base') AS here \\gset"

EACH = ("database", "initial", "doors", "table_doors")


@functools.cache
def query(name: str) -> str:
    """The text of one of them."""
    file = Path(__file__).with_name(f"{name}.sql")
    return file.read_text()


def questions(want: Wanted, app_database: str) -> tuple[str, str]:
    """For two psql side by side: the server's with some databases, and the other databases.

    A database that is not there yet is passed over. psql's variable ``files``, the first's:
    whether the server's files are there to be asked about.
    """
    names = list(want.connlimits)
    # the server's own questions take about as long as those of a database
    first = max(0, len(names) - 1) // 2
    server = [*_always(want), *_of_server(want)]
    for name in names[:first]:
        server += _of_database(want, name, app_database)
    others = _always(want)
    for name in names[first:]:
        others += _of_database(want, name, app_database)
    return "\n".join(server), "\n".join(others)


def _always(want: Wanted) -> list[str]:
    """The text of what each database is asked is sent once."""
    roles = json.dumps(list(want.roles))
    texts = [_set("roles", roles)]
    for name in EACH:
        texts.append(_set(name, query(name)))
    return texts


def _of_server(want: Wanted) -> list[str]:
    named = json.dumps(_named(want, "postgres"))
    of_shared = [o for o in want.comments if o.kind in SHARED_KINDS]
    of_template = query("shared") + ":doors"
    return [
        query("server"),
        query("health"),
        "\\if :files",
        query("files"),
        query("faults"),
        "\\endif",
        query("cluster"),
        _set("named", named),
        query("shared"),
        query("shared_doors"),
        ":doors",
        settings(want),
        _comments(of_shared),
        *_in(want, "template1", of_template, ""),
    ]


def _of_database(
    want: Wanted,
    name: str,
    app_database: str,
) -> list[str]:
    parts = [
        ":database",
        ":doors",
        ":table_doors",
        _comments(_within(want, name)),
    ]
    if name == app_database:
        parts.append(query("revision"))
    cascades = {extension.database for extension in want.cascades}
    if name in cascades:
        parts.append(query("requires"))
    sql = "\n".join(parts)
    return _in(want, name, sql, ":initial")


def of_probe(probe: Probe[Any]) -> str:
    """What a component asks the server: a row of JSON for each row of its answer."""
    if not probe.sql:
        return ""
    name = literal(probe.name)
    return f"SELECT json_build_array('probe', {name}, row_to_json(r)) FROM ({probe.sql}) AS r;"  # noqa: S608 its author's


def _in(
    want: Wanted,
    database: str,
    sql: str,
    otherwise: str,
) -> list[str]:
    """The same, connected to a database, if there is one of that name."""
    named = json.dumps(_named(want, database))
    return [
        _set("base", database),
        _set("named", named),
        EXISTS,
        "\\if :here",
        '\\connect :"base"',
        sql,
        "\\else",
        otherwise,
        "\\endif",
    ]


def _set(variable: str, value: str) -> str:
    """As psql reads it, on one line: a backslash in quotes as C does.

    A quote as its octal number: the shells that the text passes through make 17 bytes of each.
    """
    escaped = value.replace("\\", "\\\\")
    escaped = escaped.replace("'", "\\047")
    escaped = escaped.replace("\n", "\\n")
    return f"\\set {variable} '{escaped}'"


def _named(want: Wanted, database: str) -> dict[str, Sequence[object]]:
    """What the query is to look at, though nobody has changed it; and whose columns."""
    schemas = {schema for base, schema in want.schemas if base == database}
    extended = _schemas_of_extensions(want, database)
    catalog = set[str]()
    others = set[str]()
    columns = set[tuple[str, str]]()
    objects = set[tuple[str, str, str]]()
    for step in want.steps:
        target = step.target
        if target.database != database:
            continue
        if target.schema == "pg_catalog":
            catalog.add(target.name)
        elif target.kind in WITHOUT_SCHEMA:
            others.add(target.name)
        # Of all others the list would be too long for a command of thousands of GRANTs.
        if target.schema in extended:
            for kind in _kinds(target.kind):
                objects.add((kind, target.schema, target.name))
        if _names_columns(step):
            columns.add((target.schema, target.name))
    return {
        "schemas": sorted(schemas),
        "catalog": sorted(catalog),
        "others": sorted(others),
        "columns": sorted(columns),
        "objects": sorted(objects),
    }


def _schemas_of_extensions(want: Wanted, database: str) -> set[str]:
    schemas = set()
    for extension, schema in want.extensions.items():
        if extension.database == database:
            schemas.add(schema)
    return schemas


def _kinds(kind: str) -> Iterable[str]:
    """What the catalog has in the place of a kind of SQL's."""
    if kind == "routine":
        return ROUTINES
    return (kind,)


def _names_columns(step: Step) -> bool:
    return any(column for column, _ in step.privileges)


def settings(want: Wanted) -> str:
    """Whether the server takes what ALTER ROLE and ALTER DATABASE set; empty: they set nothing."""
    asked = []
    for (name, value), source in want.asked.items():
        # RESET of a name that is none is an error only where something else is set
        sql = f"SELECT pg_catalog.current_setting({literal(name)})"
        if value is not None:
            sql = f"ALTER ROLE postgres {clause(name, value)}"
        asked.append((name, value, sql, source))
    if not asked:
        return ""
    variable = _set("asked", json.dumps(asked))
    return f"{variable}\n{query('asked')}"


def _within(want: Wanted, database: str) -> Iterator[Object]:
    for one in want.comments:
        if one.database == database and one.kind not in SHARED_KINDS:
            yield one


def _comments(named: Iterable[Object]) -> str:
    keys = [(one.kind, one.schema, one.name) for one in named]
    if not keys:
        return ""
    variable = _set("commented", json.dumps(keys))
    return f"{variable}\n{query('comments')}"
