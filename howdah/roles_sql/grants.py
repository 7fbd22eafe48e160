"""The statements of roles-sql about privileges on objects: GRANT, REVOKE."""

from collections.abc import Iterator

from howdah.names import identifier
from howdah.options import SHARED, SUPERUSER
from howdah.rights.catalog import Object
from howdah.rights.kinds import COLUMN, PUBLIC, privileges
from howdah.roles_sql import argument_types
from howdah.roles_sql.nodes import Reading, items, text
from howdah.roles_sql.sqlfiles import Node
from howdah.roles_sql.steps import Privilege, Step

KINDS = {
    "OBJECT_DATABASE": "database",
    "OBJECT_SCHEMA": "schema",
    "OBJECT_TABLE": "table",
    "OBJECT_SEQUENCE": "sequence",
    "OBJECT_FUNCTION": "function",
    "OBJECT_PROCEDURE": "procedure",
    "OBJECT_ROUTINE": "routine",
    "OBJECT_TYPE": "type",
    "OBJECT_DOMAIN": "type",
    "OBJECT_LANGUAGE": "language",
    "OBJECT_FDW": "foreign data wrapper",
    "OBJECT_FOREIGN_SERVER": "foreign server",
    "OBJECT_PARAMETER_ACL": "parameter",
}
# Their initial rights are not read, but for pg_catalog's functions, tables and views.
POSTGRESQLS = frozenset({"pg_catalog", "information_schema", "pg_toast"})
UNTRUSTED = frozenset({"c", "internal", "plperlu", "plpython3u", "pltclu"})
READ = frozenset({"function", "procedure", "routine", "table"})
STATEMENT = "is_grant targtype objtype objects privileges grantees grant_option grantor behavior"


def grant(reading: Reading) -> None:
    """GRANT or REVOKE on objects."""
    want = reading.want
    node = reading.node
    reading.check_only(node, STATEMENT)
    _check_grantor(reading)
    kind = KINDS.get(node["objtype"])
    if not kind:
        raise reading.error("tablespaces and large objects are not compared; leave it out")
    grantees = tuple(reading.grantee(spec) for spec in node["grantees"])
    database = reading.statement.database
    if database in SHARED and kind not in ("database", "schema", "parameter"):
        raise reading.error(f"in {database} only databases and schemas are compared")
    option = node.get("grant_option", False)
    if option and PUBLIC in grantees:
        raise reading.error("PUBLIC can have no grant option")
    listed = tuple(privileges_of(reading, kind, node))
    for target in _targets(reading, kind):
        _check_target(reading, target, listed)
        step = Step(
            grants=node.get("is_grant", False),
            target=target,
            privileges=listed,
            grantees=grantees,
            option=option,
            source=reading.source,
        )
        want.steps.append(step)
        _check_owner(reading, target)


def _check_grantor(reading: Reading) -> None:
    """As PostgreSQL: GRANTED BY changes nothing about an object's privileges."""
    if "grantor" not in reading.node:
        return
    current = reading.want.role
    if reading.role(reading.node["grantor"]) != current:
        raise reading.error(f"GRANTED BY needs the current role here, {current}")


def _check_target(
    reading: Reading,
    target: Object,
    listed: tuple[Privilege, ...],
) -> None:
    """Rejects what is not read of a server."""
    schema = target.schema
    if target.kind == "schema":
        schema = target.name
    is_own = schema in POSTGRESQLS or schema.startswith(("pg_temp_", "pg_toast_temp_"))
    is_read = schema == "pg_catalog" and target.name and target.kind in READ
    if is_own and not is_read:
        raise reading.error(
            f"{schema} is PostgreSQL's own: needs a function, procedure, table or view of "
            "pg_catalog by its name"
        )
    if target.kind == "language" and target.name in UNTRUSTED:
        raise reading.error(f"language {target.name} is not trusted: only superusers use it")
    for column, _ in listed:
        if column and not target.name:
            raise reading.error("a privilege on columns needs the table by its name")


def _check_owner(reading: Reading, target: Object) -> None:
    """After SET ROLE only the role's own objects."""
    want = reading.want
    if want.role in (SUPERUSER, want.owners.get(target)):
        return
    what = f"{target.kind} {target.name or 'ALL'}"
    raise reading.error(f"needs RESET ROLE before it: {what} is not {want.role}'s here")


def _targets(reading: Reading, kind: str) -> Iterator[Object]:
    database = reading.statement.database
    node = reading.node
    for item in node["objects"]:
        if node["targtype"] == "ACL_TARGET_ALL_IN_SCHEMA":
            yield Object(database, kind, text(item), "")
        elif kind == "database":
            yield _database(reading, text(item))
        elif kind == "parameter":  # of the whole cluster
            name = text(item).lower()
            yield Object(SHARED[0], kind, "", name)
        elif "String" in item:
            yield Object(database, kind, "", text(item))
        elif "RangeVar" in item:
            yield _relation(reading, kind, item["RangeVar"])
        elif "ObjectWithArgs" in item:
            yield _routine(reading, kind, item["ObjectWithArgs"])
        else:
            schema, name = reading.qualified_name(items(item))
            yield Object(database, kind, schema, name)


def _database(reading: Reading, name: str) -> Object:
    if name not in SHARED:
        reading.known_database(name)
    return reading.want.database(name)


def _relation(
    reading: Reading,
    kind: str,
    node: Node,
) -> Object:
    if "catalogname" in node:
        raise reading.elsewhere()
    schema = reading.schema(node.get("schemaname"))
    return Object(reading.statement.database, kind, schema, node["relname"])


def _routine(
    reading: Reading,
    kind: str,
    node: Node,
) -> Object:
    """Without argument types, the only one of its name."""
    schema, name = reading.qualified_name(node["objname"])
    arguments = ""
    if not node.get("args_unspecified"):
        types = []
        for arg in node.get("objargs", ()):
            types.append(_type(reading, arg["TypeName"]))
        arguments = f"({', '.join(types)})"
    return Object(reading.statement.database, kind, schema, name, arguments)


def _type(reading: Reading, node: Node) -> str:
    """As oidvectortypes() spells it. Without its schema, it is one of pg_catalog's."""
    reading.check_only(node, "names typemod typmods arrayBounds location")
    parts = [text(word) for word in node["names"]]
    *schema, name = parts
    spelled: str | None
    if schema in ([], ["pg_catalog"]):
        spelled = argument_types.spelled(name)
    else:
        spelled = ".".join(map(identifier, parts))
    if spelled is None:
        raise reading.error(f"argument type {name!r} is none of pg_catalog's: needs its schema")
    if node.get("arrayBounds"):
        spelled += "[]"
    return spelled


def privileges_of(
    reading: Reading,
    kind: str,
    node: Node,
) -> Iterator[Privilege]:
    """Each that is said; ALL is every one of the kind."""
    if "privileges" not in node:
        for privilege in privileges(kind, reading.want.version):
            yield "", privilege
    for item in node.get("privileges", ()):
        yield from _privileges_in(reading, kind, item["AccessPriv"])


def _privileges_in(
    reading: Reading,
    kind: str,
    node: Node,
) -> Iterator[Privilege]:
    version = reading.want.version
    columns = [text(column) for column in node.get("cols", ())]
    known = privileges(kind, version)
    what = f"a {kind}"
    if columns:
        known = COLUMN
        what = "a column"
    names = known
    name = node.get("priv_name", "all").upper()
    if name == "TEMP":
        name = "TEMPORARY"
    if name != "ALL":
        names = (name,)
    if not set(names) <= set(known):
        raise reading.error(f"{name} is no privilege of {what} in PostgreSQL {version}")
    for column in columns or [""]:
        for name in names:
            yield column, name
