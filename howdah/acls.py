"""GRANT, REVOKE and ALTER DEFAULT PRIVILEGES: the difference between two sets of ACLs."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from howdah.catalog import ALL, PUBLIC, Catalog, Default, Grant, Object
from howdah.change import Change
from howdah.cluster import SUPERUSER
from howdah.names import identifier
from howdah.wanted import Wanted

Acl = dict[Grant, tuple[bool, str]]
KEYWORD = {"function": "ROUTINE"}  # functions and procedures alike


def changes(found: Catalog, want: Wanted) -> Iterator[Change]:
    """Databases first, then each database's schemas, other objects and defaults."""
    for obj in _managed(found, want):
        yield from _object(found, want, obj)
    yield from _defaults(found, want)


def _managed(found: Catalog, want: Wanted) -> list[Object]:
    """The objects that roles-sql names or whose owner it makes. Others' are only reported."""
    named = {s.target for s in want.steps if s.target.name}
    for obj in named - found.owners.keys():
        if obj.schema == "pg_catalog":  # the query returns only those that were changed
            found.assume(obj, SUPERUSER, want.version)

    def ours(obj: Object, owner: str) -> bool:
        if obj.kind in ("database", "schema"):
            return obj in named or obj in want.owners
        return obj.schema == "pg_catalog" or want.manages(obj, owner)

    order = list(ALL)
    return sorted(
        (obj for obj, owner in found.owners.items() if ours(obj, owner)),
        key=lambda o: (o.kind != "database", o.database, order.index(o.kind), o),
    )


def _object(found: Catalog, want: Wanted, obj: Object) -> Iterator[Change]:
    owner = found.owners[obj]
    now, acl = found.grants.get(obj, {}), want.acl(obj, owner)
    if obj.database not in want.connlimits or obj.schema == "pg_catalog":
        # Of what is PostgreSQL's own, only PUBLIC and roles-sql's roles are managed.
        named = any(s.target == obj for s in want.steps)
        ours = {PUBLIC, *want.roles} if named else want.roles.keys()
        now = {g: v for g, v in now.items() if g.grantee in ours}
        acl = {g: v for g, v in acl.items() if g.grantee in ours}
    yield from _revokes(want, obj, now, acl, owner)
    yield from _grants(obj, now, acl, owner)


def _grants(
    obj: Object, now: dict[Grant, dict[str, bool]], acl: Acl, owner: str
) -> Iterator[Change]:
    """What is missing: one statement for the grantees that lack the same."""
    missing: dict[tuple[str, bool, str], list[Grant]] = defaultdict(list)
    for grant, (grantable, source) in acl.items():
        have = now.get(grant, {}).get(owner)
        if have is None or (grantable and not have and grant.grantee != owner):
            missing[grant.grantee, grantable, source].append(grant)
    together: dict[tuple[str, bool, str], list[str]] = defaultdict(list)
    for (grantee, grantable, source), grants in missing.items():
        together[_list(grants), grantable, source].append(_grantee(grantee))
    for (privileges, grantable, source), grantees in together.items():
        option = " WITH GRANT OPTION" if grantable else ""
        sql = f"GRANT {privileges} ON {_on(obj)} TO {', '.join(grantees)}{option};"
        yield Change(sql, obj.database, source)


def _revokes(
    want: Wanted, obj: Object, now: dict[Grant, dict[str, bool]], acl: Acl, owner: str
) -> Iterator[Change]:
    """What is too much, by whoever granted it. CASCADE, for a grant option may have been used."""
    extra: dict[tuple[str, str, str], list[Grant]] = defaultdict(list)
    for grant, grantors in now.items():
        for grantor, grantable in grantors.items():
            wanted = acl.get(grant) if grantor == owner else None
            if wanted is None and not _cascades(grant, grantor, owner, acl):
                extra["", grant.grantee, grantor].append(grant)
            elif wanted and grantable and not wanted[0] and grant.grantee != owner:
                extra["GRANT OPTION FOR ", grant.grantee, grantor].append(grant)
    for (words, grantee, grantor), grants in extra.items():
        sql = f"REVOKE {words}{_list(grants)} ON {_on(obj)} FROM {_grantee(grantee)} CASCADE;"
        if grantor != owner:  # only who granted it can take it back
            sql = f"SET ROLE {identifier(grantor)}; {sql} RESET ROLE;"
        yield Change(sql, obj.database, _said(want, obj, grantee))


def _cascades(grant: Grant, grantor: str, owner: str, acl: Acl) -> bool:
    """Whether it goes by itself: its grantor loses the option to grant it."""
    if grantor == owner:
        return False
    grantors_own = acl.get(grant._replace(grantee=grantor))
    return not (grantors_own and grantors_own[0])


def _said(want: Wanted, obj: Object, grantee: str) -> str:
    """Where roles-sql revokes something of the object from the grantee."""
    targets = (obj, obj._replace(name=""))
    steps = [
        s for s in want.steps if not s.grants and s.target in targets and grantee in s.grantees
    ]
    return steps[-1].source if steps else ""


def _defaults(found: Catalog, want: Wanted) -> Iterator[Change]:
    creators = (*want.roles, SUPERUSER)

    def ours(default: Default) -> bool:
        return default.database in want.connlimits and default.creator in creators

    too_much = [
        d
        for d in found.defaults
        if ours(d) and (d not in want.defaults or found.defaults[d] > want.defaults[d])
    ]
    for default, privileges in _together(too_much, want):
        sql = _default(default, "REVOKE", "FROM", privileges)
        yield Change(f"{sql};", default.database, _said_default(want, default))
    missing = [d for d, grantable in want.defaults.items()
               if ours(d) and found.defaults.get(d) != grantable]  # fmt: skip
    for default, privileges in _together(missing, want):
        option = " WITH GRANT OPTION" if want.defaults[default] else ""
        sql = _default(default, "GRANT", "TO", privileges)
        yield Change(f"{sql}{option};", default.database, want.sources.get(default, ""))


def _together(defaults: Iterable[Default], want: Wanted) -> Iterator[tuple[Default, list[str]]]:
    """Those that differ in their privilege only: the first of them, and all privileges."""
    groups: dict[tuple[Any, ...], list[Default]] = defaultdict(list)
    for d in defaults:
        groups[(*d[:5], want.defaults.get(d), want.sources.get(d))].append(d)
    return ((group[0], [d.privilege for d in group]) for group in groups.values())


def _said_default(want: Wanted, default: Default) -> str:
    return want.revoked_defaults.get(default._replace(privilege=""), "")


def _default(default: Default, verb: str, to: str, privileges: list[str]) -> str:
    schema = f" IN SCHEMA {identifier(default.schema)}" if default.schema else ""
    return (
        f"ALTER DEFAULT PRIVILEGES FOR ROLE {identifier(default.creator)}{schema} {verb} "
        f"{', '.join(privileges)} ON {default.kind.upper()}S {to} {_grantee(default.grantee)}"
    )


def _grantee(name: str) -> str:
    return identifier(name) if name else "PUBLIC"


def _list(grants: list[Grant]) -> str:
    """SELECT, INSERT (a, b)."""
    words = []
    for privilege in dict.fromkeys(g.privilege for g in grants):
        columns = [identifier(g.column) for g in grants if g.privilege == privilege and g.column]
        if any(g.privilege == privilege and not g.column for g in grants):
            words.append(privilege)
        if columns:
            words.append(f"{privilege} ({', '.join(columns)})")
    return ", ".join(words)


def _on(obj: Object) -> str:
    name, parenthesis, arguments = obj.name, "", ""
    if obj.kind == "function":
        name, parenthesis, arguments = obj.name.partition("(")
    schema = f"{identifier(obj.schema)}." if obj.schema else ""
    keyword = KEYWORD.get(obj.kind, obj.kind.upper())
    return f"{keyword} {schema}{identifier(name)}{parenthesis}{arguments}"
