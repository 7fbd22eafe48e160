"""ALTER ROLE and ALTER DATABASE: SET, RESET, and SET … FROM CURRENT with its SET before it."""

from howdah.names import identifier, literal, setting_name
from howdah.options import SUPERUSER
from howdah.rights.catalog import Setting
from howdah.roles_sql.nodes import Reading, is_number
from howdah.roles_sql.sqlfiles import Node, RolesSqlError
from howdah.roles_sql.wanted import LISTS, Asked, Wanted

# Of these PostgreSQL joins several values, and quotes none.
WORDS = frozenset(
    {
        "createrole_self_grant",
        "datestyle",
        "log_connections",
        "log_destination",
        "restrict_nonsystem_relation_kind",
    }
)
RESETS = ("VAR_RESET", "VAR_SET_DEFAULT")
# A session that sets these reads the statements after it in another way.
READING = frozenset(
    {
        "session_authorization",
        "standard_conforming_strings",
        "client_encoding",
        "backslash_quote",
    }
)


def of_role(reading: Reading) -> None:
    """ALTER ROLE … [IN DATABASE …] SET or RESET."""
    node = reading.node
    reading.check_only(node, "role database setstmt")
    if "role" not in node:
        raise reading.error("needs a role by its name, not ALL")
    database = ""
    if "database" in node:
        database = reading.known_database(node["database"])
    role = reading.role(node["role"])
    if role not in reading.want.roles and role != SUPERUSER:
        raise reading.error(f"role {role!r} is not made in these files")
    _alter(reading, role, database)


def of_database(reading: Reading) -> None:
    """ALTER DATABASE … SET or RESET."""
    node = reading.node
    reading.check_only(node, "dbname setstmt")
    database = reading.known_database(node["dbname"])
    _alter(reading, "", database)


def _alter(
    reading: Reading,
    role: str,
    database: str,
) -> None:
    """Names are compared as PostgreSQL does: TimeZone is timezone."""
    want = reading.want
    node = reading.node["setstmt"]
    kind = node["kind"]
    if kind == "VAR_RESET_ALL":
        for setting in list(want.settings):
            if setting.role == role and setting.database == database:
                del want.settings[setting]
        return
    name = node["name"].lower()
    setting = Setting(role, database, name)
    if kind in RESETS:
        asked = Asked(name, None)
        want.asked.setdefault(asked, reading.source)
        want.settings.pop(setting, None)
        return
    value = _value_or_current(reading, node)
    asked = Asked(name, value)
    want.asked.setdefault(asked, reading.source)
    want.settings[setting] = value
    want.sources[setting] = reading.source


def _value_or_current(reading: Reading, node: Node) -> str:
    if node["kind"] == "VAR_SET_CURRENT":
        return _current(reading, node["name"].lower())
    return _value(reading, node)


def _value(reading: Reading, node: Node) -> str:
    """As the server stores it."""
    if node["kind"] != "VAR_SET_VALUE":
        raise reading.error("needs SET name = value")
    name = node["name"].lower()
    is_list = name in LISTS
    values = []
    for arg in node["args"]:
        value = reading.constant(arg)
        if value == "" and is_list and len(node["args"]) > 1:
            raise reading.error("has an empty name in its list")
        if is_list and not is_number(arg):
            value = identifier(value)
        values.append(value)
    if len(values) > 1 and not is_list and name not in WORDS:
        raise reading.error(f"{name} takes one value")
    return ", ".join(values)


def _current(reading: Reading, name: str) -> str:
    want = reading.want
    if name not in want.session:
        raise reading.error(
            f"FROM CURRENT needs SET {name} = value before it, after the last \\connect; or write "
            f"SET {name} = value in its place"
        )
    want.unused.pop(name, None)
    return want.session[name]


def of_session(reading: Reading) -> None:
    """SET ROLE, or the SET that a later FROM CURRENT takes its value from."""
    want = reading.want
    node = reading.node
    kind = node["kind"]
    name = node.get("name", "").lower()
    why = f"{reading.words()} lasts for a session only; write ALTER ROLE"
    if node.get("is_local") or name in READING or kind == "VAR_RESET_ALL":
        raise reading.error(why)
    if name == "role":
        _set_role(reading)
    elif kind not in RESETS:
        want.session[name] = _value(reading, node)
        want.unused[name] = f"{reading.source}: {why}, or FROM CURRENT after it"
    elif name in want.session:
        del want.session[name]
    else:
        raise reading.error(why)


def _set_role(reading: Reading) -> None:
    node = reading.node
    args = node.get("args", ())
    if node["kind"] not in ("VAR_RESET", "VAR_SET_VALUE") or len(args) > 1:
        raise reading.error("needs SET ROLE role, or RESET ROLE")
    role = "none"
    if node["kind"] == "VAR_SET_VALUE":
        role = reading.constant(args[0])
    if role == "none":
        reading.want.role = SUPERUSER
    else:
        reading.want.role = reading.known_role(role)


def end_session(want: Wanted) -> None:
    r"""\connect, or the end of a file: a SET must have been for something."""
    for why in want.unused.values():
        raise RolesSqlError(why)
    want.session.clear()
    want.role = SUPERUSER


def clause(name: str, value: str) -> str:
    """SET name = value, as SQL."""
    text = literal(value)
    if name in LISTS:  # quoted name by name already; an empty one would be an error
        text = value
        if value == '""':
            text = "''"
    return f"SET {setting_name(name)} = {text}"
