"""ALTER DEFAULT PRIVILEGES: the difference between what later objects get and what they should."""

from collections.abc import Iterable, Iterator

from howdah.names import identifier
from howdah.options import SUPERUSER
from howdah.rights.catalog import Catalog, Default, Defaults
from howdah.rights.change import Change
from howdah.rights.clauses import grantee_name
from howdah.roles_sql.wanted import Wanted

# What they are about, whether with the option to grant, and their source.
Together = tuple[Default, bool | None, str | None]


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


def _early(
    current: Catalog,
    want: Wanted,
    database: str,
) -> Iterator[Change]:
    early = want.early_defaults[database]
    now = {}
    for default, grantable in current.defaults.items():
        if default.database == database and default.creator == SUPERUSER:
            now[default] = grantable
    too_much = _too_much(now, early)
    missing = _missing(now, early)
    yield from _statements(want, early, too_much, missing)
    for default in too_much:
        del current.defaults[default]
    current.defaults.update(early)


def changes(current: Catalog, want: Wanted) -> Iterator[Change]:
    """Those of managed roles and of the superuser, in managed databases."""
    now = _managed(want, current.defaults)
    wanted = _managed(want, want.defaults)
    missing = []
    for default in current.lost_defaults:
        if _is_managed(want, default):
            missing.append(default)
    missing += _missing(now, wanted)
    too_much = _too_much(now, wanted)
    yield from _statements(want, wanted, too_much, missing)


def _too_much(now: Defaults, wanted: Defaults) -> list[Default]:
    """What is not wanted at all, or without the option to grant."""
    too_much = []
    for default, grantable in now.items():
        loses_option = grantable and not wanted.get(default)
        if loses_option or default not in wanted:
            too_much.append(default)
    return too_much


def _missing(now: Defaults, wanted: Defaults) -> list[Default]:
    missing = []
    for default, grantable in wanted.items():
        if now.get(default) != grantable:
            missing.append(default)
    return missing


def _managed(want: Wanted, defaults: Defaults) -> Defaults:
    managed = {}
    for default, grantable in defaults.items():
        if _is_managed(want, default):
            managed[default] = grantable
    return managed


def _is_managed(want: Wanted, default: Default) -> bool:
    if default.database not in want.connlimits:
        return False
    if default.in_schema in want.foreign_schemas:
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
        about = _without_privilege(first)
        source = want.revoked_defaults.get(about, "")
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
    groups: dict[Together, list[Default]] = {}
    for default in defaults:
        about = _without_privilege(default)
        source = want.sources.get(default)
        key = (about, wanted.get(default), source)
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
