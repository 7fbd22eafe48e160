"""What the server is asked, each query in a file of its own."""

import functools
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from howdah.catalog import Object
from howdah.comments import SHARED_KINDS
from howdah.component import Probe
from howdah.kinds import ROUTINES, WITHOUT_SCHEMA
from howdah.names import literal
from howdah.role_settings import clause
from howdah.wanted import Wanted

EXISTS = "SELECT EXISTS (SELECT FROM pg_database WHERE datname = :'base') AS here \\gset"

EACH = ("database", "initial", "doors", "table_doors")


@functools.cache
def query(name: str) -> str:
    """The text of one of them."""
    return Path(__file__).with_name(f"{name}.sql").read_text()


def questions(want: Wanted, app_database: str) -> tuple[str, str]:
    """For two psql side by side: the server's with some databases, and the other databases.

    A database that is not there yet is passed over. psql's variable ``files``, the first's:
    whether the server's files are there to be asked about.
    """
    names = list(want.connlimits)
    # the server's own questions take about as long as those of two databases
    first = max(0, len(names) // 2 - 1)
    server = [*_always(want), *_of_server(want)]
    for name in names[:first]:
        server += _of_database(want, name, app_database)
    others = _always(want)
    for name in names[first:]:
        others += _of_database(want, name, app_database)
    return "\n".join(server), "\n".join(others)


def _always(want: Wanted) -> list[str]:
    """The text of what each database is asked is sent once."""
    return [_set("roles", json.dumps(list(want.roles))), *(_set(n, query(n)) for n in EACH)]


def _of_server(want: Wanted) -> list[str]:
    return [
        *map(query, ("server", "health")),
        f"\\if :files\n{query('files')}\n{query('faults')}\n\\endif",
        query("cluster"),
        _set("named", json.dumps(_named(want, "postgres"))),
        *map(query, ("shared", "shared_doors")),
        ":doors",
        settings(want),
        _comments(o for o in want.comments if o.kind in SHARED_KINDS),
        *_in(want, "template1", query("shared") + ":doors", ""),
    ]


def _of_database(want: Wanted, name: str, app_database: str) -> list[str]:
    parts = [":database", ":doors", ":table_doors", _comments(_within(want, name))]
    if name == app_database:
        parts.append(query("revision"))
    if any(base == name for base, _ in want.cascades):
        parts.append(query("requires"))
    return _in(want, name, "\n".join(parts), ":initial")


def of_probe(probe: Probe[Any]) -> str:
    """What a component asks the server: a row of JSON for each row of its answer."""
    if not probe.sql:
        return ""
    name = literal(probe.name)
    return f"SELECT json_build_array('probe', {name}, row_to_json(r)) FROM ({probe.sql}) AS r;"  # noqa: S608 its author's


def _in(want: Wanted, database: str, sql: str, otherwise: str) -> list[str]:
    """The same, connected to a database, if there is one of that name."""
    named = _set("named", json.dumps(_named(want, database)))
    return [_set("base", database), named, EXISTS, "\\if :here", "\\connect :\"base\"", sql,
            "\\else", otherwise, "\\endif"]  # fmt: skip


def _set(variable: str, value: str) -> str:
    """As psql reads it, on one line: a backslash in quotes as C does.

    A quote as its octal number: the shells that the text passes through make 17 bytes of each.
    """
    escaped = value.replace("\\", "\\\\").replace("'", "\\047").replace("\n", "\\n")
    return f"\\set {variable} '{escaped}'"


def _named(want: Wanted, database: str) -> dict[str, Sequence[object]]:
    """What the query is to look at, though nobody has changed it; and whose columns."""
    schemas = {schema for base, schema in want.schemas if base == database}
    catalog, others = set[str](), set[str]()
    columns, objects = set[tuple[str, str]](), set[tuple[str, str, str]]()
    extended = {schema for (base, _), schema in want.extensions.items() if base == database}
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
            for kind in ROUTINES if target.kind == "routine" else (target.kind,):
                objects.add((kind, target.schema, target.name))
        if any(column for column, _ in step.privileges):
            columns.add((target.schema, target.name))
    return {
        "schemas": sorted(schemas),
        "catalog": sorted(catalog),
        "others": sorted(others),
        "columns": sorted(columns),
        "objects": sorted(objects),
    }


def settings(want: Wanted) -> str:
    """Whether the server takes what ALTER ROLE and ALTER DATABASE set; empty: they set nothing."""
    asked = []
    for (name, value), source in want.asked.items():
        # RESET of a name that is none is an error only where something else is set
        sql = f"SELECT pg_catalog.current_setting({literal(name)})"
        if value is not None:
            sql = f"ALTER ROLE postgres {clause(name, value)}"
        asked.append((name, value, sql, source))
    return f"{_set('asked', json.dumps(asked))}\n{query('asked')}" if asked else ""


def _within(want: Wanted, database: str) -> Iterable[Object]:
    return (o for o in want.comments if o.database == database and o.kind not in SHARED_KINDS)


def _comments(named: Iterable[Object]) -> str:
    keys = [(o.kind, o.schema, o.name) for o in named]
    return f"{_set('commented', json.dumps(keys))}\n{query('comments')}" if keys else ""
