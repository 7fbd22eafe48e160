"""The statements of roles-sql about privileges: GRANT, REVOKE, ALTER DEFAULT PRIVILEGES."""

from collections.abc import Iterator

from howdah.catalog import ALL, COLUMN, Default, Member, Object, privileges
from howdah.cluster import SUPERUSER
from howdah.sqlfiles import Node, Statement, options_of, role_of, scalar
from howdah.wanted import Step, Wanted

KINDS = {
    "OBJECT_DATABASE": "database",
    "OBJECT_SCHEMA": "schema",
    "OBJECT_TABLE": "table",
    "OBJECT_SEQUENCE": "sequence",
    "OBJECT_FUNCTION": "function",
    "OBJECT_PROCEDURE": "function",
    "OBJECT_ROUTINE": "function",
    "OBJECT_TYPE": "type",
}
# As pg_proc's oidvectortypes() spells what the parser names after its catalog.
TYPES = {
    "bool": "boolean", "int2": "smallint", "int4": "integer", "int8": "bigint", "float4": "real",
    "float8": "double precision", "varchar": "character varying",
}  # fmt: skip


def grant_role(want: Wanted, statement: Statement, node: Node) -> None:
    if not node.get("is_grant"):
        raise statement.refuse("what is not granted here is revoked by itself")
    said = {o["DefElem"]["defname"]: scalar(o["DefElem"]["arg"]) for o in node.get("opt", ())}
    for granted in node["granted_roles"]:
        for grantee in node["grantee_roles"]:
            member = Member(granted["AccessPriv"]["priv_name"], role_of(statement, grantee),
                            SUPERUSER)  # fmt: skip
            inherits = want.roles.get(member.member, {}).get("inherit", True)
            want.members[member] = (said.get("admin", False), said.get("inherit", inherits),
                                    said.get("set", True))  # fmt: skip
            want.sources[member] = statement.source


def grant(want: Wanted, statement: Statement, node: Node) -> None:
    kind = KINDS.get(node["objtype"])
    if not kind:
        raise statement.refuse("needs a database, schema, table, sequence, function or type")
    for target in _targets(statement, kind, node):
        step = Step(
            grants=node.get("is_grant", False),
            target=target,
            privileges=tuple(_privileges(want, statement, kind, node)),
            grantees=tuple(role_of(statement, g) for g in node["grantees"]),
            option=node.get("grant_option", False),
            source=statement.source,
        )
        want.steps.append(step)


def _targets(statement: Statement, kind: str, node: Node) -> Iterator[Object]:
    base = statement.database
    for item in node["objects"]:
        ((shape, value),) = item.items()
        if node["targtype"] == "ACL_TARGET_ALL_IN_SCHEMA":
            yield Object(base, kind, value["sval"], "")
        elif kind == "database":
            yield Object(value["sval"], kind, "", value["sval"])
        elif shape == "String":
            yield Object(base, kind, "", value["sval"])
        elif shape == "RangeVar":
            schema = _qualified(statement, value.get("schemaname"))
            yield Object(base, kind, schema, value["relname"])
        else:
            yield _routine_or_type(statement, kind, value)


def _routine_or_type(statement: Statement, kind: str, value: Node) -> Object:
    words = value["objname"] if kind == "function" else value["items"]
    parts = [word["String"]["sval"] for word in words]
    schema = _qualified(statement, parts[-2] if len(parts) > 1 else None)
    arguments = ""
    if kind == "function":
        if value.get("args_unspecified"):
            raise statement.refuse("needs the function's argument types")
        names = [a["TypeName"]["names"][-1]["String"]["sval"] for a in value.get("objargs", ())]
        arguments = f"({', '.join(TYPES.get(n, n) for n in names)})"
    return Object(statement.database, kind, schema, parts[-1] + arguments)


def _qualified(statement: Statement, schema: str | None) -> str:
    if not schema:
        raise statement.refuse("needs the object with its schema")
    return schema


def _privileges(
    want: Wanted, statement: Statement, kind: str, node: Node
) -> Iterator[tuple[str, str]]:
    listed = [p["AccessPriv"] for p in node.get("privileges", ())] or [{"priv_name": "all"}]
    for item in listed:
        columns = [c["String"]["sval"] for c in item.get("cols", ())] or [""]
        known = COLUMN if columns != [""] else privileges(kind, want.version)
        name = {"temp": "TEMPORARY"}.get(item.get("priv_name", "all"), item.get("priv_name", "all"))
        names = known if name == "all" else (name.upper(),)
        if not set(names) <= set(ALL[kind]):
            raise statement.refuse(f"{name.upper()} is no privilege of a {kind}")
        yield from ((c, n) for c in columns for n in names if n in known)


def default_privileges(want: Wanted, statement: Statement, node: Node) -> None:
    options = options_of(node)
    if "roles" not in options:
        raise statement.refuse("needs FOR ROLE: whose later objects it is about")
    creators = [role_of(statement, r) for r in options["roles"]["List"]["items"]]
    schemas = [s["String"]["sval"] for s in options.get("schemas", {"List": {"items": []}})
               ["List"]["items"]] or [""]  # fmt: skip
    action = node["action"]
    kind = KINDS[action["objtype"]]
    for creator in creators:
        want.assume_defaults(statement.database, creator)
        for schema in schemas:
            for _, privilege in _privileges(want, statement, kind, action):
                for grantee in action["grantees"]:
                    key = Default(statement.database, creator, schema, kind,
                                  role_of(statement, grantee), privilege)  # fmt: skip
                    _set_default(want, statement, action, key)


def _set_default(want: Wanted, statement: Statement, action: Node, key: Default) -> None:
    if action.get("is_grant"):
        want.defaults[key] = action.get("grant_option", False)
        want.sources[key] = statement.source
    else:
        want.defaults.pop(key, None)
        want.revoked_defaults[key._replace(privilege="")] = statement.source
