"""Roles, databases and rights: the statements that turn what a server has into what is wanted."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from howdah import absent, acls, comments, databases, default_acls, reports, roles
from howdah.catalog import ALL, PUBLIC, Catalog, Grant, Object
from howdah.change import Change, Plan
from howdah.clauses import qualified
from howdah.danger import Danger
from howdah.knobs import SHARED, SUPERUSER
from howdah.names import identifier
from howdah.wanted import Wanted

# A session in template1 would make CREATE DATABASE fail; nobody is in template0.
FROM_TEMPLATE = "TEMPLATE template0 ENCODING 'UTF8'"

# What other objects are in.
PLACES = {"database", "schema"}
# Of extensions that roles-sql/ has.
VIEWS = {"pg_stat_statements": ("pg_stat_statements", "pg_stat_statements_info")}


def plan(found: Catalog, want: Wanted, verifiers: Mapping[str, str]) -> Plan:
    """The difference. ``verifiers``: the placeholder in roles-sql -> sha256 of the verifier.

    ``found`` becomes what is there after the plan, as far as the plan is about it. Raises
    HowdahError for a role whose password nobody knows and whose verifier is md5, and for an object
    that is of another kind than roles-sql says.
    """
    roles.refuse_md5(found, want)
    absent.check_kinds(found, want)
    foreign = _foreign(found, want)
    ours = _without(want, foreign)
    kept = absent.without_columns(found, ours)
    _assume_postgresqls(found, kept)
    changes = [
        *roles.roles(found, kept, verifiers),
        *roles.members(found, kept),
        *roles.settings(found, kept, in_database=False),
        *_databases(found, kept),
        *roles.settings(found, kept, in_database=True),
        *_schemas(found, kept),
        *_owners(found, kept),
        *acls.of_others(found, kept),
        # Who may create in a schema is settled before the superuser works in it.
        *acls.of_owners(found, kept, PLACES),
        *default_acls.before_extensions(found, kept),
        *_extensions(found, kept),
        *_tables(found, kept),
        *acls.of_owners(found, kept, ALL.keys() - PLACES),
        *default_acls.changes(found, kept),
        *comments.changes(found, kept),
    ]
    # One transaction for each database, the cluster's own first: it fails as a whole.
    changes.sort(key=lambda change: (change.database != SUPERUSER, change.database))
    told = [*foreign.values(), *reports.reports(found, want, ours)]
    return Plan(changes, told)


def _foreign(found: Catalog, want: Wanted) -> dict[Object, str]:
    """Declared databases and schemas that somebody else owns, with what to say of them."""
    return {
        obj: Danger(
            f"{obj.kind} {obj.name} belongs to {found.owners[obj]}, not {owner}: left alone",
            "owner",
        )
        for obj, owner in want.owners.items()
        if obj.kind in ("database", "schema") and found.owners.get(obj, owner) != owner
    }


def _without(want: Wanted, foreign: Mapping[Object, str]) -> Wanted:
    """``want`` less the foreign databases and schemas and all that is in them."""
    bases = {o.database for o in foreign if o.kind == "database"}
    schemas = {(o.database, o.name) for o in foreign if o.kind == "schema"}

    def ours(obj: Object) -> bool:
        own_schema = obj.name if obj.kind == "schema" else obj.schema
        return obj.database not in bases and (obj.database, own_schema) not in schemas

    return replace(
        want,
        owners={o: owner for o, owner in want.owners.items() if ours(o)},
        steps=[s for s in want.steps if ours(s.target)],
        tables={o: t for o, t in want.tables.items() if ours(o)},
        comments={o: c for o, c in want.comments.items() if ours(o)},
        connlimits={n: v for n, v in want.connlimits.items() if n not in bases},
        settings={k: v for k, v in want.settings.items() if k.database not in bases},
        extensions={
            k: v
            for k, v in want.extensions.items()
            if k[0] not in bases and (k[0], v) not in schemas
        },
        defaults={
            d: v
            for d, v in want.defaults.items()
            if d.database not in bases and (d.database, d.schema) not in schemas
        },
        foreign_schemas=schemas,
    )


def _databases(found: Catalog, want: Wanted) -> Iterator[Change]:
    for name in SHARED:
        if name not in found.connlimits:  # a server still to be made
            found.assume_database(name, SUPERUSER, want.version)
    for name, limit in want.connlimits.items():
        base = want.database(name)
        source = want.sources[base]
        if name not in found.connlimits:
            owner = want.owners[base]
            found.assume_database(name, owner, want.version)
            words = f"OWNER {identifier(owner)} {FROM_TEMPLATE}{databases.locale_words(want, name)}"
            sql = f"CREATE DATABASE {identifier(name)} {words};"
            yield Change(sql, source=source, alone=True)
        if found.connlimits[name] != limit:
            sql = f"ALTER DATABASE {identifier(name)} CONNECTION LIMIT {limit};"
            yield Change(sql, source=source)


def _assume_views(found: Catalog, want: Wanted, key: tuple[str, str]) -> None:
    """What a new extension brings that everybody may read."""
    for name in VIEWS.get(key[1], ()):
        view = Object(key[0], "table", want.extensions[key], name)
        _assume_initial(found, view, want.version)


def _assume_postgresqls(found: Catalog, want: Wanted) -> None:
    """What initdb gives, of what is in a database that is still to be made, or has no ACL yet."""
    for step in want.steps:
        obj = step.target
        new = obj.database not in found.connlimits and obj.database in want.connlimits
        if obj in found.owners:
            continue
        if obj.kind == "parameter":
            found.assume(obj, SUPERUSER, want.version)
        elif new and (obj.schema == "pg_catalog" or obj.kind == "language"):
            kind = "function" if obj.kind == "routine" else obj.kind
            _assume_initial(found, obj._replace(kind=kind), want.version)


def _assume_initial(found: Catalog, obj: Object, version: int) -> None:
    """One of PostgreSQL's own, or of an extension's. Everybody reads its tables."""
    found.assume(obj, SUPERUSER, version)
    if obj.kind == "table":
        found.grant(obj, Grant("", PUBLIC, "SELECT"), SUPERUSER)
    found.initial[obj] = list(found.grants[obj])


def _schemas(found: Catalog, want: Wanted) -> Iterator[Change]:
    for base in want.connlimits:
        for creator in (*want.roles, SUPERUSER):
            found.assume_defaults(base, creator)
    missing = [o for o in want.owners if o.kind == "schema" and o not in found.owners]
    for obj in missing:
        owner = want.owners[obj]
        found.assume_born(obj, owner, want.version)
        sql = f"CREATE SCHEMA {identifier(obj.name)} AUTHORIZATION {identifier(owner)};"
        yield Change(sql, obj.database, want.sources[obj])


def _owners(found: Catalog, want: Wanted) -> Iterator[Change]:
    """Of tables that another role of roles-sql has."""
    for obj, table in want.tables.items():
        owner = found.owners.get(obj, table.owner)
        if owner != table.owner and owner in want.roles:
            for owned in (obj, *table.sequences):
                if found.owners.get(owned) == owner:
                    found.change_owner(owned, table.owner)
            yield Change(_to_owner(obj, table.owner), obj.database, want.sources[obj])


def _to_owner(obj: Object, owner: str) -> str:
    return f"ALTER TABLE {qualified(obj)} OWNER TO {identifier(owner)};"


def _extensions(found: Catalog, want: Wanted) -> Iterator[Change]:
    for key, schema in want.extensions.items():
        if key not in found.extensions:
            words = f"WITH SCHEMA {identifier(schema)}{' CASCADE' if key in want.cascades else ''}"
            sql = f"CREATE EXTENSION {identifier(key[1])} {words};"
            yield Change(sql, key[0], want.sources[key])
            _assume_views(found, want, key)


def _free(found: Catalog, sequence: Object) -> Object:
    """As PostgreSQL names a serial column's sequence: t_id_seq1, where t_id_seq is taken."""
    free, number = sequence, 0
    while free in found.owners or free._replace(kind="table") in found.owners:
        number += 1
        free = sequence._replace(name=f"{sequence.name}{number}")
    return free


def _tables(found: Catalog, want: Wanted) -> Iterator[Change]:
    """Made by the superuser, whom no missing right stops, and then given to their owner."""
    for obj, table in want.tables.items():
        if obj not in found.owners:
            for made in (obj, *(_free(found, sequence) for sequence in table.sequences)):
                found.assume_born(made, SUPERUSER, want.version)
                found.change_owner(made, table.owner)
            sql = f"{table.sql}\n;\n{_to_owner(obj, table.owner)}"
            yield Change(sql, obj.database, want.sources[obj])
