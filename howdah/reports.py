"""What a server has beside roles-sql: told by name, never changed."""

from collections.abc import Iterator

from howdah.catalog import Catalog
from howdah.cluster import SUPERUSER
from howdah.wanted import Wanted

# Whose PUBLIC is managed though the databases themselves are PostgreSQL's.
SHARED = ("postgres", "template1")


def reports(found: Catalog, want: Wanted) -> Iterator[str]:
    """One line for each thing, in a fixed order."""
    for role in sorted(found.roles.keys() - want.roles.keys() - {SUPERUSER}):
        yield f"role {role} is not in roles-sql"
    for base in sorted(found.connlimits.keys() - {*want.connlimits, *SHARED, "template0"}):
        yield f"database {base} is not in roles-sql"
    for base, name in sorted(found.extensions.keys() - want.extensions.keys()):
        if base in want.connlimits and name != "plpgsql":
            yield f"extension {name} in {base} is not in roles-sql"
    yield from _objects(found, want)
    for step in want.steps:
        if step.target.name and step.target not in found.owners:
            yield f"{step.source}: {step.target.kind} {step.target.name} is not there yet"


def _objects(found: Catalog, want: Wanted) -> Iterator[str]:
    for obj, owner in sorted(found.owners.items()):
        if obj.database not in want.connlimits:
            continue
        if obj.kind == "schema" and (obj.database, obj.name) not in want.schemas:
            yield f"schema {obj.name} in {obj.database} is not in roles-sql"
        elif (obj.database, obj.schema) in want.schemas and owner not in want.roles:
            yield f"{obj.kind} {obj.schema}.{obj.name} in {obj.database} belongs to {owner}"
