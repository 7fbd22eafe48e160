"""Roles, databases and rights: the statements that turn what a server has into what is wanted."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from typing_extensions import override

from howdah import acls, reports
from howdah.catalog import Catalog, Member, Object, Setting
from howdah.cluster import SUPERUSER
from howdah.names import identifier, literal
from howdah.wanted import LISTS, Wanted

ATTRIBUTES = ("superuser", "createdb", "createrole", "inherit", "login", "replication", "bypassrls")


@dataclass(frozen=True)
class Change:
    """One statement, sent as it is printed, and the place in roles-sql that asks for it."""

    sql: str
    database: str = "postgres"
    source: str = ""
    alone: bool = False  # cannot stand in a transaction

    @override
    def __str__(self) -> str:
        where = self.source or "not in roles-sql"
        return f"{self.sql}  -- {self.database}, {where}"


@dataclass
class Plan:
    """What to run, in order, and what is only told."""

    changes: list[Change] = field(default_factory=list)
    reports: list[str] = field(default_factory=list)


def plan(found: Catalog, want: Wanted, verifiers: Mapping[str, str]) -> Plan:
    """The difference. ``verifiers``: the placeholder in roles-sql -> sha256 of the verifier.

    ``found`` is completed with what the planned CREATE statements will bring along.
    """
    foreign = _foreign(found, want)
    kept = _without(want, foreign)
    changes = [
        *_roles(found, kept, verifiers),
        *_members(found, kept),
        *_settings(found, kept, in_database=False),
        *_databases(found, kept),
        *_settings(found, kept, in_database=True),
        *_objects(found, kept),
        *acls.changes(found, kept),
    ]
    told = [*foreign.values(), *reports.reports(found, kept)]
    return Plan([Change(*change) for change in changes], told)


def _foreign(found: Catalog, want: Wanted) -> dict[Object, str]:
    """Declared databases and schemas that somebody else owns, with what to say of them."""
    return {
        obj: f"{obj.kind} {obj.name} belongs to {found.owners[obj]}, not {owner}: left alone"
        for obj, owner in want.owners.items()
        if obj.kind in ("database", "schema") and found.owners.get(obj, owner) != owner
    }


def _without(want: Wanted, foreign: Mapping[Object, str]) -> Wanted:
    """``want`` less the foreign databases and schemas and all that is in them."""
    bases = {o.database for o in foreign if o.kind == "database"}
    schemas = {(o.database, o.name) for o in foreign if o.kind == "schema"}

    def ours(obj: Object) -> bool:
        own_schema = obj.name if obj.kind == "schema" else obj.schema
        return obj.database not in bases and (obj.database, own_schema) not in schemas

    return replace(
        want,
        owners={o: owner for o, owner in want.owners.items() if ours(o)},
        steps=[s for s in want.steps if ours(s.target)],
        tables={o: t for o, t in want.tables.items() if ours(o)},
        connlimits={n: v for n, v in want.connlimits.items() if n not in bases},
        settings={k: v for k, v in want.settings.items() if k.database not in bases},
        extensions={k: v for k, v in want.extensions.items() if k[0] not in bases},
        defaults={d: v for d, v in want.defaults.items() if d.database not in bases},
    )


Row = tuple[Any, ...]  # the arguments of Change


def _roles(found: Catalog, want: Wanted, verifiers: Mapping[str, str]) -> Iterator[Row]:
    for name, attributes in want.roles.items():
        now = found.roles.get(name)
        if now is None:
            yield f"CREATE ROLE {identifier(name)} {_words(attributes)};", "postgres", \
                want.sources[name]  # fmt: skip
            continue
        password = attributes["password"]
        shown = {**attributes, "password": password and verifiers.get(password)}
        if password is None:  # roles-sql does not say: the team sets it by hand
            shown["password"] = now["password"]
        wrong = {k: attributes[k] for k, v in shown.items() if now[k] != v}
        if wrong:
            yield f"ALTER ROLE {identifier(name)} {_words(wrong)};", "postgres", want.sources[name]


def _words(attributes: Mapping[str, Any]) -> str:
    """Both poles: LOGIN or NOLOGIN, always one of them."""
    words = [
        ("" if attributes[a] else "NO") + a.upper() for a in ATTRIBUTES if a in attributes
    ]  # fmt: skip
    if "connection limit" in attributes:
        words.append(f"CONNECTION LIMIT {attributes['connection limit']}")
    if "valid until" in attributes:
        words.append(f"VALID UNTIL {literal(attributes['valid until'] or 'infinity')}")
    if attributes.get("password"):
        words.append(f"PASSWORD {literal(attributes['password'])}")
    return " ".join(words)


def _members(found: Catalog, want: Wanted) -> Iterator[Row]:
    for member in sorted(found.members):
        if {member.role, member.member} & want.roles.keys() and member not in want.members:
            yield _membership("REVOKE", member, "FROM", " CASCADE", want.version), "postgres"
    for member, options in want.members.items():
        if found.members.get(member) != options:
            said = _with(options, want.version)
            yield _membership("GRANT", member, "TO", said, want.version), "postgres", \
                want.sources[member]  # fmt: skip


def _membership(verb: str, member: Member, to: str, rest: str, version: int) -> str:
    by = f" GRANTED BY {identifier(member.grantor)}" if version >= 16 else ""  # noqa: PLR2004
    before, after = ("", by + rest) if verb == "REVOKE" else (rest, by)
    return f"{verb} {identifier(member.role)} {to} {identifier(member.member)}{before}{after};"


def _with(options: tuple[bool, ...], version: int) -> str:
    if version < 16:  # noqa: PLR2004 INHERIT and SET came with it
        return " WITH ADMIN OPTION" if options[0] else ""
    names = ("ADMIN", "INHERIT", "SET")
    said = (f"{n} {str(o).upper()}" for n, o in zip(names, options, strict=True))
    return f" WITH {', '.join(said)}"


def _settings(found: Catalog, want: Wanted, *, in_database: bool) -> Iterator[Row]:
    def managed(key: Setting) -> bool:
        named = key.role in (*want.roles, SUPERUSER) or key.database in want.connlimits
        return named and bool(key.database) == in_database

    for key in sorted(filter(managed, found.settings)):
        if key not in want.settings:
            yield f"{_setting_of(key)} RESET {_setting_name(key.name)};", "postgres"
    for key, value in want.settings.items():
        if managed(key) and found.settings.get(key) != value:
            text = value if key.name in LISTS else literal(value)
            yield f"{_setting_of(key)} SET {_setting_name(key.name)} = {text};", "postgres", \
                want.sources[key]  # fmt: skip


def _setting_name(name: str) -> str:
    return ".".join(identifier(part) for part in name.split("."))


def _setting_of(key: Setting) -> str:
    if not key.role:
        return f"ALTER DATABASE {identifier(key.database)}"
    where = f" IN DATABASE {identifier(key.database)}" if key.database else ""
    return f"ALTER ROLE {identifier(key.role)}{where}"


def _databases(found: Catalog, want: Wanted) -> Iterator[Row]:
    for name in reports.SHARED:
        if name not in found.connlimits:  # a server still to be made
            found.assume_database(name, SUPERUSER, want.version)
    for name, limit in want.connlimits.items():
        base = want.database(name)
        source = want.sources[base]
        if name not in found.connlimits:
            owner = want.owners[base]
            found.assume_database(name, owner, want.version)
            yield f"CREATE DATABASE {identifier(name)} OWNER {identifier(owner)} " \
                f"TEMPLATE template0 ENCODING 'UTF8';", "postgres", source, True  # fmt: skip
        if found.connlimits[name] != limit:
            yield f"ALTER DATABASE {identifier(name)} CONNECTION LIMIT {limit};", "postgres", source


def _objects(found: Catalog, want: Wanted) -> Iterator[Row]:
    """Schemas, extensions and tables that are missing."""
    for base in want.connlimits:
        for creator in (*want.roles, SUPERUSER):
            found.assume_defaults(base, creator)
    schemas = [o for o in want.owners if o.kind == "schema" and o not in found.owners]
    for obj in schemas:
        owner = want.owners[obj]
        found.assume_born(obj, owner, want.version)
        yield f"CREATE SCHEMA {identifier(obj.name)} AUTHORIZATION {identifier(owner)};", \
            obj.database, want.sources[obj]  # fmt: skip
    for key in sorted(want.extensions.keys() - found.extensions.keys()):
        schema = identifier(want.extensions[key])
        yield f"CREATE EXTENSION {identifier(key[1])} WITH SCHEMA {schema};", \
            key[0], want.sources[key]  # fmt: skip
    for obj in sorted(want.tables.keys() - found.owners.keys()):
        sql, owner = want.tables[obj]
        found.assume_born(obj, owner, want.version)
        yield f"SET ROLE {identifier(owner)}; {' '.join(sql.split())}; RESET ROLE;", \
            obj.database, want.sources[obj]  # fmt: skip
