"""CREATE ROLE and ALTER ROLE, in roles-sql."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from howdah.options import SUPERUSER
from howdah.rights.catalog import Member, Role
from howdah.roles_sql.nodes import Options, Reading, items
from howdah.roles_sql.role_grants import add_member
from howdah.secrets.verifiers import PASSWORDS, placeholder

# The parser's name of an option -> the attribute.
ATTRIBUTES = {
    "superuser": "superuser",
    "createdb": "createdb",
    "createrole": "createrole",
    "inherit": "inherit",
    "canlogin": "login",
    "isreplication": "replication",
    "bypassrls": "bypassrls",
    "connectionlimit": "connection_limit",
    "validUntil": "valid_until",
    "password": "password",
}
MEMBERSHIPS = ("addroleto", "rolemembers", "adminmembers")  # IN ROLE, ROLE, ADMIN
PLACEHOLDERS = frozenset(map(placeholder, PASSWORDS))


def create(reading: Reading) -> None:
    """CREATE ROLE or USER."""
    want = reading.want
    node = reading.node
    reading.check_only(node, "stmt_type role options")
    if node["stmt_type"] == "ROLESTMT_GROUP":
        raise reading.error("CREATE GROUP is an old spelling; write CREATE ROLE … NOLOGIN")
    options = reading.options(node, [*ATTRIBUTES, *MEMBERSHIPS])
    taken = want.roles.keys() | {SUPERUSER}
    name = reading.new_name(node["role"], taken)
    role = Role(login=node["stmt_type"] == "ROLESTMT_USER")
    want.roles[name] = _with(reading, role, options)
    want.sources[name] = reading.source
    for option in MEMBERSHIPS:
        for spec in items(options.get(option)):
            _join(reading, option, name, reading.role(spec))


def _join(
    reading: Reading,
    option: str,
    name: str,
    other: str,
) -> None:
    if option == "addroleto":
        member = Member(other, name, SUPERUSER)
    else:
        member = Member(name, other, SUPERUSER)
    options = {}
    if option == "adminmembers":
        options["admin"] = True
    add_member(reading, member, options)


def alter(reading: Reading) -> None:
    """ALTER ROLE: attributes."""
    want = reading.want
    node = reading.node
    reading.check_only(node, "role options action")
    name = reading.role(node["role"])
    if name == SUPERUSER:
        _limit_superuser(reading)
        return
    role = want.roles.get(name)
    if role is None:
        raise reading.error(f"role {name!r} is not made in these files")
    options = reading.options(node, ATTRIBUTES)
    want.roles[name] = _with(reading, role, options)


def _limit_superuser(reading: Reading) -> None:
    """All that is managed of its attributes. PostgreSQL holds no superuser to it; scanners look."""
    want = reading.want
    options = reading.options(reading.node, ["connectionlimit"])
    limit = options.get("connectionlimit", -1)
    want.superuser_connections = reading.connection_limit(limit)
    want.sources[SUPERUSER] = reading.source


def _with(
    reading: Reading,
    role: Role,
    options: Options,
) -> Role:
    """The role with the attributes among the options."""
    attributes = {}
    for option, value in options.items():
        if option in ATTRIBUTES:
            attributes[ATTRIBUTES[option]] = _read(reading, option, value)
    return replace(role, **attributes)


def _read(
    reading: Reading,
    option: str,
    value: Any,
) -> Any:
    if option == "validUntil":
        return _moment(reading, str(value))
    if option == "connectionlimit":
        return reading.connection_limit(value)
    if option == "password" and value not in PLACEHOLDERS:
        raise reading.error(
            "PASSWORD needs one of the verifiers, as :'app_verifier'; leave it out for a password "
            "that you set by hand"
        )
    return value


def _moment(reading: Reading, value: str) -> str | None:
    """As the query returns it: in UTC, without saying so."""
    if value == "infinity":
        return None
    moment = _parsed(value)
    if moment is None:
        raise reading.error(
            "VALID UNTIL needs 'infinity' or an ISO 8601 time with its zone, as in "
            "'2030-01-01T00:00:00Z'"
        )
    return moment.isoformat()


def _parsed(value: str) -> datetime | None:
    """In UTC; None where it is no time of whole seconds with its zone."""
    if not re.search(r"(Z|[+-]\d\d(:?\d\d)?)$", value):
        return None
    try:
        moment = datetime.fromisoformat(value)
        in_utc = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    if not moment.tzinfo or in_utc.microsecond:
        return None
    return in_utc.replace(tzinfo=None)
