"""The statements of roles-sql about privileges: GRANT, REVOKE, ALTER DEFAULT PRIVILEGES."""

from collections.abc import Iterable, Iterator
from typing import Any

from howdah import argument_types, membership
from howdah.catalog import COLUMN, PUBLIC, Default, Member, Object, privileges
from howdah.knobs import SHARED, SUPERUSER
from howdah.names import identifier
from howdah.nodes import base_of, made, only, options_of, qualified, role_of
from howdah.sqlfiles import Node, RolesSqlError, Statement
from howdah.wanted import Step, Wanted

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
MEMBERSHIP_OPTIONS_SINCE = 16
OPTIONS = ("admin", "inherit", "set")
STATEMENT = "is_grant targtype objtype objects privileges grantees grant_option grantor behavior"


def grant_role(want: Wanted, statement: Statement, node: Node) -> None:
    """GRANT role TO role."""
    only(statement, node, "granted_roles grantee_roles is_grant opt behavior grantor")
    if not node.get("is_grant"):
        raise statement.refuse("what is not granted here is revoked by itself")
    said = options_of(statement, node, OPTIONS)
    grantor = SUPERUSER
    if "grantor" in node:
        grantor = role_of(want, statement, node["grantor"])
    if want.version < MEMBERSHIP_OPTIONS_SINCE:
        _refuse_options(want, statement, said, grantor)
    for granted in node["granted_roles"]:
        role = made(want, statement, granted["AccessPriv"]["priv_name"])
        for grantee in node["grantee_roles"]:
            member = Member(role, role_of(want, statement, grantee), grantor)
            add_member(want, statement, member, said)


def _refuse_options(want: Wanted, statement: Statement, said: dict[str, Any], grantor: str) -> None:
    since = f"{MEMBERSHIP_OPTIONS_SINCE} or newer, and this is {want.version}"
    if said.keys() - {"admin"} or not said.get("admin", True):
        raise statement.refuse(f"WITH INHERIT, WITH SET and WITH ADMIN FALSE need PostgreSQL "
                               f"{since}; write NOINHERIT of the member")  # fmt: skip
    if grantor != SUPERUSER:
        raise statement.refuse(f"GRANTED BY {grantor} needs PostgreSQL {since}; leave it out")


def add_member(want: Wanted, statement: Statement, member: Member, said: dict[str, Any]) -> None:
    """``said``: the options that are named. The others stay as they are."""
    _check_member(want, statement, member, admin=said.get("admin", False))
    inherits = want.roles.get(member.member, {}).get("inherit", True)
    before = want.members.get(member, (False, inherits, True))
    options = {**dict(zip(OPTIONS, before, strict=True)), **said}
    want.members[member] = tuple(options.values())
    want.sources[member] = statement.source


def _check_member(want: Wanted, statement: Statement, member: Member, *, admin: bool) -> None:
    """What PostgreSQL itself would reject."""
    role, name, grantor = member
    if name == role:
        raise statement.refuse("a role is no member of itself")
    if membership.DATABASE_OWNER in member:
        raise statement.refuse(f"{membership.DATABASE_OWNER} has one member, the database's owner, "
                               "and is a member of no role")  # fmt: skip
    if name in membership.roles_of(role, membership.held(want.members)):
        raise statement.refuse(f"{role} is a member of {name} already: needs no circle")
    if grantor not in membership.administrators(want.members, role):
        raise statement.refuse(f"GRANTED BY {grantor} needs GRANT {role} TO {grantor} WITH ADMIN "
                               "OPTION before it")  # fmt: skip
    if admin and grantor not in membership.administrators(want.members, role, without=name):
        raise statement.refuse(f"{grantor} has ADMIN OPTION on {role} by way of {name}, and cannot "
                               "grant it back")  # fmt: skip


def refuse_dangling(want: Wanted) -> None:
    """A later line may have taken ADMIN OPTION from who has granted: nobody could make it again."""
    for member in want.members:
        if member.grantor not in membership.administrators(want.members, member.role):
            raise RolesSqlError(f"{want.sources[member]}: {member.grantor} has no ADMIN OPTION on "
                         f"{member.role} at the end")  # fmt: skip


def grant(want: Wanted, statement: Statement, node: Node) -> None:
    only(statement, node, STATEMENT)
    _check_grantor(want, statement, node)
    kind = KINDS.get(node["objtype"])
    if not kind:
        raise statement.refuse("tablespaces and large objects are not compared; leave it out")
    grantees = tuple(role_of(want, statement, g, public=True) for g in node["grantees"])
    if statement.database in SHARED and kind not in ("database", "schema", "parameter"):
        raise statement.refuse(f"in {statement.database} only databases and schemas are compared")
    option = node.get("grant_option", False)
    if option and PUBLIC in grantees:
        raise statement.refuse("PUBLIC can have no grant option")
    listed = tuple(_privileges(want, statement, kind, node))
    grants = node.get("is_grant", False)
    for target in _targets(want, statement, kind, node):
        _check_target(statement, target, listed)
        want.steps.append(Step(grants, target, listed, grantees, option, statement.source))


def _check_target(statement: Statement, target: Object, listed: Iterable[tuple[str, str]]) -> None:
    """Rejects what is not read of a server."""
    schema = target.name if target.kind == "schema" else target.schema
    own = schema in POSTGRESQLS or schema.startswith(("pg_temp_", "pg_toast_temp_"))
    read = schema == "pg_catalog" and target.name and target.kind in READ
    if own and not read:
        raise statement.refuse(
            f"{schema} is PostgreSQL's own: needs a function, procedure, table or view of "
            "pg_catalog by its name"
        )
    if target.kind == "language" and target.name in UNTRUSTED:
        raise statement.refuse(f"language {target.name} is not trusted: only superusers use it")
    if not target.name and any(column for column, _ in listed):
        raise statement.refuse("a privilege on columns needs the table by its name")


def _check_grantor(want: Wanted, statement: Statement, node: Node) -> None:
    """As PostgreSQL: GRANTED BY changes nothing about an object's privileges."""
    if "grantor" in node and role_of(want, statement, node["grantor"]) != want.role:
        raise statement.refuse(f"GRANTED BY needs the role at hand here, {want.role}")


def _targets(want: Wanted, statement: Statement, kind: str, node: Node) -> Iterator[Object]:
    base = statement.database
    if node["targtype"] == "ACL_TARGET_ALL_IN_SCHEMA":
        yield from (Object(base, kind, item["String"]["sval"], "") for item in node["objects"])
        return
    for item in node["objects"]:
        ((shape, value),) = item.items()
        if kind == "database":
            yield _database(want, statement, value["sval"])
        elif kind == "parameter":  # of the whole cluster
            yield Object(SHARED[0], kind, "", value["sval"].lower())
        elif shape == "String":
            yield Object(base, kind, "", value["sval"])
        elif shape == "RangeVar":
            _refuse_elsewhere(statement, "catalogname" in value)
            schema = qualified(statement, value.get("schemaname"))
            yield Object(base, kind, schema, value["relname"])
        elif shape == "ObjectWithArgs":
            yield _routine(statement, kind, value)
        else:
            yield Object(base, kind, *_qualified_name(statement, value["items"]))


def _database(want: Wanted, statement: Statement, name: str) -> Object:
    if name not in SHARED:
        base_of(want, statement, name)
    return want.database(name)


def _routine(statement: Statement, kind: str, value: Node) -> Object:
    """Without argument types, the only one of its name."""
    schema, name = _qualified_name(statement, value["objname"])
    arguments = ""
    if not value.get("args_unspecified"):
        types = [_type(statement, a["TypeName"]) for a in value.get("objargs", ())]
        arguments = f"({', '.join(types)})"
    return Object(statement.database, kind, schema, name, arguments)


def _qualified_name(statement: Statement, words: list[Node]) -> tuple[str, str]:
    parts = [word["String"]["sval"] for word in words]
    _refuse_elsewhere(statement, len(parts) > 2)  # noqa: PLR2004 database.schema.name
    return qualified(statement, parts[-2] if len(parts) > 1 else None), parts[-1]


def _type(statement: Statement, node: Node) -> str:
    """As oidvectortypes() spells it. Without its schema, it is one of pg_catalog's."""
    only(statement, node, "names typemod typmods arrayBounds location")
    parts = [n["String"]["sval"] for n in node["names"]]
    name: str | None = ".".join(map(identifier, parts))
    if parts[:-1] in ([], ["pg_catalog"]):
        name = argument_types.spelled(parts[-1])
    if name is None:
        raise statement.refuse(
            f"argument type {parts[-1]!r} is none of pg_catalog's: needs its schema"
        )
    return name + ("[]" if node.get("arrayBounds") else "")


def _refuse_elsewhere(statement: Statement, elsewhere: bool) -> None:
    if elsewhere:
        raise statement.refuse("needs an object of this database; \\connect to the other first")


def _privileges(
    want: Wanted, statement: Statement, kind: str, node: Node
) -> Iterator[tuple[str, str]]:
    """(column, privilege) for each that is said; ALL is every one of the kind."""
    listed = [p["AccessPriv"] for p in node.get("privileges", ())] or [{}]
    for item in listed:
        columns = [c["String"]["sval"] for c in item.get("cols", ())]
        known = COLUMN if columns else privileges(kind, want.version)
        name = item.get("priv_name", "all").upper()
        name = "TEMPORARY" if name == "TEMP" else name
        names = known if name == "ALL" else (name,)
        if not set(names) <= set(known):
            what = "a column" if columns else f"a {kind}"
            raise statement.refuse(f"{name} is no privilege of {what} in PostgreSQL {want.version}")
        yield from ((column, n) for column in columns or [""] for n in names)


def default_privileges(want: Wanted, statement: Statement, node: Node) -> None:
    base_of(want, statement, statement.database)
    said = options_of(statement, node, ("roles", "schemas"))
    action = node["action"]
    only(statement, action, STATEMENT)
    creators = [want.role]
    if "roles" in said:
        creators = [role_of(want, statement, r) for r in said["roles"]["List"]["items"]]
    if want.role != SUPERUSER and creators != [want.role]:
        raise statement.refuse(f"needs RESET ROLE before it, or FOR ROLE {want.role}")
    schemas = said.get("schemas", {"List": {"items": []}})["List"]["items"]
    names = [s["String"]["sval"] for s in schemas] or [""]
    for creator in creators:
        for schema in names:
            for default in _defaults(want, statement, action, (creator, schema)):
                _set_default(want, statement, action, default)


def _defaults(
    want: Wanted, statement: Statement, action: Node, about: tuple[str, str]
) -> Iterator[Default]:
    kind = KINDS.get(action["objtype"])
    if not kind or (kind == "schema" and about[1]):
        raise statement.refuse("needs TABLES, SEQUENCES, FUNCTIONS or TYPES; or SCHEMAS in none")
    for spec in action["grantees"]:
        grantee = role_of(want, statement, spec, public=True)
        if grantee == about[0]:
            raise statement.refuse(f"{grantee} owns what it makes; leave it out")
        for column, privilege in _privileges(want, statement, kind, action):
            if column:
                raise statement.refuse("a default privilege is on whole tables")
            yield Default(statement.database, *about, kind, grantee, privilege)


def _set_default(want: Wanted, statement: Statement, action: Node, key: Default) -> None:
    option = action.get("grant_option", False)
    if option and key.grantee == PUBLIC:
        raise statement.refuse("PUBLIC can have no grant option")
    want.assume_defaults(key.database, key.creator)
    if action.get("is_grant"):
        want.defaults[key] = option or want.defaults.get(key, False)
        want.sources[key] = statement.source
    elif option:
        want.defaults.update({key: False} if key in want.defaults else {})
    else:
        want.defaults.pop(key, None)
        want.revoked_defaults[key._replace(privilege="")] = statement.source
