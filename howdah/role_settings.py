"""ALTER ROLE and ALTER DATABASE: SET, RESET, and SET … FROM CURRENT with its SET before it."""

from howdah.catalog import Setting
from howdah.knobs import SUPERUSER
from howdah.names import identifier, literal, setting_name
from howdah.nodes import base_of, constant, is_number, made, only, role_of
from howdah.sqlfiles import Node, RolesSqlError, Statement
from howdah.wanted import LISTS, Asked, Wanted

# Of these PostgreSQL joins several values, and quotes none.
WORDS = frozenset({"createrole_self_grant", "datestyle", "log_connections", "log_destination",
                   "restrict_nonsystem_relation_kind"})  # fmt: skip
RESETS = ("VAR_RESET", "VAR_SET_DEFAULT")
# A session that sets these reads the statements after it in another way.
READING = frozenset({"session_authorization", "standard_conforming_strings", "client_encoding",
                     "backslash_quote"})  # fmt: skip


def of_role(want: Wanted, statement: Statement, node: Node) -> None:
    """ALTER ROLE … [IN DATABASE …] SET or RESET."""
    only(statement, node, "role database setstmt")
    if "role" not in node:
        raise statement.refuse("needs a role by its name, not ALL")
    base = base_of(want, statement, node["database"]) if "database" in node else ""
    role = role_of(want, statement, node["role"])
    if role not in (*want.roles, SUPERUSER):
        raise statement.refuse(f"role {role!r} is not made in these files")
    _alter(want, statement, (role, base), node["setstmt"])


def of_database(want: Wanted, statement: Statement, node: Node) -> None:
    """ALTER DATABASE … SET or RESET."""
    only(statement, node, "dbname setstmt")
    _alter(want, statement, ("", base_of(want, statement, node["dbname"])), node["setstmt"])


def _alter(want: Wanted, statement: Statement, key: tuple[str, str], node: Node) -> None:
    """Names are compared as PostgreSQL does: TimeZone is timezone."""
    if node["kind"] == "VAR_RESET_ALL":
        for setting in [s for s in want.settings if s[:2] == key]:
            del want.settings[setting]
        return
    name = node["name"].lower()
    value = None
    if node["kind"] not in RESETS:
        value = _current(want, statement, name) if _is_current(node) else _value(statement, node)
    want.asked.setdefault(Asked(name, value), statement.source)
    if value is None:
        want.settings.pop(Setting(*key, name), None)
    else:
        want.settings[Setting(*key, name)] = value
        want.sources[Setting(*key, name)] = statement.source


def _is_current(node: Node) -> bool:
    return bool(node["kind"] == "VAR_SET_CURRENT")


def _value(statement: Statement, node: Node) -> str:
    """As the server stores it."""
    if node["kind"] != "VAR_SET_VALUE":
        raise statement.refuse("needs SET name = value")
    name = node["name"].lower()
    values = [constant(statement, a) for a in node["args"]]
    if len(values) > 1 and name not in LISTS | WORDS:
        raise statement.refuse(f"{name} takes one value")
    if name in LISTS:
        if "" in values and len(values) > 1:
            raise statement.refuse("has an empty name in its list")
        values = [constant(statement, a) if is_number(a) else identifier(constant(statement, a))
                  for a in node["args"]]  # fmt: skip
    return ", ".join(values)


def _current(want: Wanted, statement: Statement, name: str) -> str:
    if name not in want.session:
        raise statement.refuse(
            f"FROM CURRENT needs SET {name} = value before it, after the last \\connect; or write "
            f"SET {name} = value in its place"
        )
    want.unused.pop(name, None)
    return want.session[name]


def of_session(want: Wanted, statement: Statement, node: Node) -> None:
    """SET ROLE, or the SET that a later FROM CURRENT takes its value from."""
    name = node.get("name", "").lower()
    words = " ".join(statement.text.split()[:2]).upper()
    why = f"{words} lasts for a session only; write ALTER ROLE"
    if node.get("is_local") or name in READING or node["kind"] == "VAR_RESET_ALL":
        raise statement.refuse(why)
    if name == "role":
        _set_role(want, statement, node)
    elif node["kind"] in RESETS:
        if name not in want.session:
            raise statement.refuse(why)
        del want.session[name]
    else:
        want.session[name] = _value(statement, node)
        want.unused[name] = f"{statement.source}: {why}, or FROM CURRENT after it"


def end_session(want: Wanted) -> None:
    r"""\connect, or the end of a file: a SET must have been for something."""
    for why in want.unused.values():
        raise RolesSqlError(why)
    want.session.clear()
    want.role = SUPERUSER


def _set_role(want: Wanted, statement: Statement, node: Node) -> None:
    if node["kind"] not in ("VAR_RESET", "VAR_SET_VALUE") or len(node.get("args", ())) > 1:
        raise statement.refuse("needs SET ROLE role, or RESET ROLE")
    role = "none" if node["kind"] == "VAR_RESET" else constant(statement, node["args"][0])
    want.role = SUPERUSER if role == "none" else made(want, statement, role)


def clause(name: str, value: str) -> str:
    """SET name = value, as SQL."""
    text = literal(value)
    if name in LISTS:  # quoted name by name already; an empty one would be an error
        text = value if value != '""' else "''"
    return f"SET {setting_name(name)} = {text}"
