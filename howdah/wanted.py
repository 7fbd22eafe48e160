"""What roles-sql asks for: its statements, as if run one by one on a bare server."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from typing_extensions import override

from howdah import membership
from howdah.catalog import PUBLIC, ROUTINES, Catalog, Default, Grant, Object, places_of
from howdah.knobs import SHARED, SUPERUSER
from howdah.rules import REPLICATION

# PostgreSQL quotes each element of these when it stores them.
LISTS = frozenset({"search_path", "temp_tablespaces", "session_preload_libraries",
                   "local_preload_libraries"})  # fmt: skip


Acl = dict[Grant, tuple[bool, str]]  # grant -> whether with the option to grant, and its source


class Step(NamedTuple):
    """One GRANT or REVOKE, on one object or (no name) on all of a kind in a schema.

    ON ROUTINE names a function or a procedure; a function without ``arguments`` the only one of
    that name.
    """

    grants: bool
    target: Object
    privileges: tuple[tuple[str, str], ...]  # (column, privilege)
    grantees: tuple[str, ...]
    option: bool  # WITH GRANT OPTION, or GRANT OPTION FOR
    source: str


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
    foreign_schemas: set[tuple[str, str]] = field(default_factory=set)  # left alone
    cascades: set[tuple[str, str]] = field(default_factory=set)  # CREATE EXTENSION … CASCADE
    # database -> the superuser's, where its last extension is made
    early_defaults: dict[str, dict[Default, bool]] = field(default_factory=dict)
    asked: dict[Asked, str] = field(default_factory=dict)  # -> where it is said
    role: str = SUPERUSER  # SET ROLE, while reading
    session: dict[str, str] = field(default_factory=dict)  # SET name = value, while reading
    unused: dict[str, str] = field(default_factory=dict)  # of those: why it is rejected

    def acl(self, obj: Object, owner: str, initial: Iterable[Grant] = ()) -> Acl:
        """The wanted ACL of an object of ``owner``.

        ``initial``: what one of PostgreSQL's own was born with, where that is known.
        """
        bare, sources = Catalog(), {}
        if initial:
            for grant in initial:
                bare.grant(obj, grant, owner)
        elif obj.kind == "database" or obj.schema == "pg_catalog":
            bare.assume(obj, owner, self.version)
        else:
            bare.assume_owner(obj, owner, self.version)
            for default in self.born(obj, owner):
                grant = Grant("", default.grantee, default.privilege)
                bare.grant(obj, grant, owner, grantable=self.defaults[default])
                sources[grant] = self.sources.get(default, "")
        if (obj.kind, obj.name) == ("schema", "public"):
            bare.grant(obj, Grant("", PUBLIC, "USAGE"), owner)
        acl = {}
        for grant, grantors in bare.grants.get(obj, {}).items():
            acl[grant] = (grantors[owner], sources.get(grant, ""))
        for step in self.steps_for(obj):
            _apply(step, acl)
        return acl

    @override
    def born(self, obj: Object, owner: str) -> list[Default]:
        born = []
        for place in sorted(places_of(obj, owner)):
            born += self._defaults_of.get(place, [])
        return born

    @cached_property
    def _defaults_of(self) -> dict[tuple[str, ...], list[Default]]:
        """By database, creator, schema and kind."""
        defaults: dict[tuple[str, ...], list[Default]] = {}
        for default in self.defaults:
            defaults.setdefault(default[:4], []).append(default)
        return defaults

    def steps_on(self, obj: Object) -> list[Step]:
        """The GRANTs and REVOKEs that name the object, in their order."""
        return self._in_order(spellings(obj))

    def steps_for(self, obj: Object) -> list[Step]:
        """And those on all of its kind in its schema."""
        return self._in_order((*spellings(obj), *spellings(obj._replace(name="", arguments=""))))

    def _in_order(self, names: Iterable[Object]) -> list[Step]:
        numbers = []
        for name in dict.fromkeys(names):
            numbers += self._numbers.get(name, [])
        return [self.steps[number] for number in sorted(numbers)]

    @cached_property
    def _numbers(self) -> dict[Object, list[int]]:
        """Where in ``steps`` each target is."""
        numbers: dict[Object, list[int]] = {}
        for number, step in enumerate(self.steps):
            numbers.setdefault(step.target, []).append(number)
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
        enters = {name for name, attributes in self.roles.items() if attributes["login"]}
        for base in (*self.connlimits, *SHARED):
            grantees = self._connect(base)
            above = membership.inherited(self.members, self._owner(base))
            for role in enters:
                its = {PUBLIC, *membership.roles_of(role, above)}
                if self.roles[role]["superuser"] or grantees & its:
                    pairs.append((base, role))
        pairs += [(REPLICATION, role) for role in enters if self.roles[role]["replication"]]
        return sorted(pairs)

    def _owner(self, base: str) -> str:
        return self.owners.get(self.database(base), SUPERUSER)

    def _connect(self, base: str) -> set[str]:
        """Who is granted CONNECT. In PostgreSQL's own databases only what roles-sql grants counts.

        There PUBLIC may by default, and is managed where roles-sql speaks of it.
        """
        acl = self.acl(self.database(base), self._owner(base))
        own = base in self.connlimits
        grantees = set()
        for grant, (_, source) in acl.items():
            if grant.privilege == "CONNECT" and (own or source):
                grantees.add(grant.grantee)
        return grantees

    @cached_property
    def schemas(self) -> frozenset[tuple[str, str]]:
        """(database, schema) that roles-sql makes or names in a GRANT or REVOKE: the managed."""
        named = {*self.owners, *(s.target for s in self.steps)}
        return frozenset((o.database, o.name) for o in named if o.kind == "schema")

    def manages(self, obj: Object, owner: str) -> bool:
        """Whether the ACL of an object in a schema is Howdah's business."""
        return owner in self.creators.get((obj.database, obj.schema), ())

    @cached_property
    def creators(self) -> dict[tuple[str, str], set[str]]:
        """(database, schema): the roles whose objects belong there.

        Its owner, who may CREATE in it, and whose later objects roles-sql speaks of.
        """
        return {place: self._creators(*place) for place in self.schemas}

    @cached_property
    def _stated(self) -> list[Default]:
        """The default privileges that roles-sql grants."""
        return [default for default in self.defaults if default in self.sources]

    def _creators(self, database: str, schema: str) -> set[str]:
        obj = Object(database, "schema", "", schema)
        owner = self.owners.get(obj) or self.owners.get(self.database(database), SUPERUSER)
        may = {g.grantee for g in self.acl(obj, owner) if g.privilege == "CREATE"}
        later = set()
        for default in self._stated:
            if default.database == database and default.schema in ("", schema):
                later.add(default.creator)
        return (may | later | {owner}) & self.roles.keys()


def spellings(obj: Object) -> Iterator[Object]:
    """What a GRANT or REVOKE may call the object."""
    yield obj
    if obj.kind in ROUTINES:
        yield obj._replace(kind="routine")
        yield obj._replace(arguments="")
        yield obj._replace(kind="routine", arguments="")


def _apply(step: Step, acl: Acl) -> None:
    for grantee in step.grantees:
        for column, privilege in step.privileges:
            grant = Grant(column, grantee, privilege)
            if step.grants:
                grantable = step.option or acl.get(grant, (False, ""))[0]
                acl[grant] = (grantable, step.source)
                continue
            # On the whole table it takes the columns' along.
            for reached in [g for g in acl if grant in (g, g._replace(column=""))]:
                if step.option:
                    acl[reached] = (False, step.source)
                else:
                    del acl[reached]
