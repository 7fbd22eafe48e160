"""Privileges that somebody other than the owner has granted: taken back as whoever granted them.

PostgreSQL takes back what the role at hand has granted; a superuser, and whoever has no grant
option of his own on all that a statement names, acts as the owner instead. CASCADE does not help:
it stops where a role can grant by other means, and never goes from a table's entry to others'
entries on its columns. So the grantor gets what he lacks for the length of the statements.
"""

from collections.abc import Iterable, Iterator

import pgparse

from howdah.catalog import PUBLIC, Catalog, Grant, Object
from howdah.change import Change
from howdah.clauses import grantee_name, listed, on
from howdah.names import identifier
from howdah.wanted import Wanted


def revokes(found: Catalog, want: Wanted, obj: Object, grantees: set[str] | None) -> list[Change]:
    """Of one object, from ``grantees`` (None: everybody). Takes them out of ``found``."""
    owner = found.owners[obj]
    by_grantor: dict[str, list[Grant]] = {}
    for grant, grantors in found.grants.get(obj, {}).items():
        for grantor in grantors.keys() - {owner}:
            if grantees is None or grant.grantee in grantees:
                by_grantor.setdefault(grantor, []).append(grant)
    changes = []
    for grantor, grants in sorted(by_grantor.items()):
        loans = _loans(found, want, obj, grantor, grants)
        parts = [given for given, _ in loans]
        parts += _as_grantor(obj, grantor, grants)
        parts += [taken for _, taken in reversed(loans)]
        source = want.revoked(obj, grants[0].grantee)
        changes.append(Change(" ".join(parts), obj.database, source))
        take(found, obj, grants, grantor)
    return changes


def _as_grantor(obj: Object, grantor: str, grants: list[Grant]) -> Iterator[str]:
    yield f"SET ROLE {identifier(grantor)};"
    for grantee in sorted({grant.grantee for grant in grants}):
        its = [grant for grant in grants if grant.grantee == grantee]
        yield f"REVOKE {listed(its)} ON {on(obj)} FROM {grantee_name(grantee)} CASCADE;"
    yield "RESET ROLE;"


def _loans(
    found: Catalog, want: Wanted, obj: Object, grantor: str, grants: list[Grant]
) -> list[tuple[str, str]]:
    """What the grantor needs, and how it is put back afterwards."""
    role = identifier(grantor)
    loans = []
    attributes = want.roles.get(grantor) or found.roles.get(grantor, {})
    if attributes.get("superuser"):
        loans.append((f"ALTER ROLE {role} NOSUPERUSER;", f"ALTER ROLE {role} SUPERUSER;"))
    for schema in _closed_schemas(found, obj, grantor):
        place = f"USAGE ON SCHEMA {identifier(schema)}"
        loans.append((f"GRANT {place} TO {role};", f"REVOKE {place} FROM {role};"))
    for held, lacking in _lacking(found, obj, grantor, grants).items():
        rights = f"{listed(lacking)} ON {on(obj)}"
        option = "GRANT OPTION FOR " if held else ""
        given = f"GRANT {rights} TO {role} WITH GRANT OPTION;"
        loans.append((given, f"REVOKE {option}{rights} FROM {role} CASCADE;"))
        if held:
            weaken(found, obj, lacking)
        else:
            take(found, obj, lacking, found.owners[obj])
    return loans


def _lacking(
    found: Catalog, obj: Object, grantor: str, grants: list[Grant]
) -> dict[bool, list[Grant]]:
    """What the owner has not given him with the option to grant -> whether given without it.

    The option on the whole table is one on its columns.
    """
    owner, entries = found.owners[obj], found.grants[obj]
    lacking: dict[bool, list[Grant]] = {}
    for grant in dict.fromkeys(grant._replace(grantee=grantor) for grant in grants):
        its = entries.get(grant, {})
        whole = entries.get(grant._replace(column=""), {})
        if not its.get(owner) and not whole.get(owner):
            lacking.setdefault(owner in its, []).append(grant)
    return lacking


def _closed_schemas(found: Catalog, obj: Object, grantor: str) -> Iterator[str]:
    """The schemas that he must enter to name the object, and may not by the owner's word."""
    for schema in sorted({obj.schema, *_argument_schemas(obj)} - {"", "pg_catalog"}):
        place = Object(obj.database, "schema", "", schema)
        owner, entries = found.owners.get(place, ""), found.grants.get(place, {})
        enters = [entries.get(Grant("", role, "USAGE"), {}) for role in (grantor, PUBLIC)]
        if grantor != owner and not any(owner in grantors for grantors in enters):
            yield schema


def _argument_schemas(obj: Object) -> Iterator[str]:
    """Those of the types that a function takes."""
    if not obj.arguments.strip("()"):
        return
    (parsed,) = pgparse.parse(f"GRANT EXECUTE ON FUNCTION f{obj.arguments} TO PUBLIC")
    (function,) = parsed["stmt"]["GrantStmt"]["objects"]
    for argument in function["ObjectWithArgs"]["objargs"]:
        *schema, _ = argument["TypeName"]["names"]
        for name in schema:
            yield name["String"]["sval"]


def take(found: Catalog, obj: Object, grants: Iterable[Grant], grantor: str) -> None:
    """As REVOKE does: a privilege on the whole table takes the columns' along."""
    gone, left = set(grants), {}
    for grant, grantors in found.grants.get(obj, {}).items():
        others = grantors
        if grant in gone or grant._replace(column="") in gone:
            others = {by: option for by, option in grantors.items() if by != grantor}
        if others:
            left[grant] = others
    found.grants[obj] = left


def weaken(found: Catalog, obj: Object, grants: Iterable[Grant]) -> None:
    """As the owner's REVOKE GRANT OPTION FOR does: also the columns' option."""
    weak, owner, left = set(grants), found.owners[obj], {}
    for grant, grantors in found.grants.get(obj, {}).items():
        left[grant] = grantors
        reached = grant in weak or grant._replace(column="") in weak
        if reached and owner in grantors:
            left[grant] = {**grantors, owner: False}
    found.grants[obj] = left
