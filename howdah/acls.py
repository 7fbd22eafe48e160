"""GRANT, REVOKE and ALTER DEFAULT PRIVILEGES: the difference between two sets of ACLs."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from howdah.catalog import ALL, PUBLIC, Catalog, Default, Grant, Object
from howdah.change import Change
from howdah.knobs import SUPERUSER
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
        if obj.kind == "parameter":
            return True
        alone = (obj.database, obj.schema) in want.foreign_schemas
        born = obj.schema == "pg_catalog" or (obj in found.initial and not alone)
        in_catalog = born and obj.database in want.connlimits
        return in_catalog or want.manages(obj, owner)

    order = list(ALL)
    return sorted(
        (obj for obj, owner in found.owners.items() if ours(obj, owner)),
        key=lambda o: (o.kind != "database", o.database, order.index(o.kind), o),
    )


def _object(found: Catalog, want: Wanted, obj: Object) -> Iterator[Change]:
    owner = found.owners[obj]
    now, acl = found.grants.get(obj, {}), want.acl(obj, owner, found.initial.get(obj, ()))
    ours = None
    own = obj.schema == "pg_catalog" or obj in found.initial
    if own or obj.database not in want.connlimits:
        # Of what is PostgreSQL's own, or an extension's, only roles-sql's roles are managed, and
        # PUBLIC: of a schema or a database, if roles-sql says so.
        said = any(s.target == obj and PUBLIC in s.grantees for s in want.steps)
        public = said or obj in found.initial or obj.kind == "parameter"
        ours = {*want.roles, *([PUBLIC] if public else [])}
        acl = {g: v for g, v in acl.items() if g.grantee in ours}
    extra = _extra(now, acl, (owner, ours, _keepers(found, obj, owner)))
    yield from _revokes(want, obj, extra, owner)
    # A privilege on the whole table takes the columns' along when it goes.
    gone = {Grant("", g.grantee, g.privilege) for (words, *_), grants in extra.items()
            for g in grants if not words and not g.column}  # fmt: skip
    left = {g: v for g, v in now.items() if not (g.column and g._replace(column="") in gone)}
    weak = {Grant("", g.grantee, g.privilege) for (words, *_), grants in extra.items()
            for g in grants if words and not g.column}  # fmt: skip
    left |= {g: dict.fromkeys(v, False) for g, v in left.items()
             if g.column and g._replace(column="") in weak}  # fmt: skip
    yield from _grants(obj, left, acl, owner)


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


Entries = dict[Grant, dict[str, bool]]  # grant -> grantor -> grantable
# The owner; the grantees that matter, None: all; who has the owner's rights, and keeps them.
About = tuple[str, set[str] | None, set[str]]
Extra = dict[tuple[str, str, str], list[Grant]]  # (words before, grantee, grantor)


def _extra(now: Entries, acl: Acl, about: About) -> Extra:
    """What is too much, by whoever granted it."""
    owner, ours, _ = about
    extra: Extra = defaultdict(list)
    for grant, grantors in now.items():
        if ours is not None and grant.grantee not in ours:
            continue
        for grantor, grantable in grantors.items():
            wanted = acl.get(grant) if grantor == owner else None
            if wanted is None and not _cascades(now, grant, grantor, acl, about):
                extra["", grant.grantee, grantor].append(grant)
            elif wanted and grantable and not wanted[0] and grant.grantee != owner:
                extra["GRANT OPTION FOR ", grant.grantee, grantor].append(grant)
    return extra


def _cascades(now: Entries, grant: Grant, grantor: str, acl: Acl, about: About) -> bool:
    """Whether it goes by itself: a link of the chain that it hangs on loses the option to grant."""
    owner, ours, keepers = about
    while grantor != owner and grantor not in keepers:
        link = grant._replace(grantee=grantor)
        managed = ours is None or grantor in ours
        if managed and not acl.get(link, (False, ""))[0]:
            return True
        grantor = next(iter(now.get(link, {owner: True})))
    return False


def _keepers(found: Catalog, obj: Object, owner: str) -> set[str]:
    """Who has the rights of the owner: CASCADE stops there, for they may grant all the same."""
    if owner == "pg_database_owner":
        owner = found.owners.get(found.database(obj.database), owner)
    return {owner, *(m.member for m in found.members if m.role == owner)}


def _revokes(want: Wanted, obj: Object, extra: Extra, owner: str) -> Iterator[Change]:
    """CASCADE, for a grant option may have been used; others' grants go before their option."""
    for (words, grantee, grantor), grants in sorted(extra.items(), key=lambda e: e[0][2] == owner):
        sql = f"REVOKE {words}{_list(grants)} ON {_on(obj)} FROM {_grantee(grantee)} CASCADE;"
        if grantor != owner:  # only who granted it can take it back
            sql = f"SET ROLE {identifier(grantor)}; {sql} RESET ROLE;"
        yield Change(sql, obj.database, _said(want, obj, grantee))


def _said(want: Wanted, obj: Object, grantee: str) -> str:
    """Where roles-sql revokes something of the object from the grantee."""
    targets = (obj, obj._replace(name="", arguments=""))
    steps = [
        s for s in want.steps if not s.grants and s.target in targets and grantee in s.grantees
    ]
    return steps[-1].source if steps else ""


def _defaults(found: Catalog, want: Wanted) -> Iterator[Change]:
    creators = (*want.roles, SUPERUSER)

    def ours(default: Default) -> bool:
        alone = (default.database, default.schema) in want.foreign_schemas
        return default.database in want.connlimits and default.creator in creators and not alone

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
    return f"{KEYWORD.get(obj.kind, obj.kind.upper())} {qualified(obj)}"


def qualified(obj: Object) -> str:
    """Its name as SQL, with its schema; a function's argument types are SQL already."""
    schema = f"{identifier(obj.schema)}." if obj.schema else ""
    return f"{schema}{identifier(obj.name)}{obj.arguments}"


def change_owner(found: Catalog, obj: Object, owner: str) -> None:
    """As ALTER … OWNER does: the old owner's place in the ACL becomes the new one's."""
    old, found.owners[obj] = found.owners[obj], owner
    entries = found.grants.pop(obj, {})
    for grant, grantors in entries.items():
        grantee = owner if grant.grantee == old else grant.grantee
        for grantor, grantable in grantors.items():
            by = owner if grantor == old else grantor
            found.grant(obj, grant._replace(grantee=grantee), by, grantable=grantable)
