"""Privileges that somebody other than the owner has granted: taken back as whoever granted them.

PostgreSQL takes back what the current role has granted; a superuser, and whoever has no grant
option of his own on all that a statement names, acts as the owner instead. CASCADE does not help:
it stops where a role can grant by other means, and never goes from a table's entry to others'
entries on its columns. So the grantor gets what he lacks for the length of the statements.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import pgparse

from howdah.names import identifier
from howdah.rights.catalog import Catalog, Entries, Grant, Object
from howdah.rights.change import Change
from howdah.rights.clauses import grantee_name, listed, on
from howdah.rights.kinds import PUBLIC
from howdah.roles_sql.wanted import Wanted


class Loan(NamedTuple):
    """What a grantor needs, and how it is put back afterwards: statements."""

    given: str
    taken: str


def revokes(
    current: Catalog,
    want: Wanted,
    obj: Object,
    grantees: set[str] | None,
) -> list[Change]:
    """Of one object, from ``grantees`` (None: everybody). Takes them out of ``current``."""
    changes = []
    for grantor, grants in _by_grantor(current, obj, grantees):
        loans = _loans(current, want, obj, grantor, grants)
        parts = [loan.given for loan in loans]
        parts += _as_grantor(obj, grantor, grants)
        for loan in reversed(loans):
            parts.append(loan.taken)
        source = want.revoked(obj, grants[0].grantee)
        sql = " ".join(parts)
        changes.append(Change(sql, obj.database, source))
        take(current, obj, grants, grantor)
    return changes


def _by_grantor(
    current: Catalog,
    obj: Object,
    grantees: set[str] | None,
) -> list[tuple[str, list[Grant]]]:
    owner = current.owners[obj]
    by_grantor: dict[str, list[Grant]] = {}
    entries = current.grants.get(obj, {})
    for grant, grantors in entries.items():
        if grantees is not None and grant.grantee not in grantees:
            continue
        for grantor in grantors:
            if grantor != owner:
                grants = by_grantor.setdefault(grantor, [])
                grants.append(grant)
    return sorted(by_grantor.items())


def _as_grantor(
    obj: Object,
    grantor: str,
    grants: list[Grant],
) -> Iterator[str]:
    by_grantee: dict[str, list[Grant]] = {}
    for grant in grants:
        its = by_grantee.setdefault(grant.grantee, [])
        its.append(grant)
    yield f"SET ROLE {identifier(grantor)};"
    for grantee, its in sorted(by_grantee.items()):
        yield f"REVOKE {listed(its)} ON {on(obj)} FROM {grantee_name(grantee)} CASCADE;"
    yield "RESET ROLE;"


def _loans(
    current: Catalog,
    want: Wanted,
    obj: Object,
    grantor: str,
    grants: list[Grant],
) -> list[Loan]:
    """What the grantor needs. ``current`` has it as it will be when all is put back."""
    role = identifier(grantor)
    loans = []
    attributes = want.roles.get(grantor) or current.roles.get(grantor)
    if attributes and attributes.superuser:
        loan = Loan(
            given=f"ALTER ROLE {role} NOSUPERUSER;",
            taken=f"ALTER ROLE {role} SUPERUSER;",
        )
        loans.append(loan)
    for schema in _closed_schemas(current, obj, grantor):
        usage = f"USAGE ON SCHEMA {identifier(schema)}"
        loan = Loan(
            given=f"GRANT {usage} TO {role};",
            taken=f"REVOKE {usage} FROM {role};",
        )
        loans.append(loan)
    needed = _lacking(current, obj, grantor, grants)
    for is_granted, lacking in needed.items():
        rights = f"{listed(lacking)} ON {on(obj)}"
        given = f"GRANT {rights} TO {role} WITH GRANT OPTION;"
        if is_granted:
            taken = f"REVOKE GRANT OPTION FOR {rights} FROM {role} CASCADE;"
            weaken(current, obj, lacking)
        else:
            taken = f"REVOKE {rights} FROM {role} CASCADE;"
            take(current, obj, lacking, current.owners[obj])
        loans.append(Loan(given, taken))
    return loans


def _lacking(
    current: Catalog,
    obj: Object,
    grantor: str,
    grants: list[Grant],
) -> dict[bool, list[Grant]]:
    """What the owner has not given him with the option to grant -> whether given without it.

    The option on the whole table is one on its columns.
    """
    owner = current.owners[obj]
    entries = current.grants[obj]
    needed = [grant._replace(grantee=grantor) for grant in grants]
    lacking: dict[bool, list[Grant]] = {}
    for grant in dict.fromkeys(needed):
        grantors = entries.get(grant, {})
        whole = grant._replace(column="")
        on_the_whole = entries.get(whole, {})
        if grantors.get(owner) or on_the_whole.get(owner):
            continue
        is_granted = owner in grantors
        lacking.setdefault(is_granted, []).append(grant)
    return lacking


def _closed_schemas(
    current: Catalog,
    obj: Object,
    grantor: str,
) -> Iterator[str]:
    """The schemas that he must enter to name the object, and may not by the owner's word."""
    schemas = {obj.schema}
    schemas.update(_argument_schemas(obj))
    for name in sorted(schemas - {"", "pg_catalog"}):
        schema = Object(obj.database, "schema", "", name)
        owner = current.owners.get(schema, "")
        entries = current.grants.get(schema, {})
        if grantor != owner and not _enters(entries, owner, grantor):
            yield name


def _enters(
    entries: Entries,
    owner: str,
    role: str,
) -> bool:
    for grantee in (role, PUBLIC):
        usage = Grant("", grantee, "USAGE")
        grantors = entries.get(usage, {})
        if owner in grantors:
            return True
    return False


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


def take(
    current: Catalog,
    obj: Object,
    grants: Iterable[Grant],
    grantor: str,
) -> None:
    """As REVOKE does: a privilege on the whole table takes the columns' along."""
    taken = set(grants)
    entries = current.grants.get(obj, {})
    left = {}
    for grant, grantors in entries.items():
        others = grantors
        if _reaches(taken, grant):
            others = dict(grantors)
            others.pop(grantor, None)
        if others:
            left[grant] = others
    current.grants[obj] = left


def weaken(
    current: Catalog,
    obj: Object,
    grants: Iterable[Grant],
) -> None:
    """As the owner's REVOKE GRANT OPTION FOR does: also the columns' option."""
    owner = current.owners[obj]
    weakened = set(grants)
    entries = current.grants.get(obj, {})
    left = {}
    for grant, grantors in entries.items():
        left[grant] = grantors
        if owner in grantors and _reaches(weakened, grant):
            left[grant] = {**grantors, owner: False}
    current.grants[obj] = left


def _reaches(revoked: set[Grant], grant: Grant) -> bool:
    """Whether it is among them, or on a column of a table that is."""
    whole = grant._replace(column="")
    return grant in revoked or whole in revoked
