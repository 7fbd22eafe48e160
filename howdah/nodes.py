"""What stands in a node of PostgreSQL's parser; what is not expected there is refused."""

from collections.abc import Iterable
from typing import Any

from howdah.catalog import PUBLIC
from howdah.knobs import SUPERUSER, check_quoted
from howdah.membership import ROLES_SINCE
from howdah.sqlfiles import Node, Statement
from howdah.wanted import Wanted

# The parser leaves out what is empty, zero or false.
EMPTY = {"Integer": 0, "Boolean": False, "String": ""}


def only(statement: Statement, node: Node, known: str) -> None:
    """Refuses a node that says more than the words of ``known``: nothing is skipped."""
    more = sorted(node.keys() - set(known.split()))
    if more:
        raise statement.refuse(f"{', '.join(more)}: not known here; leave it out")


def options_of(statement: Statement, node: Node, known: Iterable[str]) -> dict[str, Any]:
    """A node's options: name -> value, None where there is none."""
    said: dict[str, Any] = {}
    for item in node.get("options") or node.get("opt") or ():
        name, arg = item["DefElem"]["defname"], item["DefElem"].get("arg")
        if name not in set(known):
            raise statement.refuse(f"{name}: not known here; leave it out")
        if name in said:
            raise statement.refuse(f"{name} is said twice")
        said[name] = scalar(arg) if arg else None
    return said


def scalar(arg: Any) -> Any:
    """The parser's Integer, String, Boolean … -> a Python value; a list stays as it is."""
    ((kind, value),) = arg.items()
    return next(iter(value.values()), EMPTY[kind]) if kind in EMPTY else arg


def constant(statement: Statement, arg: Node) -> str:
    """A plain value in SET name = value, as text."""
    for kind, value in arg.get("A_Const", {}).items():
        if kind in ("sval", "ival", "fval"):
            return str(value.get(kind, 0 if kind == "ival" else ""))
    raise statement.refuse("needs a plain value")


def role_of(want: Wanted, statement: Statement, spec: Node, *, public: bool = False) -> str:
    """The name in a RoleSpec. It must have been made; PUBLIC, the empty one, only where it may."""
    spec = spec.get("RoleSpec", spec)
    if spec["roletype"] == "ROLESPEC_PUBLIC" and public:
        return PUBLIC
    if spec["roletype"] in ("ROLESPEC_CURRENT_USER", "ROLESPEC_CURRENT_ROLE"):
        return want.role
    if spec["roletype"] == "ROLESPEC_SESSION_USER":
        return SUPERUSER
    if spec["roletype"] != "ROLESPEC_CSTRING":
        raise statement.refuse("needs a role by its name, not PUBLIC")
    return made(want, statement, str(spec["rolename"]))


def made(want: Wanted, statement: Statement, role: str) -> str:
    """The role, if these files make it before this line, or PostgreSQL does."""
    since = ROLES_SINCE.get(role)
    if since and since > want.version:
        raise statement.refuse(f"role {role} came with PostgreSQL {since}, and this is "
                               f"{want.version}")  # fmt: skip
    if role.startswith("pg_") and not since:
        known = ", ".join(name for name, its in ROLES_SINCE.items() if its <= want.version)
        raise statement.refuse(f"PostgreSQL has no role {role!r}; its own are {known}")
    if role not in (*want.roles, SUPERUSER) and not since:
        raise statement.refuse(f"role {role!r} is not made before this line")
    return role


def base_of(want: Wanted, statement: Statement, database: str) -> str:
    """The database, if these files make it before this line."""
    if database not in want.connlimits:
        raise statement.refuse(f"database {database!r} is not made before this line")
    return database


def new_name(statement: Statement, name: str, taken: Iterable[str]) -> str:
    """Of what the statement makes."""
    try:
        check_quoted(name)
    except ValueError as e:
        raise statement.refuse(f"{name!r} {e}") from e
    if name in taken:
        raise statement.refuse(f"{name!r} is there already")
    return name


def qualified(statement: Statement, schema: str | None) -> str:
    """The schema, which must be said: psql's search_path may be anybody's."""
    if not schema:
        raise statement.refuse("needs the object with its schema")
    return schema


def values(node: Node) -> list[str]:
    """The strings of a List."""
    return [item["String"]["sval"] for item in node["List"]["items"]]


def is_number(arg: Node) -> bool:
    """Whether a plain value is one."""
    return "sval" not in arg.get("A_Const", {})


def connection_limit(statement: Statement, limit: Any) -> int:
    """Of a role or a database: a number, if PostgreSQL would take it."""
    if not isinstance(limit, int) or limit < -1:
        raise statement.refuse("CONNECTION LIMIT needs -1 (none) or more")
    return limit
