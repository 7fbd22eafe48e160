"""What roles-sql asks for: its statements, as if run one by one on a bare server."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from typing_extensions import override

from howdah.options import SHARED, SUPERUSER
from howdah.pg_hba.rules import REPLICATION
from howdah.rights import membership
from howdah.rights.catalog import (
    Catalog,
    Default,
    Defaults,
    Extension,
    Grant,
    Object,
    Place,
    Schema,
    places_of,
)
from howdah.rights.kinds import PUBLIC
from howdah.roles_sql import steps
from howdah.roles_sql.steps import Acl, Allowed, Step, spellings

# PostgreSQL quotes each element of these when it stores them.
LISTS = frozenset(
    {
        "search_path",
        "temp_tablespaces",
        "session_preload_libraries",
        "local_preload_libraries",
    }
)


class Table(NamedTuple):
    """CREATE TABLE, and the sequences that come with its columns."""

    sql: str
    owner: str
    sequences: tuple[Object, ...] = ()


class Asked(NamedTuple):
    """SET name = value of a role or a database; None: RESET. The server knows whether it may be."""

    name: str
    value: str | None


@dataclass
class Wanted(Catalog):
    """A catalog, the GRANTs still to be applied to each object, and where each thing is said."""

    version: int = 17
    superuser_connections: int | None = None  # None: roles-sql does not set it
    steps: list[Step] = field(default_factory=list)
    tables: dict[Object, Table] = field(default_factory=dict)
    sources: dict[object, str] = field(default_factory=dict)
    revoked_defaults: dict[Default, str] = field(default_factory=dict)  # -> where it is said
    foreign_schemas: set[Schema] = field(default_factory=set)  # left alone
    cascades: set[Extension] = field(default_factory=set)  # CREATE EXTENSION … CASCADE
    # database -> the superuser's, where its last extension is made
    early_defaults: dict[str, Defaults] = field(default_factory=dict)
    asked: dict[Asked, str] = field(default_factory=dict)  # -> where it is said
    role: str = SUPERUSER  # SET ROLE, while reading
    session: dict[str, str] = field(default_factory=dict)  # SET name = value, while reading
    unused: dict[str, str] = field(default_factory=dict)  # of those: why it is rejected

    def acl(
        self,
        obj: Object,
        owner: str,
        initial: Iterable[Grant] = (),
    ) -> Acl:
        """The wanted ACL of an object of ``owner``.

        ``initial``: what one of PostgreSQL's own was born with, where that is known.
        """
        acl = self._acl_at_first(obj, owner, initial)
        if obj.kind == "schema" and obj.name == "public":
            usage = Grant("", PUBLIC, "USAGE")
            by_itself = Allowed(grantable=False, source="")
            acl.setdefault(usage, by_itself)
        for step in self.steps_for(obj):
            steps.apply(step, acl)
        return acl

    def _acl_at_first(
        self,
        obj: Object,
        owner: str,
        initial: Iterable[Grant],
    ) -> Acl:
        """What the object is made with, before any GRANT or REVOKE."""
        bare = Catalog()
        sources: dict[Grant, str] = {}
        if initial:
            for grant in initial:
                bare.grant(obj, grant, owner)
        elif obj.kind == "database" or obj.schema == "pg_catalog":
            bare.assume(obj, owner, self.version)
        else:
            bare.assume_owner(obj, owner, self.version)
            for default in self.born(obj, owner):
                grantable = self.defaults[default]
                bare.grant(obj, default.grant, owner, grantable=grantable)
                sources[default.grant] = self.sources.get(default, "")
        acl = {}
        entries = bare.grants.get(obj, {})
        for grant, grantors in entries.items():
            source = sources.get(grant, "")
            acl[grant] = Allowed(grantors[owner], source)
        return acl

    @override
    def born(self, obj: Object, owner: str) -> list[Default]:
        born = []
        for place in sorted(places_of(obj, owner)):
            born += self._defaults_of.get(place, [])
        return born

    @cached_property
    def _defaults_of(self) -> dict[Place, list[Default]]:
        defaults: dict[Place, list[Default]] = {}
        for default in self.defaults:
            there = defaults.setdefault(default[:4], [])
            there.append(default)
        return defaults

    def steps_on(self, obj: Object) -> list[Step]:
        """The GRANTs and REVOKEs that name the object, in their order."""
        return self._in_order(spellings(obj))

    def steps_for(self, obj: Object) -> list[Step]:
        """And those on all of its kind in its schema."""
        targets = list(spellings(obj))
        all_of_its_kind = Object(obj.database, obj.kind, obj.schema, "")
        targets += spellings(all_of_its_kind)
        return self._in_order(targets)

    def _in_order(self, targets: Iterable[Object]) -> list[Step]:
        numbers = []
        for target in dict.fromkeys(targets):
            numbers += self._numbers.get(target, [])
        numbers.sort()
        return [self.steps[number] for number in numbers]

    @cached_property
    def _numbers(self) -> dict[Object, list[int]]:
        """Where in ``steps`` each target is."""
        numbers: dict[Object, list[int]] = {}
        for number, step in enumerate(self.steps):
            its = numbers.setdefault(step.target, [])
            its.append(number)
        return numbers

    def revoked(self, obj: Object, grantee: str) -> str:
        """Where roles-sql revokes something of the object from the grantee."""
        source = ""
        for step in self.steps_for(obj):
            if not step.grants and grantee in step.grantees:
                source = step.source
        return source

    def logins(self) -> list[tuple[str, str]]:
        """(database, role) for every LOGIN role that may connect: the pg_hba records.

        As has_database_privilege() answers. A physical standby asks for "replication".
        """
        pairs = []
        for database in (*self.connlimits, *SHARED):
            for role in self._connecting(database):
                pairs.append((database, role))
        for role, attributes in self.roles.items():
            if attributes.login and attributes.replication:
                pairs.append((REPLICATION, role))
        return sorted(pairs)

    def _connecting(self, database: str) -> Iterator[str]:
        """The LOGIN roles that may connect to the database."""
        owner = self._owner(database)
        grantees = self._grantees_of_connect(database, owner)
        above = membership.inherited(self.members, owner)
        for role, attributes in self.roles.items():
            if not attributes.login:
                continue
            acts_as = membership.roles_of(role, above) | {PUBLIC}
            if attributes.superuser or grantees & acts_as:
                yield role

    def _owner(self, database: str) -> str:
        obj = self.database(database)
        return self.owners.get(obj, SUPERUSER)

    def _grantees_of_connect(self, database: str, owner: str) -> set[str]:
        """In PostgreSQL's own databases only what roles-sql grants counts.

        There PUBLIC may by default, and is managed where roles-sql speaks of it.
        """
        acl = self.acl(self.database(database), owner)
        is_managed = database in self.connlimits
        grantees = set()
        for grant, allowed in acl.items():
            counts = is_managed or allowed.source
            if grant.privilege == "CONNECT" and counts:
                grantees.add(grant.grantee)
        return grantees

    @cached_property
    def schemas(self) -> set[Schema]:
        """Those that roles-sql makes or names in a GRANT or REVOKE: the managed."""
        named = set(self.owners)
        for step in self.steps:
            named.add(step.target)
        schemas = set()
        for obj in named:
            if obj.kind == "schema":
                schemas.add(Schema(obj.database, obj.name))
        return schemas

    def manages(self, obj: Object, owner: str) -> bool:
        """Whether the ACL of an object in a schema is Howdah's business."""
        creators = self.creators.get(obj.in_schema, ())
        return owner in creators

    @cached_property
    def creators(self) -> dict[Schema, set[str]]:
        """The roles whose objects belong in a schema.

        Its owner, who may CREATE in it, and whose later objects roles-sql speaks of.
        """
        creators = {}
        for schema in self.schemas:
            creators[schema] = self._creators(schema)
        return creators

    @cached_property
    def _stated(self) -> list[Default]:
        """The default privileges that roles-sql grants."""
        return [default for default in self.defaults if default in self.sources]

    def _creators(self, schema: Schema) -> set[str]:
        obj = Object(schema.database, "schema", "", schema.name)
        owner = self.owners.get(obj)
        if not owner:
            owner = self._owner(schema.database)
        creators = {owner}
        for grant in self.acl(obj, owner):
            if grant.privilege == "CREATE":
                creators.add(grant.grantee)
        for default in self._stated:
            reaches = default.schema in ("", schema.name)
            if reaches and default.database == schema.database:
                creators.add(default.creator)
        return creators & self.roles.keys()
