"""What a server has, or shall have: roles, databases, objects and who may do what to them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

PUBLIC = ""  # as grantee

ALL = {
    "database": ("CREATE", "CONNECT", "TEMPORARY"),
    "schema": ("USAGE", "CREATE"),
    "table": ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER",
              "MAINTAIN"),
    "sequence": ("USAGE", "SELECT", "UPDATE"),
    "function": ("EXECUTE",),
    "procedure": ("EXECUTE",),
    "routine": ("EXECUTE",),  # a function or a procedure, in a statement
    "type": ("USAGE",),
    "language": ("USAGE",),
    "foreign data wrapper": ("USAGE",),
    "foreign server": ("USAGE",),
    "parameter": ("SET", "ALTER SYSTEM"),
}  # fmt: skip
COLUMN = ("SELECT", "INSERT", "UPDATE", "REFERENCES")
# What acldefault() gives PUBLIC.
TO_PUBLIC = {
    "database": ("CONNECT", "TEMPORARY"),
    "function": ("EXECUTE",),
    "procedure": ("EXECUTE",),
    "type": ("USAGE",),
    "language": ("USAGE",),
}
ROUTINES = ("function", "procedure")
# What stands in no schema of a database, and is PostgreSQL's or the superuser's own.
WITHOUT_SCHEMA = ("language", "foreign data wrapper", "foreign server")
DEFAULT_KINDS = ("table", "sequence", "function", "type", "schema")


class Object(NamedTuple):
    """Something with an owner and an ACL. A database is its own ``database``."""

    database: str
    kind: str
    schema: str
    name: str
    arguments: str = ""  # a function's, as SQL: (oid, bytea)


class Grant(NamedTuple):
    """One privilege of one grantee; ``column`` is empty for the whole object."""

    column: str
    grantee: str
    privilege: str


Entries = dict[Grant, dict[str, bool]]  # grant -> grantor -> grantable


class Default(NamedTuple):
    """ALTER DEFAULT PRIVILEGES: what ``creator``'s later objects give. No schema: in every one."""

    database: str
    creator: str
    schema: str
    kind: str
    grantee: str
    privilege: str


def places_of(obj: Object, owner: str) -> set[tuple[str, str, str, str]]:
    """Database, creator, schema and kind of the default privileges that an object is born with."""
    kind = "function" if obj.kind in ROUTINES else obj.kind
    return {(obj.database, owner, schema, kind) for schema in ("", obj.schema)}


class Member(NamedTuple):
    """``member`` may act as ``role``, by the word of ``grantor``."""

    role: str
    member: str
    grantor: str


class Setting(NamedTuple):
    """ALTER ROLE or DATABASE SET; an empty role or database means every one."""

    role: str
    database: str
    name: str


def privileges(kind: str, version: int) -> tuple[str, ...]:
    """What ALL means for an object of that kind on PostgreSQL ``version``."""
    return tuple(p for p in ALL[kind] if p != "MAINTAIN" or version >= 17)  # noqa: PLR2004


@dataclass
class Catalog:
    """The rows of a server, by what they are about."""

    roles: dict[str, dict[str, Any]] = field(default_factory=dict)
    members: dict[Member, tuple[bool, ...]] = field(default_factory=dict)  # admin, inherit, set
    settings: dict[Setting, str] = field(default_factory=dict)
    connlimits: dict[str, int] = field(default_factory=dict)  # of databases
    extensions: dict[tuple[str, str], str] = field(default_factory=dict)  # -> schema
    owners: dict[Object, str] = field(default_factory=dict)
    # Objects may share their entries: replaced, never changed in place.
    grants: dict[Object, Entries] = field(default_factory=dict)
    # Of tables that roles-sql names columns of.
    columns: dict[Object, set[str]] = field(default_factory=dict)
    # Of PostgreSQL's own that somebody has changed, and of extensions': what they had before.
    initial: dict[Object, list[Grant]] = field(default_factory=dict)
    defaults: dict[Default, bool] = field(default_factory=dict)  # -> grantable
    stated_defaults: set[tuple[str, str, str]] = field(default_factory=set)
    lost_defaults: list[Default] = field(default_factory=list)  # what their creators had
    comments: dict[Object, str | None] = field(default_factory=dict)  # those that were asked for
    locales: dict[str, dict[str, str]] = field(default_factory=dict)  # of databases
    # (database, extension) -> the extensions that it needs
    requires: dict[tuple[str, str], set[str]] = field(default_factory=dict)

    def grant(self, obj: Object, grant: Grant, grantor: str, *, grantable: bool = False) -> None:
        """Adds one entry of an ACL, or the option to grant to one that is there."""
        entries = self.grants.get(obj, {})
        grantors = entries.get(grant, {})
        grantable = grantable or grantors.get(grantor, False)
        self.grants[obj] = {**entries, grant: {**grantors, grantor: grantable}}

    def read_objects(self, *row: Any) -> None:
        """Objects of one kind, schema and owner that have the same ACL: one row of the query."""
        database, kind, schema, owner, acl, names = row
        entries: Entries = {}
        for grantee, privilege, grantor, grantable in acl:
            entries.setdefault(Grant("", grantee, privilege), {})[grantor] = grantable
        for name, arguments in names:
            obj = Object(database, kind, schema, name, arguments)
            self.owners[obj] = owner
            self.grants[obj] = entries

    def change_owner(self, obj: Object, owner: str) -> None:
        """As ALTER … OWNER does: the old owner's place in the ACL becomes the new one's."""
        old, entries = self.owners[obj], self.grants.pop(obj, {})
        self.owners[obj] = owner
        for grant, grantors in entries.items():
            grantee = owner if grant.grantee == old else grant.grantee
            for grantor, grantable in grantors.items():
                by = owner if grantor == old else grantor
                self.grant(obj, grant._replace(grantee=grantee), by, grantable=grantable)

    def database(self, name: str) -> Object:
        """The database as an object."""
        return Object(name, "database", "", name)

    def assume_database(self, name: str, owner: str, version: int) -> None:
        """A database just made from template0: PUBLIC connects, and uses schema public."""
        self.connlimits[name] = -1
        self.assume(self.database(name), owner, version)
        public = Object(name, "schema", "", "public")
        self.assume(public, "pg_database_owner", version)
        self.grant(public, Grant("", PUBLIC, "USAGE"), "pg_database_owner")

    def assume(self, obj: Object, owner: str, version: int) -> None:
        """An object as PostgreSQL makes it when nobody has altered default privileges."""
        self.assume_owner(obj, owner, version)
        for privilege in TO_PUBLIC.get(obj.kind, ()):
            if (obj.name, privilege) != ("template1", "TEMPORARY"):  # initdb gives CONNECT only
                self.grant(obj, Grant("", PUBLIC, privilege), owner)

    def assume_born(self, obj: Object, owner: str, version: int) -> None:
        """An object just made by ``owner``, under the default privileges in force."""
        self.assume_owner(obj, owner, version)
        for d in self.born(obj, owner):
            self.grant(obj, Grant("", d.grantee, d.privilege), owner, grantable=self.defaults[d])

    def assume_owner(self, obj: Object, owner: str, version: int) -> None:
        """An object that nobody but its owner may use."""
        self.owners[obj] = owner
        for privilege in privileges(obj.kind, version):
            self.grant(obj, Grant("", owner, privilege), owner)

    def born(self, obj: Object, owner: str) -> list[Default]:
        """The default privileges that an object of ``owner`` gets."""
        places = places_of(obj, owner)
        return [default for default in self.defaults if default[:4] in places]

    def assume_defaults(self, database: str, creator: str) -> None:
        """What PostgreSQL gives PUBLIC by default, where nobody has said otherwise yet."""
        for kind in DEFAULT_KINDS:
            if (database, creator, kind) not in self.stated_defaults:
                self.stated_defaults.add((database, creator, kind))
                for privilege in TO_PUBLIC.get(kind, ()):
                    key = Default(database, creator, "", kind, PUBLIC, privilege)
                    self.defaults[key] = False


def from_rows(rows: Iterable[list[Any]]) -> Catalog:
    """The rows that howdah/queries/*.sql return -> Catalog. Other rows are left out."""
    found = Catalog()
    readers: dict[str, Callable[..., None]] = {
        "role": lambda name, attributes: found.roles.update({name: attributes}),
        "member": lambda *row: found.members.update({Member(*row[:3]): tuple(row[3:])}),
        "setting": lambda role, base, name, value: found.settings.update(
            {Setting(role, base, name.lower()): value}
        ),
        "connlimit": lambda name, limit: found.connlimits.update({name: limit}),
        "extension": lambda base, name, schema: found.extensions.update({(base, name): schema}),
        "owner": lambda *key: found.owners.update({Object(*key[:5]): key[5]}),
        "grant": lambda *key: found.grant(
            Object(*key[:5]), Grant(*key[5:8]), key[8], grantable=key[9]
        ),
        "objects": found.read_objects,
        "columns": lambda *key: found.columns.update({Object(*key[:5]): {*key[5]}}),
        "born": lambda *key: found.initial.setdefault(Object(*key[:5]), []).append(Grant(*key[5:])),
        "default": lambda *key: found.defaults.update({Default(*key[:6]): key[6]}),
        "stated": lambda *key: found.stated_defaults.add(key),
        "lost default": lambda *key: found.lost_defaults.append(Default(*key)),
        "comment": lambda *key: found.comments.update({Object(*key[:4]): key[4]}),
        "locale": lambda name, values: found.locales.update({name: values}),
        "requires": lambda base, name, other: found.requires.setdefault((base, name), set()).add(
            other
        ),
    }
    for kind, *values in rows:
        if kind in readers:
            readers[kind](*values)
    return found
