"""GRANT and REVOKE: the difference between the ACLs that are there and those that are wanted."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypeVar

from howdah.rights import chains
from howdah.rights.catalog import Catalog, Entries, Grant, Object
from howdah.rights.change import Change
from howdah.rights.clauses import grantee_name, listed, on
from howdah.rights.kinds import ALL, PUBLIC
from howdah.roles_sql.steps import Acl
from howdah.roles_sql.wanted import Wanted

T = TypeVar("T")
ByGrantee = dict[str, list[Grant]]
Together = tuple[str, bool, str]  # privileges, whether with the option to grant, source
ORDER = {kind: number for number, kind in enumerate(ALL)}


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
        if _has_chains(entries, owner) and _is_managed(current, want, obj):
            chained.append(obj)
    for obj in sorted(chained):
        grantees = _grantees(current, want, obj)
        changes = chains.revokes(current, want, obj, grantees)
        yield from changes


def _has_chains(entries: Entries, owner: str) -> bool:
    owners = {owner}
    return any(grantors.keys() - owners for grantors in entries.values())


def of_owners(
    current: Catalog,
    want: Wanted,
    kinds: Iterable[str],
) -> Iterator[Change]:
    """What the owner has granted, and what is missing.

    Of objects that share their owner and entries one is looked at, where roles-sql names none.
    """
    settled = set()
    for obj in _managed(current, want, kinds):
        steps = want.steps_on(obj)
        is_named = bool(steps) or _is_postgresqls(current, obj)
        alike = _alike(current, obj)
        if alike in settled and not is_named:
            continue
        changes = list(_object(current, want, obj))
        yield from changes
        if not changes and not is_named:
            settled.add(alike)


def _alike(current: Catalog, obj: Object) -> Alike:
    entries = current.grants.get(obj)
    return Alike(
        database=obj.database,
        kind=obj.kind,
        schema=obj.schema,
        owner=current.owners[obj],
        entries=id(entries),
    )


def _managed(
    current: Catalog,
    want: Wanted,
    kinds: Iterable[str],
) -> list[Object]:
    """The objects that roles-sql names or whose owner it makes. Others' are only reported."""
    known = set(kinds)
    objects = []
    for obj in current.owners:
        if obj.kind in known and _is_managed(current, want, obj):
            objects.append(obj)
    objects.sort(key=_order)
    return objects


def _order(obj: Object) -> tuple[str, int, Object]:
    return obj.database, ORDER[obj.kind], obj


def _is_managed(current: Catalog, want: Wanted, obj: Object) -> bool:
    if obj.kind in ("database", "schema"):
        return obj in want.owners or bool(want.steps_on(obj))
    if obj.kind == "parameter":
        return True
    if _is_postgresqls(current, obj):
        is_foreign = obj.in_schema in want.foreign_schemas
        return obj.database in want.connlimits and not is_foreign
    owner = current.owners[obj]
    return want.manages(obj, owner)


def _is_postgresqls(current: Catalog, obj: Object) -> bool:
    """Whether PostgreSQL or an extension has made it, and has given rights on it."""
    return obj.schema == "pg_catalog" or obj in current.initial


def _grantees(
    current: Catalog,
    want: Wanted,
    obj: Object,
) -> set[str] | None:
    """Whose rights on the object are managed. None: everybody's.

    Of what is PostgreSQL's own, or an extension's, only roles-sql's roles are, those that it names
    there (a role of PostgreSQL's own), and PUBLIC: of a schema or a database, if it is named.
    """
    is_postgresqls = _is_postgresqls(current, obj)
    if obj.database in want.connlimits and not is_postgresqls:
        return None
    named = set(want.roles)
    for step in want.steps_for(obj):
        named.update(step.grantees)
    if obj in current.initial or obj.kind == "parameter":
        named.add(PUBLIC)
    return named


def _object(
    current: Catalog,
    want: Wanted,
    obj: Object,
) -> Iterator[Change]:
    owner = current.owners[obj]
    grantees = _grantees(current, want, obj)
    initial = current.initial.get(obj, ())
    acl = want.acl(obj, owner, initial)
    wanted = _of_grantees(acl, grantees)
    entries = current.grants.get(obj, {})
    managed = _of_grantees(entries, grantees)
    too_much, options = _extra(managed, wanted, owner)
    for grantee, grants in sorted(too_much.items()):
        sql = f"REVOKE {listed(grants)} ON {on(obj)} FROM {grantee_name(grantee)} CASCADE;"
        source = want.revoked(obj, grantee)
        yield Change(sql, obj.database, source)
        chains.take(current, obj, grants, owner)
    for grantee, grants in sorted(options.items()):
        rights = f"GRANT OPTION FOR {listed(grants)} ON {on(obj)}"
        sql = f"REVOKE {rights} FROM {grantee_name(grantee)} CASCADE;"
        source = want.revoked(obj, grantee)
        yield Change(sql, obj.database, source)
        chains.weaken(current, obj, grants)
    yield from _grants(current, obj, wanted)


def _of_grantees(
    privileges: dict[Grant, T],
    grantees: set[str] | None,
) -> dict[Grant, T]:
    if grantees is None:
        return privileges
    its = {}
    for grant, value in privileges.items():
        if grant.grantee in grantees:
            its[grant] = value
    return its


def _extra(
    entries: Entries,
    acl: Acl,
    owner: str,
) -> tuple[ByGrantee, ByGrantee]:
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


def _grants(
    current: Catalog,
    obj: Object,
    acl: Acl,
) -> Iterator[Change]:
    """What is missing: one statement for the grantees that lack the same."""
    together: dict[Together, list[str]] = {}
    missing = _missing(current, obj, acl)
    for lacking, grants in missing.items():
        key = (listed(grants), lacking.grantable, lacking.source)
        grantees = together.setdefault(key, [])
        grantees.append(grantee_name(lacking.grantee))
    for key, grantees in together.items():
        privileges, grantable, source = key
        sql = f"GRANT {privileges} ON {on(obj)} TO {', '.join(grantees)}"
        if grantable:
            sql += " WITH GRANT OPTION"
        yield Change(f"{sql};", obj.database, source)


class Lacking(NamedTuple):
    """Whom one line of roles-sql gives something that is not there yet."""

    grantee: str
    grantable: bool
    source: str


def _missing(
    current: Catalog,
    obj: Object,
    acl: Acl,
) -> dict[Lacking, list[Grant]]:
    owner = current.owners[obj]
    entries = current.grants.get(obj, {})
    missing: dict[Lacking, list[Grant]] = {}
    for grant, allowed in acl.items():
        grantors = entries.get(grant, {})
        if owner in grantors:
            lacks_option = allowed.grantable and not grantors[owner]
            if not lacks_option:
                continue
        key = Lacking(grant.grantee, allowed.grantable, allowed.source)
        grants = missing.setdefault(key, [])
        grants.append(grant)
    return missing
