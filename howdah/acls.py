"""GRANT and REVOKE: the difference between the ACLs that are there and those that are wanted."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypeVar

from howdah import chains
from howdah.catalog import ALL, PUBLIC, Catalog, Entries, Grant, Object, Schema
from howdah.change import Change
from howdah.clauses import grantee_name, listed, on
from howdah.steps import Acl
from howdah.wanted import Wanted

T = TypeVar("T")
ByGrantee = dict[str, list[Grant]]


class Alike(NamedTuple):
    """What objects have in common whose ACLs are wanted alike, and are."""

    database: str
    kind: str
    schema: str
    owner: str
    entries: int  # the identity of what they share


def of_others(current: Catalog, want: Wanted) -> Iterator[Change]:
    """What somebody other than the owner has granted. ``current`` is what is left afterwards."""
    chained = []
    for obj, owner in current.owners.items():
        entries = current.grants.get(obj, {})
        if _has_chains(entries, owner) and _is_managed(current, want, obj, owner):
            chained.append(obj)
    for obj in sorted(chained):
        grantees = _grantees(current, want, obj)
        yield from chains.revokes(current, want, obj, grantees)


def _has_chains(entries: Entries, owner: str) -> bool:
    return any(grantors.keys() - {owner} for grantors in entries.values())


def of_owners(current: Catalog, want: Wanted, kinds: Iterable[str]) -> Iterator[Change]:
    """What the owner has granted, and what is missing.

    Of objects that share their owner and entries one is looked at, where roles-sql names none.
    """
    settled = set()
    for obj in _managed(current, want, kinds):
        is_named = bool(want.steps_on(obj)) or _is_postgresqls(current, obj)
        alike = _alike(current, obj)
        if alike in settled and not is_named:
            continue
        changes = list(_object(current, want, obj))
        yield from changes
        if not changes and not is_named:
            settled.add(alike)


def _alike(current: Catalog, obj: Object) -> Alike:
    entries = current.grants.get(obj)
    return Alike(obj.database, obj.kind, obj.schema, current.owners[obj], id(entries))


def _managed(current: Catalog, want: Wanted, kinds: Iterable[str]) -> list[Object]:
    """The objects that roles-sql names or whose owner it makes. Others' are only reported."""
    order = list(ALL)
    known = set(kinds)
    objects = []
    for obj, owner in current.owners.items():
        if obj.kind in known and _is_managed(current, want, obj, owner):
            objects.append(obj)
    objects.sort(key=lambda obj: (obj.database, order.index(obj.kind), obj))
    return objects


def _is_managed(current: Catalog, want: Wanted, obj: Object, owner: str) -> bool:
    if obj.kind in ("database", "schema"):
        return obj in want.owners or bool(want.steps_on(obj))
    if obj.kind == "parameter":
        return True
    if _is_postgresqls(current, obj):
        is_foreign = Schema(obj.database, obj.schema) in want.foreign_schemas
        return obj.database in want.connlimits and not is_foreign
    return want.manages(obj, owner)


def _is_postgresqls(current: Catalog, obj: Object) -> bool:
    """Whether PostgreSQL or an extension has made it, and has given rights on it."""
    return obj.schema == "pg_catalog" or obj in current.initial


def _grantees(current: Catalog, want: Wanted, obj: Object) -> set[str] | None:
    """Whose rights on the object are managed. None: everybody's.

    Of what is PostgreSQL's own, or an extension's, only roles-sql's roles are, those that it names
    there (a role of PostgreSQL's own), and PUBLIC: of a schema or a database, if it is named.
    """
    if obj.database in want.connlimits and not _is_postgresqls(current, obj):
        return None
    named = set(want.roles)
    for step in want.steps_for(obj):
        named.update(step.grantees)
    if obj in current.initial or obj.kind == "parameter":
        named.add(PUBLIC)
    return named


def _object(current: Catalog, want: Wanted, obj: Object) -> Iterator[Change]:
    owner = current.owners[obj]
    grantees = _grantees(current, want, obj)
    acl = want.acl(obj, owner, current.initial.get(obj, ()))
    managed = _of_grantees(current.grants.get(obj, {}), grantees)
    wanted = _of_grantees(acl, grantees)
    too_much, options = _extra(managed, wanted, owner)
    for grantee, grants in sorted(too_much.items()):
        sql = f"REVOKE {listed(grants)} ON {on(obj)} FROM {grantee_name(grantee)} CASCADE;"
        yield Change(sql, obj.database, want.revoked(obj, grantee))
        chains.take(current, obj, grants, owner)
    for grantee, grants in sorted(options.items()):
        rights = f"GRANT OPTION FOR {listed(grants)} ON {on(obj)}"
        sql = f"REVOKE {rights} FROM {grantee_name(grantee)} CASCADE;"
        yield Change(sql, obj.database, want.revoked(obj, grantee))
        chains.weaken(current, obj, grants)
    yield from _grants(current, obj, wanted)


def _of_grantees(privileges: dict[Grant, T], grantees: set[str] | None) -> dict[Grant, T]:
    if grantees is None:
        return privileges
    return {grant: its for grant, its in privileges.items() if grant.grantee in grantees}


def _extra(entries: Entries, acl: Acl, owner: str) -> tuple[ByGrantee, ByGrantee]:
    """What the owner has granted and is not wanted; and where only the option to grant is not."""
    too_much: ByGrantee = {}
    options: ByGrantee = {}
    for grant, grantors in entries.items():
        if owner not in grantors:
            continue
        wanted = acl.get(grant)
        if wanted is None:
            too_much.setdefault(grant.grantee, []).append(grant)
        elif grantors[owner] and not wanted.grantable:
            options.setdefault(grant.grantee, []).append(grant)
    return too_much, options


def _grants(current: Catalog, obj: Object, acl: Acl) -> Iterator[Change]:
    """What is missing: one statement for the grantees that lack the same."""
    grantees_of: dict[tuple[str, bool, str], list[str]] = {}
    for lacking, grants in _missing(current, obj, acl).items():
        statement = (listed(grants), lacking.grantable, lacking.source)
        grantees = grantees_of.setdefault(statement, [])
        grantees.append(grantee_name(lacking.grantee))
    for (privileges, grantable, source), grantees in grantees_of.items():
        sql = f"GRANT {privileges} ON {on(obj)} TO {', '.join(grantees)}"
        if grantable:
            sql += " WITH GRANT OPTION"
        yield Change(f"{sql};", obj.database, source)


class Lacking(NamedTuple):
    """Whom one line of roles-sql gives something that is not there yet."""

    grantee: str
    grantable: bool
    source: str


def _missing(current: Catalog, obj: Object, acl: Acl) -> dict[Lacking, list[Grant]]:
    owner = current.owners[obj]
    entries = current.grants.get(obj, {})
    missing: dict[Lacking, list[Grant]] = {}
    for grant, allowed in acl.items():
        grantable = entries.get(grant, {}).get(owner)
        if grantable is None or (allowed.grantable and not grantable):
            key = Lacking(grant.grantee, allowed.grantable, allowed.source)
            grants = missing.setdefault(key, [])
            grants.append(grant)
    return missing
