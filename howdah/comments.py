"""COMMENT ON: read from roles-sql, and the difference. Only what the files name is compared."""

from collections.abc import Iterator

from howdah.catalog import Catalog, Object
from howdah.change import Change
from howdah.clauses import on
from howdah.knobs import SHARED, SUPERUSER
from howdah.names import literal
from howdah.nodes import base_of, made, only, qualified, values
from howdah.sqlfiles import Node, Statement
from howdah.wanted import Wanted

KINDS = {
    "OBJECT_ROLE": "role",
    "OBJECT_DATABASE": "database",
    "OBJECT_SCHEMA": "schema",
    "OBJECT_EXTENSION": "extension",
    "OBJECT_TABLE": "table",
}
SHARED_KINDS = ("role", "database")


def comment(want: Wanted, statement: Statement, node: Node) -> None:
    """Reads one statement. An empty text is none, as in PostgreSQL."""
    only(statement, node, "objtype object comment")
    kind = KINDS.get(node["objtype"])
    if not kind:
        raise statement.refuse("needs COMMENT ON ROLE, DATABASE, SCHEMA, EXTENSION or TABLE")
    obj = _target(want, statement, kind, node["object"])
    if want.role not in (SUPERUSER, want.owners.get(obj)):
        what = f"{kind} {obj.name} is not {want.role}'s here"
        raise statement.refuse(f"needs RESET ROLE before it: {what}")
    want.comments[obj] = node.get("comment") or None
    want.sources[_key(obj)] = statement.source


def _key(obj: Object) -> tuple[str, Object]:
    """The object itself is where it is made."""
    return ("comment", obj)


def _target(want: Wanted, statement: Statement, kind: str, node: Node) -> Object:
    base = statement.database
    if kind == "table":
        *schema, name = values(node)
        if len(schema) > 1:
            raise statement.refuse("needs an object of this database; \\connect to the other first")
        return Object(base, kind, qualified(statement, "".join(schema)), name)
    name = node["String"]["sval"]
    if kind == "role":
        return Object(SUPERUSER, kind, "", made(want, statement, name))
    if kind == "database":
        return want.database(base_of(want, statement, name))
    there = (base, name) in want.extensions
    if kind == "schema":
        there = name == "public" or Object(base, kind, "", name) in want.owners
    if not there or base in SHARED:
        raise statement.refuse(f"{kind} {name!r} is not made before this line")
    return Object(base, kind, "", name)


def changes(found: Catalog, want: Wanted) -> Iterator[Change]:
    """What is not there yet gets its comment when it is made."""
    for obj, text in want.comments.items():
        known = obj in found.comments
        if known and found.comments[obj] == text:
            continue
        if known or _is_made(want, obj):
            where = SUPERUSER if obj.kind in SHARED_KINDS else obj.database
            value = literal(text).strip() if text else "NULL"
            yield Change(f"COMMENT ON {on(obj)} IS {value};", where, want.sources[_key(obj)])


def _is_made(want: Wanted, obj: Object) -> bool:
    """Whether the same plan makes it, or has found it made."""
    if obj.kind == "table":
        return obj in want.tables
    if obj.kind == "extension":
        return (obj.database, obj.name) in want.extensions
    return True


def absent(found: Catalog, want: Wanted) -> Iterator[str]:
    """The tables that a migration is still to make."""
    for obj in want.comments:
        if obj not in found.comments and not _is_made(want, obj):
            yield f"{want.sources[_key(obj)]}: {obj.kind} {obj.name} is not there yet"
