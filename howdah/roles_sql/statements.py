"""The statements of roles-sql about roles, databases and what is in them: read one by one.

Only the kinds of statement in READERS are known. Any other is rejected, never skipped.
"""

import re
from collections.abc import Callable, Iterable, Iterator

from howdah.options import LONGEST_NAME, SHARED, SUPERUSER
from howdah.rights import comments
from howdah.rights.catalog import Extension, Object
from howdah.rights.membership import OPTIONS_SINCE
from howdah.roles_sql import (
    databases,
    default_privileges,
    grants,
    role_grants,
    role_settings,
    role_statements,
)
from howdah.roles_sql.nodes import Reading, text
from howdah.roles_sql.sqlfiles import Node, Statement
from howdah.roles_sql.wanted import Table, Wanted

SERIAL = frozenset(
    {
        "serial",
        "serial2",
        "serial4",
        "serial8",
        "smallserial",
        "bigserial",
    }
)
# What an owner does after SET ROLE as the superuser would: the objects are its own.
OF_AN_OWNER = (
    "CreateStmt",
    "VariableSetStmt",
    "AlterDefaultPrivilegesStmt",
    "CommentStmt",
    "GrantStmt",
)


def wanted(statements: Iterable[Statement], version: int) -> Wanted:
    """Statements -> what they ask for. Raises RolesSqlError with file and line."""
    want = Wanted(version=version)
    session = None
    for statement in statements:
        if statement.session != session:  # \connect and a new file begin as the superuser
            role_settings.end_session(want)
            session = statement.session
        reading = Reading(want, statement)
        _check_place(reading)
        read = READERS[statement.kind]
        read(reading)
    role_settings.end_session(want)
    role_grants.check_grantors(want)
    for database in want.connlimits:
        for creator in (*want.roles, SUPERUSER):
            want.assume_defaults(database, creator)
    if version < OPTIONS_SINCE:
        _inherit_by_attribute(want)
    return want


def _inherit_by_attribute(want: Wanted) -> None:
    """Whether a member inherits is its own attribute, whenever it was granted the role."""
    for member, options in want.members.items():
        inherits = role_grants.inherits_by_itself(want, member.member)
        want.members[member] = options._replace(inherit=inherits)


def _check_place(reading: Reading) -> None:
    statement = reading.statement
    if statement.kind not in READERS:
        words = reading.words()
        raise reading.error(f"{words} is not a statement that Howdah can compare")
    if statement.database not in SHARED:
        reading.known_database(statement.database)
    if reading.want.role != SUPERUSER and statement.kind not in OF_AN_OWNER:
        raise reading.error("needs RESET ROLE before it: the superuser does this")


def _create_schema(reading: Reading) -> None:
    node = reading.node
    if "authrole" not in node or "schemaElts" in node or "schemaname" not in node:
        raise reading.error("needs CREATE SCHEMA name AUTHORIZATION role and nothing else")
    database = reading.database()
    taken = {"public", "information_schema"}
    for obj in reading.want.owners:
        if obj.kind == "schema" and obj.database == database:
            taken.add(obj.name)
    name = reading.new_name(node["schemaname"], taken)
    owner = reading.role(node["authrole"])
    schema = Object(database, "schema", "", name)
    _own(reading, schema, owner)


def _own(
    reading: Reading,
    obj: Object,
    owner: str,
) -> None:
    reading.want.owners[obj] = owner
    reading.want.sources[obj] = reading.source


def _create_table(reading: Reading) -> None:
    """Its existence and owner are compared; its columns belong to whoever alters it later."""
    want = reading.want
    node = reading.node
    if not node.get("if_not_exists") or want.role == SUPERUSER:
        raise reading.error("needs SET ROLE owner before it, and IF NOT EXISTS")
    reading.check_only(node, "relation tableElts options oncommit if_not_exists")
    relation = node["relation"]
    if relation.get("relpersistence") != "p" or "catalogname" in relation:
        raise reading.error("needs a plain table of this database")
    database = reading.database()
    schema = reading.schema(relation.get("schemaname"))
    name = relation["relname"]
    table = Object(database, "table", schema, name)
    if table in want.tables:
        raise reading.error(f"{name!r} is there already")
    elements = node.get("tableElts", ())
    sequences = _sequences(table, elements)
    sql = reading.statement.text
    want.tables[table] = Table(sql, want.role, tuple(sequences))
    _own(reading, table, want.role)


def _sequences(table: Object, elements: Iterable[Node]) -> Iterator[Object]:
    """What PostgreSQL makes for the columns: table_column_seq."""
    for element in elements:
        column = element.get("ColumnDef", {})
        name = f"{table.name}_{column.get('colname')}_seq"
        # a longer one is cut by rules of its own, and is seen by the next plan
        is_short = len(name.encode()) <= LONGEST_NAME
        if is_short and (_is_serial(column) or _is_identity(column)):
            yield table._replace(kind="sequence", name=name)


def _is_serial(column: Node) -> bool:
    words = column.get("typeName", {}).get("names")
    return bool(words) and text(words[-1]) in SERIAL


def _is_identity(column: Node) -> bool:
    for constraint in column.get("constraints", ()):
        if constraint["Constraint"]["contype"] == "CONSTR_IDENTITY":
            return True
    return False


def _create_extension(reading: Reading) -> None:
    want = reading.want
    node = reading.node
    options = reading.options(node, ["schema", "cascade"])
    if "schema" not in options:
        raise reading.error("needs CREATE EXTENSION name WITH SCHEMA schema")
    name = node["extname"]
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_-]*", name):
        raise reading.error("needs a name of a-z, 0-9, _ and -")
    database = reading.database()
    extension = Extension(database, name)
    if extension in want.extensions:
        raise reading.error(f"{name!r} is there already")
    want.extensions[extension] = options["schema"]
    if options.get("cascade"):
        want.cascades.add(extension)
    want.assume_defaults(database, SUPERUSER)
    early = {}
    for default, grantable in want.defaults.items():
        if default.database == database and default.creator == SUPERUSER:
            early[default] = grantable
    want.early_defaults[database] = early
    want.sources[extension] = reading.source


READERS: dict[str, Callable[[Reading], None]] = {
    "CreateRoleStmt": role_statements.create,
    "AlterRoleStmt": role_statements.alter,
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
    "GrantRoleStmt": role_grants.grant_role,
    "GrantStmt": grants.grant,
    "AlterDefaultPrivilegesStmt": default_privileges.default_privileges,
}
