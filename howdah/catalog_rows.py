"""A catalog from the rows that howdah/queries/*.sql return: a word for each, and its values."""

from collections.abc import Callable, Iterable
from typing import Any

from howdah.catalog import (
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


def _role(catalog: Catalog, name: str, attributes: dict[str, Any]) -> None:
    catalog.roles[name] = Role(**attributes)


def _member(catalog: Catalog, role: str, member: str, grantor: str, *options: bool) -> None:
    catalog.members[Member(role, member, grantor)] = MemberOptions(*options)


def _setting(catalog: Catalog, role: str, database: str, name: str, value: str) -> None:
    catalog.settings[Setting(role, database, name.lower())] = value


def _connlimit(catalog: Catalog, database: str, limit: int) -> None:
    catalog.connlimits[database] = limit


def _locale(catalog: Catalog, database: str, values: dict[str, str]) -> None:
    catalog.locales[database] = values


def _extension(catalog: Catalog, database: str, name: str, schema: str) -> None:
    catalog.extensions[Extension(database, name)] = schema


def _requires(catalog: Catalog, database: str, name: str, other: str) -> None:
    needed = catalog.requires.setdefault(Extension(database, name), set())
    needed.add(other)


def _owner(catalog: Catalog, *values: Any) -> None:
    *names, owner = values
    catalog.owners[Object(*names)] = owner


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
        grantors = entries.setdefault(Grant("", grantee, privilege), {})
        grantors[grantor] = grantable
    for name, arguments in names:
        obj = Object(database, kind, schema, name, arguments)
        catalog.owners[obj] = owner
        catalog.grants[obj] = entries


def _columns(catalog: Catalog, *values: Any) -> None:
    *names, columns = values
    catalog.columns[Object(*names)] = set(columns)


def _born(catalog: Catalog, *values: Any) -> None:
    grants = catalog.initial.setdefault(Object(*values[:5]), [])
    grants.append(Grant(*values[5:]))


def _default(catalog: Catalog, *values: Any) -> None:
    *names, grantable = values
    catalog.defaults[Default(*names)] = grantable


def _stated(catalog: Catalog, database: str, creator: str, kind: str) -> None:
    catalog.stated_defaults.add((database, creator, kind))


def _lost_default(catalog: Catalog, *values: str) -> None:
    catalog.lost_defaults.append(Default(*values))


def _comment(catalog: Catalog, *values: Any) -> None:
    *names, text = values
    catalog.comments[Object(*names)] = text


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
