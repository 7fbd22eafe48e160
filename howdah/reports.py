"""What a server has beside roles-sql: told by name, never changed."""

from collections.abc import Iterator, Mapping
from typing import Any

from howdah import absent, comments, databases
from howdah.catalog import Catalog
from howdah.knobs import OTHER_DATABASES, SUPERUSER
from howdah.roles import scram
from howdah.wanted import Wanted


def reports(found: Catalog, want: Wanted, kept: Wanted) -> Iterator[str]:
    """One line for each thing, in a fixed order. ``kept``: less what belongs to somebody else."""
    yield from _roles(found, want)
    yield from _settings(found)
    for base in sorted(found.connlimits.keys() - want.connlimits.keys() - OTHER_DATABASES):
        yield f"database {base} is not in roles-sql"
    yield from databases.reports(found, kept)
    yield from _extensions(found, want, kept)
    yield from _objects(found, want, kept)
    yield from absent.lines(found, kept)
    yield from comments.absent(found, kept)


def cannot_log_in(found: Catalog, want: Wanted) -> list[str]:
    """LOGIN roles of roles-sql that the server would not let in, each with the reasons."""
    entering = {role for _, role in want.logins()}
    lines = []
    for role, attributes in sorted(want.roles.items()):
        if attributes["login"]:
            reasons = _hindrances(attributes, found.roles.get(role, {}))
            if role not in entering:
                reasons.append("it may CONNECT to no database")
            if reasons:
                lines.append(f"role {role} cannot log in: {', '.join(reasons)}")
    return lines


def _hindrances(wanted: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """``now``: empty for a role that is not there yet."""
    reasons = []
    if wanted["password"] is None and not now.get("password"):
        reasons.append(r"no password (\password sets one)")
    if now.get("expired") and now["valid until"] == wanted["valid until"]:
        reasons.append(f"it was VALID UNTIL {now['valid until']} UTC")
    if wanted["connection limit"] == 0 and not wanted["superuser"]:
        reasons.append("CONNECTION LIMIT is 0")
    return reasons


def _roles(found: Catalog, want: Wanted) -> Iterator[str]:
    for role in sorted(found.roles.keys() - want.roles.keys() - {SUPERUSER}):
        yield f"role {role} is not in roles-sql"
    for role in sorted(r for r in found.roles.keys() - want.roles.keys() if not scram(found, r)):
        yield f"role {role} has an md5 password, which lets nobody in"
    if found.roles.get(SUPERUSER, {}).get("password"):
        yield f"role {SUPERUSER} has a password, and enters by peer over the socket only"
    for member in sorted(found.members):
        if not {member.role, member.member} & want.roles.keys():
            yield f"role {member.member} is a member of {member.role}"


def _settings(found: Catalog) -> Iterator[str]:
    for key, value in sorted(found.settings.items()):
        if not key.role and (not key.database or key.database in OTHER_DATABASES):
            whose = f"DATABASE {key.database}" if key.database else "ROLE ALL"
            yield f"ALTER {whose} has set {key.name} = {value!r}"


def _extensions(found: Catalog, want: Wanted, kept: Wanted) -> Iterator[str]:
    brought = _brought(found, want)
    for (base, name), schema in sorted(found.extensions.items()):
        wanted = want.extensions.get((base, name))
        if base not in kept.connlimits or name == "plpgsql" or schema == wanted:
            continue
        if wanted:
            yield f"extension {name} in {base} is in schema {schema}, not {wanted}"
        elif (base, name) not in brought:
            yield f"extension {name} in {base} is not in roles-sql"


def _brought(found: Catalog, want: Wanted) -> set[tuple[str, str]]:
    """What the extensions with CASCADE need, by chains too."""
    known, new = set[tuple[str, str]](), set(want.cascades)
    while new:
        known |= new
        new = {(key[0], name) for key in new for name in found.requires.get(key, ())} - known
    return known


def _objects(found: Catalog, want: Wanted, kept: Wanted) -> Iterator[str]:
    """What is in a foreign database is not told."""
    for obj, owner in sorted(found.owners.items()):
        if obj.kind == "database" and obj.name in OTHER_DATABASES and owner != SUPERUSER:
            yield f"database {obj.name} belongs to {owner}"
        if obj.database not in kept.connlimits:
            continue
        if (obj.kind, obj.name) == ("schema", "public") and owner != "pg_database_owner":
            yield f"schema public in {obj.database} belongs to {owner}"
        if obj.kind == "schema" and (obj.database, obj.name) not in want.schemas:
            yield f"schema {obj.name} in {obj.database} is not in roles-sql"
        elif obj in found.initial:
            continue
        elif owner not in kept.creators.get((obj.database, obj.schema), {owner}):
            name = f"{obj.schema}.{obj.name}{obj.arguments}"
            yield f"{obj.kind} {name} in {obj.database} belongs to {owner}"
