"""Roles, databases and rights: the statements that turn what a server has into what is wanted."""

from collections.abc import Iterator, Mapping

from howdah.names import identifier
from howdah.options import SHARED, SUPERUSER
from howdah.rights import absent, acls, comments, default_acls, reports, roles
from howdah.rights.catalog import Catalog, Grant, Object
from howdah.rights.change import Change, Plan
from howdah.rights.clauses import qualified
from howdah.rights.foreign import Foreign
from howdah.rights.kinds import ALL, PUBLIC
from howdah.roles_sql import databases
from howdah.roles_sql.wanted import Wanted

# A session in template1 would make CREATE DATABASE fail; nobody is in template0.
FROM_TEMPLATE = "TEMPLATE template0 ENCODING 'UTF8'"

# What other objects are in.
PLACES = {"database", "schema"}
IN_PLACES = ALL.keys() - PLACES
# Of extensions that roles-sql/ has.
VIEWS = {"pg_stat_statements": ("pg_stat_statements", "pg_stat_statements_info")}


def plan(
    found: Catalog,
    want: Wanted,
    verifiers: Mapping[str, str],
) -> Plan:
    """The difference. ``verifiers``: the placeholder in roles-sql -> sha256 of the verifier.

    Raises HowdahError for a role whose password nobody knows and whose verifier is md5, and for an
    object that is of another kind than roles-sql says.
    """
    roles.check_md5(found, want)
    absent.check_kinds(found, want)
    foreign = Foreign(found, want)
    ours = foreign.without(want)
    kept = absent.without_columns(found, ours)
    # What is there after each change; the next one is planned on it.
    current = found.copy()
    changes = list(_changes(current, kept, verifiers))
    changes.sort(key=_transaction)
    told = list(foreign.reports)
    told += reports.reports(current, want, ours)
    return Plan(changes, told)


def _transaction(change: Change) -> tuple[bool, str]:
    """One for each database, the cluster's own first: it fails as a whole."""
    return change.database != SUPERUSER, change.database


def _changes(
    current: Catalog,
    want: Wanted,
    verifiers: Mapping[str, str],
) -> Iterator[Change]:
    _assume_postgresqls(current, want)
    yield from roles.roles(current, want, verifiers)
    yield from roles.members(current, want)
    yield from roles.settings(current, want, in_database=False)
    yield from _databases(current, want)
    yield from roles.settings(current, want, in_database=True)
    yield from _schemas(current, want)
    yield from _owners(current, want)
    yield from acls.of_others(current, want)
    # Who may create in a schema is settled before the superuser works in it.
    yield from acls.of_owners(current, want, PLACES)
    yield from default_acls.before_extensions(current, want)
    yield from _extensions(current, want)
    yield from _tables(current, want)
    yield from acls.of_owners(current, want, IN_PLACES)
    yield from default_acls.changes(current, want)
    yield from comments.changes(current, want)


def _databases(current: Catalog, want: Wanted) -> Iterator[Change]:
    for name in SHARED:
        if name not in current.connlimits:  # a server still to be made
            current.assume_database(name, SUPERUSER, want.version)
    for name, limit in want.connlimits.items():
        database = want.database(name)
        source = want.sources[database]
        if name not in current.connlimits:
            owner = want.owners[database]
            current.assume_database(name, owner, want.version)
            sql = f"CREATE DATABASE {identifier(name)} OWNER {identifier(owner)} {FROM_TEMPLATE}"
            sql += databases.locale_words(want, name)
            yield Change(f"{sql};", source=source, alone=True)
        if current.connlimits[name] != limit:
            sql = f"ALTER DATABASE {identifier(name)} CONNECTION LIMIT {limit};"
            yield Change(sql, source=source)


def _assume_postgresqls(current: Catalog, want: Wanted) -> None:
    """What initdb gives, of what is in a database that is still to be made, or has no ACL yet."""
    for step in want.steps:
        obj = step.target
        if obj in current.owners:
            continue
        if obj.kind == "parameter":
            current.assume(obj, SUPERUSER, want.version)
            continue
        is_new = obj.database not in current.connlimits
        if not is_new or obj.database not in want.connlimits:
            continue
        if obj.schema != "pg_catalog" and obj.kind != "language":
            continue
        if obj.kind == "routine":
            obj = obj._replace(kind="function")
        _assume_initial(current, obj, want.version)


def _assume_initial(
    current: Catalog,
    obj: Object,
    version: int,
) -> None:
    """One of PostgreSQL's own, or of an extension's. Everybody reads its tables."""
    current.assume(obj, SUPERUSER, version)
    if obj.kind == "table":
        reads = Grant("", PUBLIC, "SELECT")
        current.grant(obj, reads, SUPERUSER)
    entries = current.grants[obj]
    current.initial[obj] = list(entries)


def _schemas(current: Catalog, want: Wanted) -> Iterator[Change]:
    for database in want.connlimits:
        for creator in (*want.roles, SUPERUSER):
            current.assume_defaults(database, creator)
    for obj, owner in want.owners.items():
        if obj.kind != "schema" or obj in current.owners:
            continue
        current.assume_born(obj, owner, want.version)
        sql = f"CREATE SCHEMA {identifier(obj.name)} AUTHORIZATION {identifier(owner)};"
        source = want.sources[obj]
        yield Change(sql, obj.database, source)


def _owners(current: Catalog, want: Wanted) -> Iterator[Change]:
    """Of tables that another role of roles-sql has."""
    for obj, table in want.tables.items():
        owner = current.owners.get(obj, table.owner)
        if owner == table.owner or owner not in want.roles:
            continue
        for owned in (obj, *table.sequences):
            if current.owners.get(owned) == owner:
                current.change_owner(owned, table.owner)
        sql = _to_owner(obj, table.owner)
        source = want.sources[obj]
        yield Change(sql, obj.database, source)


def _to_owner(obj: Object, owner: str) -> str:
    return f"ALTER TABLE {qualified(obj)} OWNER TO {identifier(owner)};"


def _extensions(current: Catalog, want: Wanted) -> Iterator[Change]:
    for extension, schema in want.extensions.items():
        if extension in current.extensions:
            continue
        sql = f"CREATE EXTENSION {identifier(extension.name)} WITH SCHEMA {identifier(schema)}"
        if extension in want.cascades:
            sql += " CASCADE"
        database = extension.database
        source = want.sources[extension]
        yield Change(f"{sql};", database, source)
        # Everybody may read what it brings.
        views = VIEWS.get(extension.name, ())
        for name in views:
            view = Object(database, "table", schema, name)
            _assume_initial(current, view, want.version)


def _tables(current: Catalog, want: Wanted) -> Iterator[Change]:
    """Made by the superuser, whom no missing right stops, and then given to their owner."""
    for obj, table in want.tables.items():
        if obj in current.owners:
            continue
        made = [obj]
        for sequence in table.sequences:
            free = _free(current, sequence)
            made.append(free)
        for new in made:
            current.assume_born(new, SUPERUSER, want.version)
            current.change_owner(new, table.owner)
        sql = f"{table.sql}\n;\n{_to_owner(obj, table.owner)}"
        source = want.sources[obj]
        yield Change(sql, obj.database, source)


def _free(current: Catalog, sequence: Object) -> Object:
    """As PostgreSQL names a serial column's sequence: t_id_seq1, where t_id_seq is taken."""
    free = sequence
    number = 0
    while _is_taken(current, free):
        number += 1
        name = f"{sequence.name}{number}"
        free = sequence._replace(name=name)
    return free


def _is_taken(current: Catalog, sequence: Object) -> bool:
    """A table's name is one of the same space."""
    table = sequence._replace(kind="table")
    return sequence in current.owners or table in current.owners
