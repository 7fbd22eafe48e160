"""The statements of roles-sql about roles, databases and what is in them: read one by one.

Only the kinds of statement in READERS are known. Any other is refused, never skipped.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from howdah import grants
from howdah.catalog import Object, Setting
from howdah.cluster import SUPERUSER, check_name
from howdah.names import identifier
from howdah.sqlfiles import Node, Statement, options_of, role_of, scalar
from howdah.wanted import LISTS, Wanted

ATTRIBUTES = {
    "superuser": ("superuser", False),
    "createdb": ("createdb", False),
    "createrole": ("createrole", False),
    "inherit": ("inherit", True),
    "canlogin": ("login", False),
    "isreplication": ("replication", False),
    "bypassrls": ("bypassrls", False),
    "connectionlimit": ("connection limit", -1),
    "validUntil": ("valid until", None),
    "password": ("password", None),
}


def wanted(statements: Iterable[Statement], version: int) -> Wanted:
    """Statements -> what they ask for. Raises BadSql with file and line."""
    result = Wanted(version=version)
    for statement in statements:
        reader = READERS.get(statement.kind)
        if not reader:
            words = " ".join(statement.text.split()[:2]).upper()
            raise statement.refuse(f"{words} is not a statement that Howdah can compare")
        reader(result, statement, statement.node)
    for base in result.connlimits:
        for creator in (*result.roles, SUPERUSER):
            result.assume_defaults(base, creator)
    return result


def _create_role(want: Wanted, statement: Statement, node: Node) -> None:
    if node["stmt_type"] == "ROLESTMT_GROUP":
        raise statement.refuse("CREATE GROUP is an old spelling; write CREATE ROLE … NOLOGIN")
    name = _checked(statement, node["role"])
    login = node["stmt_type"] == "ROLESTMT_USER"
    want.roles[name] = dict(ATTRIBUTES.values()) | {"login": login}
    want.sources[name] = statement.source
    _attributes(want, statement, name, node)


def _alter_role(want: Wanted, statement: Statement, node: Node) -> None:
    name = role_of(statement, node["role"])
    if name not in want.roles:
        raise statement.refuse(f"role {name!r} is not made in these files")
    _attributes(want, statement, name, node)


def _attributes(want: Wanted, statement: Statement, name: str, node: Node) -> None:
    for option, arg in options_of(node).items():
        if option not in ATTRIBUTES:
            raise statement.refuse(f"{option} is not an attribute; write GRANT role TO role")
        value = scalar(arg) if arg else None
        if option == "validUntil":
            value = _moment(statement, str(value))
        want.roles[name][ATTRIBUTES[option][0]] = value


def _moment(statement: Statement, value: str) -> str | None:
    """As the query returns it: in UTC, without saying so."""
    if value == "infinity":
        return None
    try:
        return datetime.fromisoformat(value).astimezone(UTC).replace(tzinfo=None).isoformat()
    except ValueError:
        raise statement.refuse("VALID UNTIL needs 'infinity' or an ISO 8601 time") from None


def _checked(statement: Statement, name: str) -> str:
    try:
        return check_name(name)
    except ValueError as e:
        raise statement.refuse(f"{name!r} {e}") from e


def _set(want: Wanted, statement: Statement, key: tuple[str, str], node: Node) -> None:
    if node["kind"] != "VAR_SET_VALUE":
        raise statement.refuse("needs SET name = value; what is not set here is reset by itself")
    name = node["name"]
    values = [_constant(statement, a) for a in node["args"]]
    if name in LISTS:
        values = [identifier(v) for v in values]
    want.settings[Setting(*key, name)] = ", ".join(values)
    want.sources[Setting(*key, name)] = statement.source


def _constant(statement: Statement, arg: Node) -> str:
    constant = arg.get("A_Const")
    if constant is None:
        raise statement.refuse("needs a plain value")
    for kind, inner in (("sval", "sval"), ("ival", "ival"), ("fval", "fval"), ("boolval", "")):
        if kind in constant:
            return str(constant[kind].get(inner, 0 if kind == "ival" else ""))
    raise statement.refuse("needs a plain value")


def _role_setting(want: Wanted, statement: Statement, node: Node) -> None:
    role = role_of(statement, node["role"]) if "role" in node else ""
    if role not in (*want.roles, SUPERUSER):
        raise statement.refuse(f"role {role or 'ALL'!r} is not made in these files")
    _set(want, statement, (role, node.get("database", "")), node["setstmt"])


def _database_setting(want: Wanted, statement: Statement, node: Node) -> None:
    _set(want, statement, ("", node["dbname"]), node["setstmt"])


def _create_database(want: Wanted, statement: Statement, node: Node) -> None:
    options = {name: scalar(arg) for name, arg in options_of(node).items()}
    unknown = options.keys() - {"owner", "template", "encoding", "connection_limit"}
    if unknown or options.get("template") != "template0" or "owner" not in options:
        raise statement.refuse("needs OWNER and TEMPLATE template0, and at most ENCODING and "
                               "CONNECTION LIMIT beside them")  # fmt: skip
    name = _checked(statement, node["dbname"])
    want.connlimits[name] = options.get("connection_limit", -1)
    want.owners[want.database(name)] = options["owner"]
    want.sources[want.database(name)] = statement.source


def _create_schema(want: Wanted, statement: Statement, node: Node) -> None:
    if "authrole" not in node or "schemaElts" in node:
        raise statement.refuse("needs CREATE SCHEMA name AUTHORIZATION role and nothing else")
    _own(want, statement, Object(statement.database, "schema", "", node["schemaname"]),
         role_of(statement, node["authrole"]))  # fmt: skip


def _own(want: Wanted, statement: Statement, obj: Object, owner: str) -> None:
    want.owners[obj] = owner
    want.sources[obj] = statement.source


def _create_table(want: Wanted, statement: Statement, node: Node) -> None:
    """Its existence and owner are compared; its columns belong to whoever alters it later."""
    if not node.get("if_not_exists") or want.role == SUPERUSER:
        raise statement.refuse("needs SET ROLE owner before it, and IF NOT EXISTS")
    relation = node["relation"]
    table = Object(statement.database, "table", relation.get("schemaname", ""), relation["relname"])
    want.tables[table] = (statement.text, want.role)
    _own(want, statement, table, want.role)


def _create_extension(want: Wanted, statement: Statement, node: Node) -> None:
    options = {name: scalar(arg) for name, arg in options_of(node).items()}
    if set(options) != {"schema"}:
        raise statement.refuse("needs CREATE EXTENSION name WITH SCHEMA schema")
    key = (statement.database, node["extname"])
    want.extensions[key] = options["schema"]
    want.sources[key] = statement.source


def _set_role(want: Wanted, statement: Statement, node: Node) -> None:
    if node["name"] != "role":
        raise statement.refuse(f"SET {node['name']} lasts for a session only; write ALTER ROLE")
    reset = node["kind"] == "VAR_RESET"
    want.role = SUPERUSER if reset else _constant(statement, node["args"][0])


READERS: dict[str, Callable[[Wanted, Statement, Node], None]] = {
    "CreateRoleStmt": _create_role,
    "AlterRoleStmt": _alter_role,
    "AlterRoleSetStmt": _role_setting,
    "AlterDatabaseSetStmt": _database_setting,
    "CreatedbStmt": _create_database,
    "CreateSchemaStmt": _create_schema,
    "CreateStmt": _create_table,
    "CreateExtensionStmt": _create_extension,
    "VariableSetStmt": _set_role,
    "GrantRoleStmt": grants.grant_role,
    "GrantStmt": grants.grant,
    "AlterDefaultPrivilegesStmt": grants.default_privileges,
}
