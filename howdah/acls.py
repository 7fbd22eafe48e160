"""GRANT and REVOKE: the difference between the ACLs that are there and those that are wanted."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from howdah import chains
from howdah.catalog import ALL, PUBLIC, Catalog, Entries, Grant, Object
from howdah.change import Change
from howdah.clauses import grantee_name, listed, on
from howdah.wanted import Acl, Wanted

Settled = tuple[str, str, str, str, int]


def _managed(found: Catalog, want: Wanted, kinds: Iterable[str]) -> list[Object]:
    """The objects that roles-sql names or whose owner it makes. Others' are only reported."""
    numbers = {kind: number for number, kind in enumerate(ALL)}
    known = set(kinds)
    objects = []
    for obj, owner in found.owners.items():
        if obj.kind in known and _is_managed(found, want, obj, owner):
            objects.append(obj)
    return sorted(objects, key=lambda o: (o.database, numbers[o.kind], o))


def _is_managed(found: Catalog, want: Wanted, obj: Object, owner: str) -> bool:
    if obj.kind in ("database", "schema"):
        return obj in want.owners or bool(want.steps_on(obj))
    if obj.kind == "parameter":
        return True
    if _is_postgresqls(found, obj):
        foreign = (obj.database, obj.schema) in want.foreign_schemas
        return obj.database in want.connlimits and not foreign
    return want.manages(obj, owner)


def _is_postgresqls(found: Catalog, obj: Object) -> bool:
    """Whether PostgreSQL or an extension has made it, and has given rights on it."""
    return obj.schema == "pg_catalog" or obj in found.initial


def of_others(found: Catalog, want: Wanted) -> Iterator[Change]:
    """What somebody other than the owner has granted. ``found`` is what is left afterwards."""
    chained = []
    for obj, owner in found.owners.items():
        entries = found.grants.get(obj, {})
        chains_there = any(grantors.keys() - {owner} for grantors in entries.values())
        if chains_there and _is_managed(found, want, obj, owner):
            chained.append(obj)
    for obj in sorted(chained):
        yield from chains.revokes(found, want, obj, _grantees(found, want, obj))


def of_owners(found: Catalog, want: Wanted, kinds: Iterable[str]) -> Iterator[Change]:
    """What the owner has granted, and what is missing.

    Of objects that share their owner and entries one is looked at, where roles-sql names none.
    """
    settled = set[Settled]()
    for obj in _managed(found, want, kinds):
        like = (obj.database, obj.kind, obj.schema, found.owners[obj], id(found.grants.get(obj)))
        named = bool(want.steps_on(obj)) or _is_postgresqls(found, obj)
        if named or like not in settled:
            changes = list(_object(found, want, obj))
            yield from changes
            if not named and not changes:
                settled.add(like)


def _grantees(found: Catalog, want: Wanted, obj: Object) -> set[str] | None:
    """Whose rights on the object are managed. None: everybody's.

    Of what is PostgreSQL's own, or an extension's, only roles-sql's roles are, those that it names
    there (a role of PostgreSQL's own), and PUBLIC: of a schema or a database, if it is named.
    """
    if obj.database in want.connlimits and not _is_postgresqls(found, obj):
        return None
    named = set(want.roles)
    for step in want.steps_for(obj):
        named.update(step.grantees)
    if obj in found.initial or obj.kind == "parameter":
        named.add(PUBLIC)
    return named


def _object(found: Catalog, want: Wanted, obj: Object) -> Iterator[Change]:
    owner, grantees = found.owners[obj], _grantees(found, want, obj)
    acl = want.acl(obj, owner, found.initial.get(obj, ()))
    if grantees is not None:
        acl = {grant: wanted for grant, wanted in acl.items() if grant.grantee in grantees}
    too_much, options = _extra(found.grants.get(obj, {}), acl, owner, grantees)
    for words, by_grantee in (("", too_much), ("GRANT OPTION FOR ", options)):
        for grantee, grants in sorted(by_grantee.items()):
            name = grantee_name(grantee)
            sql = f"REVOKE {words}{listed(grants)} ON {on(obj)} FROM {name} CASCADE;"
            yield Change(sql, obj.database, want.revoked(obj, grantee))
            if words:
                chains.weaken(found, obj, grants)
            else:
                chains.take(found, obj, grants, owner)
    yield from _grants(obj, found.grants.get(obj, {}), acl, owner)


ByGrantee = dict[str, list[Grant]]


def _extra(
    now: Entries, acl: Acl, owner: str, grantees: set[str] | None
) -> tuple[ByGrantee, ByGrantee]:
    """What the owner has granted and is not wanted; and where only the option to grant is not."""
    too_much, options = ByGrantee(), ByGrantee()
    for grant, grantors in now.items():
        if owner not in grantors or (grantees is not None and grant.grantee not in grantees):
            continue
        if grant not in acl:
            too_much.setdefault(grant.grantee, []).append(grant)
        elif grantors[owner] and not acl[grant][0]:
            options.setdefault(grant.grantee, []).append(grant)
    return too_much, options


def _grants(obj: Object, now: Entries, acl: Acl, owner: str) -> Iterator[Change]:
    """What is missing: one statement for the grantees that lack the same."""
    missing: dict[tuple[str, bool, str], list[Grant]] = defaultdict(list)
    for grant, (grantable, source) in acl.items():
        has = now.get(grant, {}).get(owner)
        if has is None or (grantable and not has):
            missing[grant.grantee, grantable, source].append(grant)
    together: dict[tuple[str, bool, str], list[str]] = defaultdict(list)
    for (grantee, grantable, source), grants in missing.items():
        together[listed(grants), grantable, source].append(grantee_name(grantee))
    for (privileges, grantable, source), grantees in together.items():
        option = " WITH GRANT OPTION" if grantable else ""
        sql = f"GRANT {privileges} ON {on(obj)} TO {', '.join(grantees)}{option};"
        yield Change(sql, obj.database, source)
