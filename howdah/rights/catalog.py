"""What a server has, or is to have: roles, databases, objects and who may do what to them."""

import copy
from dataclasses import dataclass, field, fields, replace
from typing import NamedTuple, Self

from howdah.rights.kinds import DEFAULT_KINDS, PUBLIC, ROUTINES, TO_PUBLIC, privileges


@dataclass(frozen=True)
class Role:
    """A role's attributes, as CREATE ROLE has them by default, and what is known of its verifier.

    ``password``: in roles-sql the verifier's placeholder, of a server the verifier's sha256.
    """

    superuser: bool = False
    createdb: bool = False
    createrole: bool = False
    inherit: bool = True
    login: bool = False
    replication: bool = False
    bypassrls: bool = False
    connection_limit: int = -1
    valid_until: str | None = None  # in UTC, without saying so; None: infinity
    password: str | None = None  # None: there is none, or roles-sql does not set it
    # Of a server only.
    expired: bool = False
    scram: bool = True  # also where there is no password
    iterations: str | None = None
    salt: str | None = None


class Schema(NamedTuple):
    """By the database that it is in."""

    database: str
    name: str


class Object(NamedTuple):
    """Something with an owner and an ACL. A database is its own ``database``."""

    database: str
    kind: str
    schema: str
    name: str
    arguments: str = ""  # a function's, as SQL: (oid, bytea)

    @property
    def in_schema(self) -> Schema:
        """Where it is. Of what is in none, one without a name."""
        return Schema(self.database, self.schema)


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

    @property
    def in_schema(self) -> Schema:
        """One without a name: in every one."""
        return Schema(self.database, self.schema)

    @property
    def grant(self) -> Grant:
        """What each object gives."""
        return Grant("", self.grantee, self.privilege)


Defaults = dict[Default, bool]  # -> grantable
Stated = tuple[str, str, str]  # database, creator and kind of default privileges
Place = tuple[str, str, str, str]  # and their schema before the kind


def places_of(obj: Object, owner: str) -> set[Place]:
    """Database, creator, schema and kind of the default privileges that an object is born with."""
    kind = obj.kind
    if kind in ROUTINES:
        kind = "function"
    everywhere = (obj.database, owner, "", kind)
    in_its_schema = (obj.database, owner, obj.schema, kind)
    return {everywhere, in_its_schema}


class Extension(NamedTuple):
    """By the database that it is in."""

    database: str
    name: str


class Member(NamedTuple):
    """``member`` may act as ``role``, by the word of ``grantor``."""

    role: str
    member: str
    grantor: str


class MemberOptions(NamedTuple):
    """What a membership allows, in PostgreSQL's words."""

    admin: bool = False
    inherit: bool = True
    set: bool = True


class Setting(NamedTuple):
    """ALTER ROLE or DATABASE SET; an empty role or database means every one."""

    role: str
    database: str
    name: str


@dataclass
class Catalog:
    """The rows of a server, by what they are about.

    Objects may share their entries, and copies of a catalog share what its dicts hold: a value is
    replaced, never changed in place.
    """

    roles: dict[str, Role] = field(default_factory=dict)
    members: dict[Member, MemberOptions] = field(default_factory=dict)
    settings: dict[Setting, str] = field(default_factory=dict)
    connlimits: dict[str, int] = field(default_factory=dict)  # of databases
    extensions: dict[Extension, str] = field(default_factory=dict)  # -> schema
    owners: dict[Object, str] = field(default_factory=dict)
    grants: dict[Object, Entries] = field(default_factory=dict)
    # Of tables that roles-sql names columns of.
    columns: dict[Object, set[str]] = field(default_factory=dict)
    # Of PostgreSQL's own that somebody has changed, and of extensions': what they had before.
    initial: dict[Object, list[Grant]] = field(default_factory=dict)
    defaults: Defaults = field(default_factory=dict)
    stated_defaults: set[Stated] = field(default_factory=set)
    lost_defaults: list[Default] = field(default_factory=list)  # what their creators had
    comments: dict[Object, str | None] = field(default_factory=dict)  # those that were asked for
    locales: dict[str, dict[str, str]] = field(default_factory=dict)  # of databases
    requires: dict[Extension, set[str]] = field(default_factory=dict)  # the extensions it needs

    def copy(self) -> Self:
        """One that changes by itself."""
        copied = {}
        for each in fields(self):
            value = getattr(self, each.name)
            copied[each.name] = copy.copy(value)
        return replace(self, **copied)

    def grant(
        self,
        obj: Object,
        grant: Grant,
        grantor: str,
        *,
        grantable: bool = False,
    ) -> None:
        """Adds one entry of an ACL, or the option to grant to one that is there."""
        entries = dict(self.grants.get(obj, {}))
        grantors = dict(entries.get(grant, {}))
        before = grantors.get(grantor, False)
        grantors[grantor] = grantable or before
        entries[grant] = grantors
        self.grants[obj] = entries

    def change_owner(self, obj: Object, owner: str) -> None:
        """As ALTER … OWNER does: the old owner's place in the ACL becomes the new one's."""
        old = self.owners[obj]
        entries = self.grants.pop(obj, {})
        self.owners[obj] = owner
        heir = {old: owner}
        for grant, grantors in entries.items():
            grantee = heir.get(grant.grantee, grant.grantee)
            inherited = grant._replace(grantee=grantee)
            for name, grantable in grantors.items():
                grantor = heir.get(name, name)
                self.grant(obj, inherited, grantor, grantable=grantable)

    def database(self, name: str) -> Object:
        """The database as an object."""
        return Object(name, "database", "", name)

    def assume_database(
        self,
        name: str,
        owner: str,
        version: int,
    ) -> None:
        """A database just made from template0: PUBLIC connects, and uses schema public."""
        self.connlimits[name] = -1
        self.assume(self.database(name), owner, version)
        public = Object(name, "schema", "", "public")
        owner = "pg_database_owner"
        self.assume(public, owner, version)
        usage = Grant("", PUBLIC, "USAGE")
        self.grant(public, usage, owner)

    def assume(
        self,
        obj: Object,
        owner: str,
        version: int,
    ) -> None:
        """An object as PostgreSQL makes it when nobody has altered default privileges."""
        self.assume_owner(obj, owner, version)
        for privilege in TO_PUBLIC.get(obj.kind, ()):
            if obj.name == "template1" and privilege == "TEMPORARY":
                continue  # initdb gives CONNECT only
            grant = Grant("", PUBLIC, privilege)
            self.grant(obj, grant, owner)

    def assume_born(
        self,
        obj: Object,
        owner: str,
        version: int,
    ) -> None:
        """An object just made by ``owner``, under the default privileges in force."""
        self.assume_owner(obj, owner, version)
        for default in self.born(obj, owner):
            grantable = self.defaults[default]
            self.grant(obj, default.grant, owner, grantable=grantable)

    def assume_owner(
        self,
        obj: Object,
        owner: str,
        version: int,
    ) -> None:
        """An object that nobody but its owner may use."""
        self.owners[obj] = owner
        for privilege in privileges(obj.kind, version):
            grant = Grant("", owner, privilege)
            self.grant(obj, grant, owner)

    def born(self, obj: Object, owner: str) -> list[Default]:
        """The default privileges that an object of ``owner`` gets."""
        places = places_of(obj, owner)
        born = []
        for default in self.defaults:
            if default[:4] in places:
                born.append(default)
        return born

    def assume_defaults(self, database: str, creator: str) -> None:
        """What PostgreSQL gives PUBLIC by default, where nobody has said otherwise yet."""
        for kind in DEFAULT_KINDS:
            stated = (database, creator, kind)
            if stated in self.stated_defaults:
                continue
            self.stated_defaults.add(stated)
            for privilege in TO_PUBLIC.get(kind, ()):
                default = Default(database, creator, "", kind, PUBLIC, privilege)
                self.defaults[default] = False
