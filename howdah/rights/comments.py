"""COMMENT ON: read from roles-sql, and the difference. Only what the files name is compared."""

from collections.abc import Iterator

from howdah.names import literal
from howdah.options import SHARED, SUPERUSER
from howdah.rights.catalog import Catalog, Extension, Object
from howdah.rights.change import Change
from howdah.rights.clauses import on
from howdah.roles_sql.nodes import Reading, items, text
from howdah.roles_sql.sqlfiles import Node
from howdah.roles_sql.wanted import Wanted

KINDS = {
    "OBJECT_ROLE": "role",
    "OBJECT_DATABASE": "database",
    "OBJECT_SCHEMA": "schema",
    "OBJECT_EXTENSION": "extension",
    "OBJECT_TABLE": "table",
}
SHARED_KINDS = ("role", "database")


def comment(reading: Reading) -> None:
    """Reads one statement. An empty text is none, as in PostgreSQL."""
    want = reading.want
    node = reading.node
    reading.check_only(node, "objtype object comment")
    kind = KINDS.get(node["objtype"])
    if not kind:
        raise reading.error("needs COMMENT ON ROLE, DATABASE, SCHEMA, EXTENSION or TABLE")
    obj = _target(reading, kind, node["object"])
    owner = want.owners.get(obj)
    if want.role not in (SUPERUSER, owner):
        raise reading.error(
            f"needs RESET ROLE before it: {kind} {obj.name} is not {want.role}'s here"
        )
    want.comments[obj] = node.get("comment") or None
    want.sources[_key(obj)] = reading.source


def _key(obj: Object) -> tuple[str, Object]:
    """The object itself is where it is made."""
    return ("comment", obj)


def _target(
    reading: Reading,
    kind: str,
    node: Node,
) -> Object:
    database = reading.statement.database
    if kind == "table":
        schema, name = reading.qualified_name(items(node))
        return Object(database, kind, schema, name)
    name = text(node)
    if kind == "role":
        reading.known_role(name)
        return Object(SUPERUSER, kind, "", name)
    if kind == "database":
        reading.known_database(name)
        return reading.want.database(name)
    obj = Object(database, kind, "", name)
    if database in SHARED or not _is_made_before(reading.want, obj):
        raise reading.error(f"{kind} {name!r} is not made before this line")
    return obj


def _is_made_before(want: Wanted, obj: Object) -> bool:
    """A schema or an extension."""
    if obj.kind == "extension":
        return Extension(obj.database, obj.name) in want.extensions
    return obj.name == "public" or obj in want.owners


def changes(current: Catalog, want: Wanted) -> Iterator[Change]:
    """What is not there yet gets its comment when it is made."""
    for obj, wanted in want.comments.items():
        is_there = obj in current.comments
        if is_there and current.comments[obj] == wanted:
            continue
        if is_there or _is_made(want, obj):
            yield _change(want, obj, wanted)


def _change(
    want: Wanted,
    obj: Object,
    wanted: str | None,
) -> Change:
    database = obj.database
    if obj.kind in SHARED_KINDS:
        database = SUPERUSER
    value = "NULL"
    if wanted:
        value = literal(wanted).strip()
    sql = f"COMMENT ON {on(obj)} IS {value};"
    source = want.sources[_key(obj)]
    return Change(sql, database, source)


def _is_made(want: Wanted, obj: Object) -> bool:
    """Whether the same plan makes it, or has found it made."""
    if obj.kind == "table":
        return obj in want.tables
    if obj.kind == "extension":
        return Extension(obj.database, obj.name) in want.extensions
    return True


def absent(current: Catalog, want: Wanted) -> Iterator[str]:
    """The tables that a migration is still to make."""
    for obj in want.comments:
        if obj not in current.comments and not _is_made(want, obj):
            source = want.sources[_key(obj)]
            yield f"{source}: {obj.kind} {obj.name} is not there yet"
