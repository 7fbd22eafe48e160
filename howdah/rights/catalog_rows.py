"""A catalog from the rows that howdah/queries/*.sql return: a word for each, and its values."""

from collections.abc import Callable, Iterable
from typing import Any

from howdah.rights.catalog import (
    Catalog,
    Default,
    Entries,
    Extension,
    Grant,
    Member,
    MemberOptions,
    Object,
    Role,
    Setting,
)


def read(rows: Iterable[list[Any]]) -> Catalog:
    """Other rows are left out."""
    catalog = Catalog()
    for word, *values in rows:
        reader = READERS.get(word)
        if reader:
            reader(catalog, *values)
    return catalog


def _role(
    catalog: Catalog,
    name: str,
    attributes: dict[str, Any],
) -> None:
    catalog.roles[name] = Role(**attributes)


def _member(
    catalog: Catalog,
    role: str,
    member: str,
    grantor: str,
    *options: bool,
) -> None:
    key = Member(role, member, grantor)
    catalog.members[key] = MemberOptions(*options)


def _setting(
    catalog: Catalog,
    role: str,
    database: str,
    name: str,
    value: str,
) -> None:
    setting = Setting(role, database, name.lower())
    catalog.settings[setting] = value


def _connlimit(
    catalog: Catalog,
    database: str,
    limit: int,
) -> None:
    catalog.connlimits[database] = limit


def _locale(
    catalog: Catalog,
    database: str,
    values: dict[str, str],
) -> None:
    catalog.locales[database] = values


def _extension(
    catalog: Catalog,
    database: str,
    name: str,
    schema: str,
) -> None:
    extension = Extension(database, name)
    catalog.extensions[extension] = schema


def _requires(
    catalog: Catalog,
    database: str,
    name: str,
    other: str,
) -> None:
    extension = Extension(database, name)
    needed = catalog.requires.setdefault(extension, set())
    needed.add(other)


def _owner(catalog: Catalog, *values: Any) -> None:
    *names, owner = values
    obj = Object(*names)
    catalog.owners[obj] = owner


def _grant(catalog: Catalog, *values: Any) -> None:
    obj = Object(*values[:5])
    grant = Grant(*values[5:8])
    grantor, grantable = values[8:]
    catalog.grant(obj, grant, grantor, grantable=grantable)


def _objects(catalog: Catalog, *values: Any) -> None:
    """Objects of one kind, schema and owner that have the same ACL: one row of the query."""
    database, kind, schema, owner, acl, names = values
    entries: Entries = {}
    for grantee, privilege, grantor, grantable in acl:
        grant = Grant("", grantee, privilege)
        grantors = entries.setdefault(grant, {})
        grantors[grantor] = grantable
    for name, arguments in names:
        obj = Object(database, kind, schema, name, arguments)
        catalog.owners[obj] = owner
        catalog.grants[obj] = entries


def _columns(catalog: Catalog, *values: Any) -> None:
    *names, columns = values
    obj = Object(*names)
    catalog.columns[obj] = set(columns)


def _born(catalog: Catalog, *values: Any) -> None:
    obj = Object(*values[:5])
    grant = Grant(*values[5:])
    grants = catalog.initial.setdefault(obj, [])
    grants.append(grant)


def _default(catalog: Catalog, *values: Any) -> None:
    *names, grantable = values
    default = Default(*names)
    catalog.defaults[default] = grantable


def _stated(
    catalog: Catalog,
    database: str,
    creator: str,
    kind: str,
) -> None:
    catalog.stated_defaults.add((database, creator, kind))


def _lost_default(catalog: Catalog, *values: str) -> None:
    default = Default(*values)
    catalog.lost_defaults.append(default)


def _comment(catalog: Catalog, *values: Any) -> None:
    *names, text = values
    obj = Object(*names)
    catalog.comments[obj] = text


READERS: dict[str, Callable[..., None]] = {
    "role": _role,
    "member": _member,
    "setting": _setting,
    "connlimit": _connlimit,
    "locale": _locale,
    "extension": _extension,
    "requires": _requires,
    "owner": _owner,
    "grant": _grant,
    "objects": _objects,
    "columns": _columns,
    "born": _born,
    "default": _default,
    "stated": _stated,
    "lost default": _lost_default,
    "comment": _comment,
}
