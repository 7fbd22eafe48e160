"""What stands in a node of PostgreSQL's parser; what is not expected there is rejected."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from howdah.options import SUPERUSER, check_quoted
from howdah.rights import membership
from howdah.rights.kinds import PUBLIC
from howdah.rights.membership import ROLES_SINCE
from howdah.roles_sql.sqlfiles import Node, RolesSqlError, Statement
from howdah.roles_sql.wanted import Wanted

# The parser leaves out what is empty, zero or false.
EMPTY = {
    "Integer": 0,
    "Boolean": False,
    "String": "",
}
CURRENT = ("ROLESPEC_CURRENT_USER", "ROLESPEC_CURRENT_ROLE")


Options = dict[str, Any]  # name -> value, None where there is none


@dataclass(frozen=True)
class Reading:
    """One statement of roles-sql, and what those before it ask for."""

    want: Wanted
    statement: Statement

    @property
    def node(self) -> Node:
        """What the parser has made of the statement."""
        return self.statement.node

    @property
    def source(self) -> str:
        """Where it stands."""
        return self.statement.source

    def error(self, why: str) -> RolesSqlError:
        """The error to raise for this statement."""
        return self.statement.error(why)

    def words(self) -> str:
        """The first two: ALTER TABLE."""
        words = self.statement.text.split()
        return " ".join(words[:2]).upper()

    def database(self) -> str:
        """The one that the statement runs in, which these files make."""
        return self.known_database(self.statement.database)

    def check_only(self, node: Node, known: str) -> None:
        """A node with more than the words of ``known`` is rejected: nothing is skipped."""
        more = node.keys() - set(known.split())
        if more:
            raise self.error(f"{', '.join(sorted(more))}: not known here; leave it out")

    def options(self, node: Node, known: Iterable[str]) -> Options:
        """Of a node."""
        allowed = set(known)
        options: Options = {}
        listed = node.get("options") or node.get("opt") or ()
        for item in listed:
            element = item["DefElem"]
            name = element["defname"]
            if name not in allowed:
                raise self.error(f"{name}: not known here; leave it out")
            if name in options:
                raise self.error(f"{name} is said twice")
            options[name] = None
            if "arg" in element:
                options[name] = scalar(element["arg"])
        return options

    def constant(self, arg: Node) -> str:
        """A plain value in SET name = value, as text."""
        value = arg.get("A_Const", {})
        if "sval" in value:
            return str(value["sval"].get("sval", ""))
        if "ival" in value:
            return str(value["ival"].get("ival", 0))
        if "fval" in value:
            return str(value["fval"].get("fval", ""))
        raise self.error("needs a plain value")

    def role(self, spec: Node) -> str:
        """The name in a RoleSpec, of a role that has been made."""
        if "RoleSpec" in spec:
            spec = spec["RoleSpec"]
        kind = spec["roletype"]
        if kind in CURRENT:
            return self.want.role
        if kind == "ROLESPEC_SESSION_USER":
            return SUPERUSER
        if kind != "ROLESPEC_CSTRING":
            raise self.error("needs a role by its name, not PUBLIC")
        return self.known_role(spec["rolename"])

    def grantee(self, spec: Node) -> str:
        """A role, or PUBLIC."""
        if spec["RoleSpec"]["roletype"] == "ROLESPEC_PUBLIC":
            return PUBLIC
        return self.role(spec)

    def known_role(self, role: str) -> str:
        """The role, if these files make it before this line, or PostgreSQL does."""
        since = ROLES_SINCE.get(role)
        version = self.want.version
        if since and since > version:
            raise self.error(f"role {role} came with PostgreSQL {since}, and this is {version}")
        if since:
            return role
        if role.startswith("pg_"):
            known = membership.predefined(version)
            raise self.error(f"PostgreSQL has no role {role!r}; its own are {', '.join(known)}")
        if role not in self.want.roles and role != SUPERUSER:
            raise self.error(f"role {role!r} is not made before this line")
        return role

    def known_database(self, database: str) -> str:
        """The database, if these files make it before this line."""
        if database not in self.want.connlimits:
            raise self.error(f"database {database!r} is not made before this line")
        return database

    def new_name(self, name: str, taken: Iterable[str]) -> str:
        """Of what the statement makes."""
        try:
            check_quoted(name)
        except ValueError as e:
            raise self.error(f"{name!r} {e}") from e
        if name in taken:
            raise self.error(f"{name!r} is there already")
        return name

    def schema(self, name: str | None) -> str:
        """The schema, which must be said: psql's search_path may be anybody's."""
        if not name:
            raise self.error("needs the object with its schema")
        return name

    def qualified_name(self, words: list[Node]) -> tuple[str, str]:
        """Schema and name."""
        *places, name = [text(word) for word in words]
        if len(places) > 1:
            raise self.elsewhere()
        schema = self.schema("".join(places))
        return schema, name

    def elsewhere(self) -> RolesSqlError:
        """The error to raise for database.schema.name."""
        return self.error("needs an object of this database; \\connect to the other first")

    def connection_limit(self, limit: object) -> int:
        """Of a role or a database: a number, if PostgreSQL would take it."""
        if not isinstance(limit, int) or limit < -1:
            raise self.error("CONNECTION LIMIT needs -1 (none) or more")
        return limit


def scalar(arg: Node) -> Any:
    """The parser's Integer, String, Boolean … -> a Python value; a list stays as it is."""
    ((kind, value),) = arg.items()
    if kind not in EMPTY:
        return arg
    for its in value.values():
        return its
    return EMPTY[kind]


def items(node: Node | None) -> list[Node]:
    """Those of a List; of None there is none."""
    if node is None:
        return []
    return list(node["List"]["items"])


def text(node: Node) -> str:
    """Of a String."""
    return str(node["String"]["sval"])


def is_number(arg: Node) -> bool:
    """Whether a plain value is one."""
    return "sval" not in arg.get("A_Const", {})
