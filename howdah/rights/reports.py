"""What a server has beside roles-sql: reported by name, never changed."""

from collections.abc import Iterator

from howdah.danger import Danger
from howdah.options import OTHER_DATABASES, SUPERUSER
from howdah.rights import absent, comments
from howdah.rights.catalog import Catalog, Extension, Object, Role, Schema
from howdah.rights.roles import has_scram
from howdah.roles_sql import databases
from howdah.roles_sql.wanted import Wanted
from howdah.secrets import own_passwords

# Attributes that let a role act as another one, or read all that there is.
POWERS = ("superuser", "createrole", "replication", "bypassrls")
# PostgreSQL's own roles that run programs, or read and write whatever there is.
POWERFUL = {
    "pg_execute_server_program",
    "pg_read_all_data",
    "pg_read_server_files",
    "pg_write_all_data",
    "pg_write_server_files",
}


def reports(
    found: Catalog,
    want: Wanted,
    kept: Wanted,
) -> Iterator[str]:
    """One line for each thing, in a fixed order. ``kept``: less what belongs to somebody else."""
    yield from _roles(found, want)
    yield from _members(found, want)
    yield from own_passwords.few_iterations(found, want)
    yield from _settings(found)
    strange = found.connlimits.keys() - want.connlimits.keys() - OTHER_DATABASES
    for base in sorted(strange):
        yield f"database {base} is not in roles-sql"
    yield from databases.reports(found, kept)
    yield from _extensions(found, want, kept)
    yield from _objects(found, want, kept)
    yield from absent.lines(found, kept)
    yield from comments.absent(found, kept)


def cannot_log_in(found: Catalog, want: Wanted) -> list[str]:
    """LOGIN roles of roles-sql that the server would reject, each with the reasons."""
    entering = {role for _, role in want.logins()}
    lines = []
    for name, role in sorted(want.roles.items()):
        if not role.login:
            continue
        now = found.roles.get(name)
        reasons = _hindrances(role, now)
        if name not in entering:
            reasons.append("it may CONNECT to no database")
        if reasons:
            lines.append(f"role {name} cannot log in: {', '.join(reasons)}")
    return lines


def _hindrances(wanted: Role, now: Role | None) -> list[str]:
    """``now``: None for a role that is not there yet."""
    reasons = []
    has_password = now is not None and now.password
    if wanted.password is None and not has_password:
        reasons.append(r"no password (\password sets one)")
    if now and now.expired and now.valid_until == wanted.valid_until:
        reasons.append(f"it was VALID UNTIL {now.valid_until} UTC")
    if wanted.connection_limit == 0 and not wanted.superuser:
        reasons.append("CONNECTION LIMIT is 0")
    return reasons


def _roles(found: Catalog, want: Wanted) -> Iterator[str]:
    others = sorted(found.roles.keys() - want.roles.keys())
    for role in others:
        if role != SUPERUSER:
            yield _stranger(found, role)
    for role in others:
        if not has_scram(found, role):
            yield f"role {role} has an md5 password, which lets nobody in"
    superuser = found.roles.get(SUPERUSER)
    if superuser and superuser.password:
        line = f"role {SUPERUSER} has a password, and enters by peer over the socket only"
        yield Danger(line, "role")


def _members(found: Catalog, want: Wanted) -> Iterator[str]:
    """Memberships among others' roles."""
    for member in sorted(found.members):
        if member.role in want.roles or member.member in want.roles:
            continue
        line = f"role {member.member} is a member of {member.role}"
        if member.role in POWERFUL or _powers(found, member.role):
            yield Danger(line, "role")
        else:
            yield line


def _stranger(found: Catalog, role: str) -> str:
    line = f"role {role} is not in roles-sql"
    powers = _powers(found, role)
    if not powers:
        return line
    listed = ", ".join(powers)
    return Danger(f"{line}, and has {listed}", "role")


def _powers(found: Catalog, role: str) -> list[str]:
    attributes = found.roles.get(role)
    if attributes is None:
        return []
    powers = []
    for name in POWERS:
        if getattr(attributes, name):
            powers.append(name.upper())
    return powers


def _settings(found: Catalog) -> Iterator[str]:
    """For sessions of managed roles, and of whoever looks after them."""
    for key, value in sorted(found.settings.items()):
        if key.role:
            continue
        whose = "ROLE ALL"
        if key.database:
            whose = f"DATABASE {key.database}"
        if not key.database or key.database in OTHER_DATABASES:
            line = f"ALTER {whose} has set {key.name} = {value!r}"
            yield Danger(line, "setting")


def _extensions(
    found: Catalog,
    want: Wanted,
    kept: Wanted,
) -> Iterator[str]:
    brought = _brought(found, want)
    for extension, schema in sorted(found.extensions.items()):
        base, name = extension
        wanted = want.extensions.get(extension)
        if base not in kept.connlimits or name == "plpgsql":
            continue
        if schema == wanted:
            continue
        if wanted:
            line = f"extension {name} in {base} is in schema {schema}, not {wanted}"
            yield Danger(line, "extension")
        elif extension not in brought:
            line = f"extension {name} in {base} is not in roles-sql"
            yield Danger(line, "extension")


def _brought(found: Catalog, want: Wanted) -> set[Extension]:
    """What the extensions with CASCADE need, by chains too."""
    known = set(want.cascades)
    left = list(want.cascades)
    while left:
        extension = left.pop()
        for name in found.requires.get(extension, ()):
            needed = Extension(extension.database, name)
            if needed not in known:
                known.add(needed)
                left.append(needed)
    return known


def _objects(
    found: Catalog,
    want: Wanted,
    kept: Wanted,
) -> Iterator[str]:
    """What is in a foreign database is not reported."""
    for obj, owner in sorted(found.owners.items()):
        is_postgresqls = obj.kind == "database" and obj.name in OTHER_DATABASES
        if is_postgresqls and owner != SUPERUSER:
            yield Danger(f"database {obj.name} belongs to {owner}", "owner")
        if obj.database not in kept.connlimits:
            continue
        if obj.kind == "schema":
            yield from _schema(obj, owner, want)
        elif obj not in found.initial:
            yield from _foreign(obj, owner, kept)


def _schema(
    obj: Object,
    owner: str,
    want: Wanted,
) -> Iterator[str]:
    if obj.name == "public" and owner != "pg_database_owner":
        line = f"schema public in {obj.database} belongs to {owner}"
        yield Danger(line, "owner")
    if Schema(obj.database, obj.name) not in want.schemas:
        yield f"schema {obj.name} in {obj.database} is not in roles-sql"


def _foreign(
    obj: Object,
    owner: str,
    kept: Wanted,
) -> Iterator[str]:
    """Of another owner than those that make such in its schema."""
    creators = kept.creators.get(obj.in_schema, {owner})
    if owner not in creators:
        name = f"{obj.schema}.{obj.name}{obj.arguments}"
        line = f"{obj.kind} {name} in {obj.database} belongs to {owner}"
        yield Danger(line, "owner")
