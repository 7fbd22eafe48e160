"""ALTER DEFAULT PRIVILEGES: the difference between what later objects get and what they should."""

from collections.abc import Iterable, Iterator

from howdah.catalog import Catalog, Default, Defaults, Schema
from howdah.change import Change
from howdah.clauses import grantee_name
from howdah.knobs import SUPERUSER
from howdah.names import identifier
from howdah.wanted import Wanted


def before_extensions(current: Catalog, want: Wanted) -> Iterator[Change]:
    """What the superuser's CREATE EXTENSION gives: the default privileges of that line.

    They are in ``current`` from then on.
    """
    databases = set()
    for extension in want.extensions:
        is_missing = extension not in current.extensions
        if is_missing and extension.database in want.connlimits:
            databases.add(extension.database)
    for database in sorted(databases):
        yield from _early(current, want, database)


def _early(current: Catalog, want: Wanted, database: str) -> Iterator[Change]:
    early = want.early_defaults[database]
    too_much = []
    for default, grantable in current.defaults.items():
        is_superusers = default.creator == SUPERUSER
        if is_superusers and default.database == database and _is_more(grantable, default, early):
            too_much.append(default)
    missing = []
    for default, grantable in early.items():
        if current.defaults.get(default) != grantable:
            missing.append(default)
    yield from _statements(want, early, too_much, missing)
    for default in too_much:
        del current.defaults[default]
    current.defaults.update(early)


def _is_more(grantable: bool, default: Default, wanted: Defaults) -> bool:
    """Whether it is not wanted at all, or without the option to grant."""
    if default not in wanted:
        return True
    return grantable and not wanted[default]


def changes(current: Catalog, want: Wanted) -> Iterator[Change]:
    """Those of managed roles and of the superuser, in managed databases."""
    too_much = []
    missing = []
    for default in current.lost_defaults:
        if _is_managed(want, default):
            missing.append(default)
    for default, grantable in current.defaults.items():
        if _is_managed(want, default) and _is_more(grantable, default, want.defaults):
            too_much.append(default)
    for default, grantable in want.defaults.items():
        is_so = current.defaults.get(default) == grantable
        if _is_managed(want, default) and not is_so:
            missing.append(default)
    yield from _statements(want, want.defaults, too_much, missing)


def _is_managed(want: Wanted, default: Default) -> bool:
    if default.database not in want.connlimits:
        return False
    if Schema(default.database, default.schema) in want.foreign_schemas:
        return False
    return default.creator in want.roles or default.creator == SUPERUSER


def _statements(
    want: Wanted,
    wanted: Defaults,
    too_much: list[Default],
    missing: list[Default],
) -> Iterator[Change]:
    for group in _together(too_much, wanted, want):
        first = group[0]
        sql = f"{_about(first)} REVOKE {_privileges(group)} FROM {grantee_name(first.grantee)};"
        source = want.revoked_defaults.get(_without_privilege(first), "")
        yield Change(sql, first.database, source)
    for group in _together(missing, wanted, want):
        first = group[0]
        sql = f"{_about(first)} GRANT {_privileges(group)} TO {grantee_name(first.grantee)}"
        if wanted.get(first):
            sql += " WITH GRANT OPTION"
        source = want.sources.get(first, "")
        yield Change(f"{sql};", first.database, source)


def _together(
    defaults: Iterable[Default],
    wanted: Defaults,
    want: Wanted,
) -> list[list[Default]]:
    """Those that differ in their privilege only."""
    groups: dict[tuple[object, ...], list[Default]] = {}
    for default in defaults:
        about = _without_privilege(default)
        key = (about, wanted.get(default), want.sources.get(default))
        group = groups.setdefault(key, [])
        group.append(default)
    return list(groups.values())


def _without_privilege(default: Default) -> Default:
    return default._replace(privilege="")


def _about(default: Default) -> str:
    sql = f"ALTER DEFAULT PRIVILEGES FOR ROLE {identifier(default.creator)}"
    if default.schema:
        sql += f" IN SCHEMA {identifier(default.schema)}"
    return sql


def _privileges(group: list[Default]) -> str:
    """On the kind of objects that they have in common: SELECT, INSERT ON TABLES."""
    privileges = [default.privilege for default in group]
    return f"{', '.join(privileges)} ON {group[0].kind.upper()}S"
