"""The statements of roles-sql about roles, databases and what is in them: read one by one.

Only the kinds of statement in READERS are known. Any other is refused, never skipped.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from howdah import comments, databases, grants, role_settings
from howdah.catalog import Member, Object
from howdah.knobs import LONGEST_NAME, SHARED, SUPERUSER
from howdah.nodes import base_of, connection_limit, new_name, only, options_of, qualified, role_of
from howdah.sqlfiles import Node, Statement
from howdah.verifiers import PASSWORDS, placeholder
from howdah.wanted import Table, Wanted

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
SERIAL = frozenset({"serial", "serial2", "serial4", "serial8", "smallserial", "bigserial"})
MEMBERSHIPS = ("addroleto", "rolemembers", "adminmembers")  # IN ROLE, ROLE, ADMIN
# What an owner does after SET ROLE as the superuser would: the objects are its own.
OF_AN_OWNER = ("CreateStmt", "VariableSetStmt", "AlterDefaultPrivilegesStmt", "CommentStmt",
               "GrantStmt")  # fmt: skip
PLACEHOLDERS = frozenset(map(placeholder, PASSWORDS))


def wanted(statements: Iterable[Statement], version: int) -> Wanted:
    """Statements -> what they ask for. Raises RolesSqlError with file and line."""
    want, session = Wanted(version=version), None
    for statement in statements:
        if statement.session != session:  # \connect and a new file begin as the superuser
            role_settings.end_session(want)
            session = statement.session
        _refuse_place(want, statement)
        READERS[statement.kind](want, statement, statement.node)
    role_settings.end_session(want)
    grants.refuse_dangling(want)
    for base in want.connlimits:
        for creator in (*want.roles, SUPERUSER):
            want.assume_defaults(base, creator)
    if version < grants.MEMBERSHIP_OPTIONS_SINCE:
        _inherit_by_attribute(want)
    return want


def _inherit_by_attribute(want: Wanted) -> None:
    """Whether a member inherits is its own attribute, whenever it was granted the role."""
    for member, (admin, _, may_set) in want.members.items():
        inherits = want.roles.get(member.member, {}).get("inherit", True)
        want.members[member] = (admin, inherits, may_set)


def _refuse_place(want: Wanted, statement: Statement) -> None:
    if statement.kind not in READERS:
        words = " ".join(statement.text.split()[:2]).upper()
        raise statement.refuse(f"{words} is not a statement that Howdah can compare")
    if statement.database not in SHARED:
        base_of(want, statement, statement.database)
    if want.role != SUPERUSER and statement.kind not in OF_AN_OWNER:
        raise statement.refuse("needs RESET ROLE before it: the superuser does this")


def _create_role(want: Wanted, statement: Statement, node: Node) -> None:
    only(statement, node, "stmt_type role options")
    if node["stmt_type"] == "ROLESTMT_GROUP":
        raise statement.refuse("CREATE GROUP is an old spelling; write CREATE ROLE … NOLOGIN")
    said = options_of(statement, node, (*ATTRIBUTES, *MEMBERSHIPS))
    name = new_name(statement, node["role"], want.roles.keys() | {SUPERUSER})
    login = node["stmt_type"] == "ROLESTMT_USER"
    want.roles[name] = dict(ATTRIBUTES.values()) | {"login": login}
    want.sources[name] = statement.source
    _attributes(want, statement, name, said)
    for option in MEMBERSHIPS:
        for spec in said.get(option, {"List": {"items": []}})["List"]["items"]:
            _join(want, statement, option, name, role_of(want, statement, spec))


def _join(want: Wanted, statement: Statement, option: str, name: str, other: str) -> None:
    role, member = (other, name) if option == "addroleto" else (name, other)
    admin = {"admin": True} if option == "adminmembers" else {}
    grants.add_member(want, statement, Member(role, member, SUPERUSER), admin)


def _alter_role(want: Wanted, statement: Statement, node: Node) -> None:
    only(statement, node, "role options action")
    name = role_of(want, statement, node["role"])
    if name == SUPERUSER:
        _limit_superuser(want, statement, node)
        return
    if name not in want.roles:
        raise statement.refuse(f"role {name!r} is not made in these files")
    _attributes(want, statement, name, options_of(statement, node, ATTRIBUTES))


def _limit_superuser(want: Wanted, statement: Statement, node: Node) -> None:
    """All that is managed of its attributes. PostgreSQL holds no superuser to it; scanners look."""
    limit = options_of(statement, node, ("connectionlimit",)).get("connectionlimit", -1)
    want.superuser_connections = connection_limit(statement, limit)
    want.sources[SUPERUSER] = statement.source


def _attributes(want: Wanted, statement: Statement, name: str, said: dict[str, Any]) -> None:
    for option in [o for o in said if o in ATTRIBUTES]:
        known = value = said[option]
        if option == "validUntil":
            known = _moment(statement, str(value))
        elif option == "password" and value not in PLACEHOLDERS:
            raise statement.refuse("PASSWORD needs one of the verifiers, as :'app_verifier'; "
                                   "leave it out for a password that you set by hand")  # fmt: skip
        elif option == "connectionlimit":
            known = connection_limit(statement, value)
        want.roles[name][ATTRIBUTES[option][0]] = known


def _moment(statement: Statement, value: str) -> str | None:
    """As the query returns it: in UTC, without saying so."""
    if value == "infinity":
        return None
    if not re.search(r"(Z|[+-]\d\d(:?\d\d)?)$", value):
        value = ""
    try:
        moment = datetime.fromisoformat(value)
        at = moment.astimezone(UTC)
        if moment.tzinfo and not at.microsecond:
            return at.replace(tzinfo=None).isoformat()
    except (ValueError, OverflowError):
        pass
    raise statement.refuse("VALID UNTIL needs 'infinity' or an ISO 8601 time with its zone, as in "
                           "'2030-01-01T00:00:00Z'")  # fmt: skip


def _create_schema(want: Wanted, statement: Statement, node: Node) -> None:
    if "authrole" not in node or "schemaElts" in node or "schemaname" not in node:
        raise statement.refuse("needs CREATE SCHEMA name AUTHORIZATION role and nothing else")
    base_of(want, statement, statement.database)
    taken = {o.name for o in want.owners if o[:2] == (statement.database, "schema")}
    name = new_name(statement, node["schemaname"], taken | {"public", "information_schema"})
    schema = Object(statement.database, "schema", "", name)
    _own(want, statement, schema, role_of(want, statement, node["authrole"]))


def _own(want: Wanted, statement: Statement, obj: Object, owner: str) -> None:
    want.owners[obj] = owner
    want.sources[obj] = statement.source


def _create_table(want: Wanted, statement: Statement, node: Node) -> None:
    """Its existence and owner are compared; its columns belong to whoever alters it later."""
    if not node.get("if_not_exists") or want.role == SUPERUSER:
        raise statement.refuse("needs SET ROLE owner before it, and IF NOT EXISTS")
    only(statement, node, "relation tableElts options oncommit if_not_exists")
    relation = node["relation"]
    if relation.get("relpersistence") != "p" or "catalogname" in relation:
        raise statement.refuse("needs a plain table of this database")
    base_of(want, statement, statement.database)
    schema = qualified(statement, relation.get("schemaname"))
    table = Object(statement.database, "table", schema, relation["relname"])
    if table in want.tables:
        raise statement.refuse(f"{relation['relname']!r} is there already")
    sequences = tuple(_sequences(table, node.get("tableElts", ())))
    want.tables[table] = Table(statement.text, want.role, sequences)
    _own(want, statement, table, want.role)


def _sequences(table: Object, elements: Iterable[Node]) -> Iterator[Object]:
    """What PostgreSQL makes for the columns: table_column_seq."""
    for element in elements:
        column = element.get("ColumnDef", {})
        words = column.get("typeName", {}).get("names", [])
        kinds = [
            constraint["Constraint"]["contype"] for constraint in column.get("constraints", ())
        ]
        serial = words and words[-1]["String"]["sval"] in SERIAL
        name = f"{table.name}_{column.get('colname')}_seq"
        # a longer one is cut by rules of its own, and is seen by the next plan
        if (serial or "CONSTR_IDENTITY" in kinds) and len(name.encode()) <= LONGEST_NAME:
            yield table._replace(kind="sequence", name=name)


def _create_extension(want: Wanted, statement: Statement, node: Node) -> None:
    said = options_of(statement, node, ("schema", "cascade"))
    if "schema" not in said:
        raise statement.refuse("needs CREATE EXTENSION name WITH SCHEMA schema")
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_-]*", node["extname"]):
        raise statement.refuse("needs a name of a-z, 0-9, _ and -")
    key = (base_of(want, statement, statement.database), node["extname"])
    if key in want.extensions:
        raise statement.refuse(f"{key[1]!r} is there already")
    want.extensions[key] = said["schema"]
    if said.get("cascade"):
        want.cascades.add(key)
    want.assume_defaults(key[0], SUPERUSER)
    want.early_defaults[key[0]] = {d: v for d, v in want.defaults.items()
                                   if d.database == key[0] and d.creator == SUPERUSER}  # fmt: skip
    want.sources[key] = statement.source


def _grant(want: Wanted, statement: Statement, node: Node) -> None:
    before = len(want.steps)
    grants.grant(want, statement, node)
    for step in want.steps[before:]:
        if want.role not in (SUPERUSER, want.owners.get(step.target)):
            what = f"{step.target.kind} {step.target.name or 'ALL'}"
            raise statement.refuse(f"needs RESET ROLE before it: {what} is not {want.role}'s here")


READERS: dict[str, Callable[[Wanted, Statement, Node], None]] = {
    "CreateRoleStmt": _create_role,
    "AlterRoleStmt": _alter_role,
    "AlterRoleSetStmt": role_settings.of_role,
    "AlterDatabaseSetStmt": role_settings.of_database,
    "CreatedbStmt": databases.create,
    "AlterDatabaseStmt": databases.alter,
    "AlterOwnerStmt": databases.give,
    "CreateSchemaStmt": _create_schema,
    "CreateStmt": _create_table,
    "CreateExtensionStmt": _create_extension,
    "VariableSetStmt": role_settings.of_session,
    "CommentStmt": comments.comment,
    "GrantRoleStmt": grants.grant_role,
    "GrantStmt": _grant,
    "AlterDefaultPrivilegesStmt": grants.default_privileges,
}
