"""Hand-made changes of what is managed, drawn at random: a kind for each way to make one."""

import random
import re
import subprocess
from collections.abc import Callable
from itertools import cycle
from typing import NamedTuple

from howdah.rights.catalog import Catalog, Default, Grant, Object, Setting
from howdah.rights.kinds import ALL, COLUMN, DEFAULT_KINDS, PUBLIC, TO_PUBLIC
from tests.server.checkout import Checkout

ROLES = ("appowner", "appuser", "backupuser", "temporalowner", "temporaluser")
VERIFIERS = {
    "appuser": "app_verifier", "backupuser": "backup_verifier", "temporaluser": "temporal_verifier",
}  # fmt: skip
SCHEMAS = {"appdb": ("app", "public"), "temporal": ("public",), "temporal_visibility": ("public",)}
BASES = tuple(SCHEMAS)
ATTRIBUTES = ("SUPERUSER", "CREATEDB", "CREATEROLE", "INHERIT", "LOGIN", "REPLICATION", "BYPASSRLS")
COLUMNS = {
    "users": ("id", "first_name", "email"), "user_identities": ("id", "provider"),
    "alembic_version": ("version_num",), "workflows": ("id", "state"),
}  # fmt: skip
SETTINGS = {
    "work_mem": ("1GB", "5MB"), "statement_timeout": ("1h", "2h"), "lock_timeout": ("1h", "2h"),
    "idle_in_transaction_session_timeout": ("1h", "2h"), "timezone": ("Asia/Tokyo", "UTC"),
    "search_path": ("public", "app, public"), "jit": ("on", "off"), "shop.tenant": ("it''s", ""),
    "datestyle": ("ISO, DMY", "German"),
}  # fmt: skip
STATED = {
    "work_mem": "64MB", "jit": "on", "max_connections": "200", "log_connections": "off",
    "ssl_min_protocol_version": "TLSv1", "authentication_timeout": "10min", "random_page_cost": "4",
    "log_line_prefix": "it''s %m", "auth_delay.milliseconds": "0", "listen_addresses": "*",
    "password_encryption": "md5", "checkpoint_timeout": "1min",
}  # fmt: skip
PARAMETERS = ("archive_command", "work_mem", "DateStyle", "auth_delay.milliseconds", "shop.tenant")
LARGE_OBJECTS = ("lo_creat(integer)", "lo_create(oid)", "lo_from_bytea(oid, bytea)")
CLOSED = ("pg_read_file(text)", "pg_ls_dir(text)", "lo_import(text)", "lo_export(oid, text)")
SECRET = {"pg_authid": "rolpassword", "pg_user_mapping": "umoptions", "pg_statistic": "stavalues1"}
EDITS = [
    ("pg_hba.conf", "sed -i s/hostssl/host/ pg_hba.conf", r"\+hostssl appdb appuser "),
    ("pg_hba.conf", "echo host all all all trust >> pg_hba.conf", "-host all all all trust"),
    ("pg_ident.conf", "echo howdah root postgres >> pg_ident.conf", "-howdah root postgres"),
    ("pg_ident.conf", "rm pg_ident.conf", r"pg_ident.conf \(absent\)"),
    ("server.crt", "echo >> server.crt", "changed: server.crt"),
    ("server.key", "chmod 644 server.key", "changed: server.key"),
    ("release.conf", "echo jit = on >> release.conf", "release.conf is not as it was written"),
    ("more.conf", "echo ssl = off > more.conf", "more.conf is not as it was written"),
]
FILES = "etc/current"  # where a drift is made, when in no database


class Drift(NamedTuple):
    """Of two whose ``about`` begins alike only one is drawn: they would contradict each other."""

    about: tuple[str, ...]
    how: str  # SQL, or a line of shell
    shown: str  # what a line of the dry run must match
    where: str = "postgres"

    def clashes(self, other: "Drift") -> bool:
        return all(mine == its for mine, its in zip(self.about, other.about, strict=False))

    def make(self, checkout: Checkout) -> None:
        if self.where == FILES:
            subprocess.run(self.how, shell=True, check=True, cwd=checkout.home / FILES)
        else:
            checkout.ask(self.how, self.where)


Kind = Callable[[random.Random, Catalog], Drift]


def attribute(r: random.Random, was: Catalog) -> Drift:
    role, name = r.choice(ROLES), r.choice(ATTRIBUTES)
    poles = (name, f"NO{name}") if getattr(was.roles[role], name.lower()) else (f"NO{name}", name)
    shown = rf"ALTER ROLE {role} .*\b{poles[0]}\b"
    return Drift(("role", role, name), f"ALTER ROLE {role} {poles[1]}", shown)


def role_connections(r: random.Random, was: Catalog) -> Drift:
    role = r.choice(ROLES)
    limit = was.roles[role].connection_limit
    sql = f"ALTER ROLE {role} CONNECTION LIMIT {r.choice([-1, limit + 1, limit + 100])}"
    return Drift(("role", role, "limit"), sql, rf"ALTER ROLE {role} .*CONNECTION LIMIT {limit}\b")


def valid_until(r: random.Random, _: Catalog) -> Drift:
    role, moment = r.choice(ROLES), r.choice(["-infinity", "2020-02-29", "2999-12-31 23:59+02"])
    sql = f"ALTER ROLE {role} VALID UNTIL '{moment}'"
    return Drift(("role", role, "until"), sql, rf"ALTER ROLE {role} .*VALID UNTIL 'infinity'")


def password(r: random.Random, _: Catalog) -> Drift:
    role, word = r.choice(sorted(VERIFIERS)), r.choice(["NULL", "'other'"])
    sql = f"{r.choice(['', 'SET password_encryption = md5;'])} ALTER ROLE {role} PASSWORD {word}"
    shown = rf"ALTER ROLE {role} .*PASSWORD '<{VERIFIERS[role]}>'"
    return Drift(("role", role, "password"), sql, shown)


def membership(r: random.Random, _: Catalog) -> Drift:
    role, member = r.choice([
        (r.choice(("pg_read_all_data", "pg_execute_server_program")), r.choice(ROLES)),
        (r.choice(ROLES), r.choice(("pg_checkpoint", "pg_monitor"))),
        sorted(r.sample(ROLES, 2)),  # never in a circle
    ])  # fmt: skip
    options = r.choice(("", "WITH ADMIN OPTION", "WITH INHERIT TRUE", "WITH SET FALSE"))
    sql = f"GRANT {role} TO {member} {options}"
    return Drift(("member", role, member), sql, f"REVOKE {role} FROM {member} ")


def membership_by_a_member(r: random.Random, _: Catalog) -> Drift:
    (by, to), role = r.sample(ROLES, 2), r.choice(("pg_maintain", "pg_read_all_stats"))
    sql = f"GRANT {role} TO {by} WITH ADMIN OPTION; SET ROLE {by}; GRANT {role} TO {to}"
    return Drift(("member", role), sql, f"REVOKE {role} FROM {by} ")


def setting(places: list[tuple[str, str]]) -> Kind:
    def kind(r: random.Random, was: Catalog) -> Drift:
        (role, base), name = r.choice(places), r.choice(sorted(SETTINGS))
        place = f"ALTER DATABASE {base}"
        if role:
            place = f"ALTER ROLE {role}" + (f" IN DATABASE {base}" if base else "")
        stated = Setting(role, base, name) in was.settings
        sql = f"{place} SET {name} = '{r.choice(SETTINGS[name])}'"
        sql = f"{place} RESET {name}" if stated and r.random() < 0.5 else sql
        shown = f"{place} {'SET' if stated else 'RESET'} {name}"
        return Drift(("setting", role, base, name), sql, re.escape(shown))

    return kind


def database_connections(r: random.Random, _: Catalog) -> Drift:
    base = r.choice(BASES)
    sql = f"ALTER DATABASE {base} CONNECTION LIMIT {r.randrange(9)}"
    return Drift(("database", base), sql, f"ALTER DATABASE {base} CONNECTION LIMIT -1;")


def alter_system(r: random.Random, _: Catalog) -> Drift:
    name = r.choice(sorted(STATED))
    sql = f"ALTER SYSTEM SET {name} = '{STATED[name]}'"
    return Drift(("system", name), sql, f"/postgresql.auto.conf: take out {name} = ")


def grantee(role: str) -> str:
    return role or "PUBLIC"


def spelled(obj: Object) -> str:
    schema = f"{obj.schema}." if obj.schema else ""
    return f"{obj.kind.upper()} {schema}{obj.name}{obj.arguments}"


def revoked(obj: Object, privilege: str, role: str) -> str:
    on = f"ON {re.escape(spelled(obj))} FROM {grantee(role)} CASCADE;"
    return rf"REVOKE .*\b{privilege}\b(?! \().* {on}.*-- {obj.database}, "


def objects(was: Catalog, *kinds: str) -> list[Object]:
    managed = [o for o in was.owners if o.kind in kinds and o.schema != "pg_catalog"]
    return sorted(o for o in managed if o.database != "template0")


def privilege_on(*kinds: str) -> Kind:
    def kind(r: random.Random, was: Catalog) -> Drift:
        obj, role = r.choice(objects(was, *kinds)), r.choice((PUBLIC, *ROLES))
        privilege = r.choice(ALL[obj.kind])
        on, held = spelled(obj), Grant("", role, privilege) in was.grants[obj]
        sql, shown = f"GRANT {privilege} ON {on} TO {grantee(role)}", revoked(obj, privilege, role)
        if role not in (PUBLIC, was.owners[obj]) and r.random() < 0.3:
            sql += " WITH GRANT OPTION"
            words = "GRANT OPTION FOR " if held else "(?!GRANT OPTION)"
            shown = shown.replace("REVOKE ", f"REVOKE {words}", 1)
        elif held:
            sql = f"REVOKE {privilege} ON {on} FROM {grantee(role)}"
            shown = rf"GRANT .*\b{privilege}\b.* ON {re.escape(on)} TO (\w+, )*{grantee(role)}\b"
        return Drift((*obj, privilege, role), sql, shown, obj.database)

    return kind


def column(r: random.Random, was: Catalog) -> Drift:
    table, role, privilege = r.choice(objects(was, "table")), r.choice(ROLES), r.choice(COLUMN)
    name = r.choice(COLUMNS[table.name])
    sql = f"GRANT {privilege} ({name}) ON {spelled(table)} TO {role}"
    on = f"ON {spelled(table)} FROM {role} CASCADE;"
    shown = rf"REVOKE .*\b{privilege} \([^)]*\b{name}\b.* {on}"
    return Drift((*table, privilege, role, name), sql, shown, table.database)


def chain(r: random.Random, was: Catalog) -> Drift:
    """A grant option that was used, once or twice over."""
    obj = r.choice(objects(was, "database", "schema", "table", "sequence", "function", "type"))
    schema = was.grants.get(Object(obj.database, "schema", "", obj.schema), {})
    named = [role for role in ROLES if role != was.owners[obj]]
    using = [role for role in named if not obj.schema or Grant("", role, "USAGE") in schema]
    links = r.sample(using, r.randint(1, min(2, len(using))))
    end = r.choice([PUBLIC, *(role for role in named if role not in links)])
    privilege = r.choice(ALL[obj.kind])
    grant = f"GRANT {privilege} ON {spelled(obj)} TO"
    sql = "".join(f"{grant} {link} WITH GRANT OPTION; SET ROLE {link}; " for link in links)
    sql += f"{grant} {grantee(end)}"
    return Drift((*obj, privilege), sql, revoked(obj, privilege, links[0]), obj.database)


def owner(r: random.Random, _: Catalog) -> Drift:
    table = Object("appdb", "table", "app", "alembic_version")
    sql = f"ALTER TABLE app.alembic_version OWNER TO {r.choice(ROLES[1:])}"
    return Drift(table[:4], sql, "ALTER TABLE app.alembic_version OWNER TO appowner;", "appdb")


def default(r: random.Random, was: Catalog) -> Drift:
    base, creator, kind = (
        r.choice(BASES),
        r.choice((*ROLES, "postgres")),
        r.choice(DEFAULT_KINDS),
    )
    schema = r.choice(("", *SCHEMAS[base])) if kind != "schema" else ""
    role = r.choice([role for role in (PUBLIC, *ROLES) if role != creator])
    key = Default(base, creator, schema, kind, role, r.choice(ALL[kind]))
    implied = not schema and role == PUBLIC and key.privilege in TO_PUBLIC.get(kind, ())
    held = key in was.defaults or (implied and (base, creator, kind) not in was.stated_defaults)
    place = f"ALTER DEFAULT PRIVILEGES FOR ROLE {creator}{f' IN SCHEMA {schema}' * bool(schema)}"
    ways = (("REVOKE", "FROM"), ("GRANT", "TO"))
    (now, of), (then, to) = ways if held else ways[::-1]
    sql = f"{place} {now} {key.privilege} ON {kind}s {of} {grantee(role)}"
    shown = rf"{place} {then} .*\b{key.privilege}\b.* ON {kind.upper()}S {to} {grantee(role)};"
    return Drift(("default", *key), sql, f"{shown}  -- {base}, ", base)


def catalog_function(r: random.Random, _: Catalog) -> Drift:
    base, name = r.choice(BASES), r.choice((*LARGE_OBJECTS, *CLOSED))
    role = r.choice((PUBLIC, *ROLES) if name in LARGE_OBJECTS else ROLES)
    function = Object(base, "function", "pg_catalog", name)
    sql = f"GRANT EXECUTE ON FUNCTION {name} TO {grantee(role)}"
    return Drift((*function, role), sql, revoked(function, "EXECUTE", role), base)


def catalog_table(r: random.Random, _: Catalog) -> Drift:
    (name, secret), role = r.choice(sorted(SECRET.items())), r.choice(ROLES)
    table, privilege = Object(r.choice(BASES), "table", "pg_catalog", name), r.choice(COLUMN)
    sql, shown = f"GRANT {privilege} ON {name} TO {role}", revoked(table, privilege, role)
    if r.random() < 0.5:
        sql = f"GRANT {privilege} ({secret}) ON {name} TO {role}"
        shown = rf"REVOKE .*{privilege} \({secret}\).* ON {spelled(table)} FROM {role} CASCADE;"
    return Drift((*table, privilege, role), sql, shown, table.database)


def parameter(r: random.Random, _: Catalog) -> Drift:
    name, privilege, role = r.choice(PARAMETERS), r.choice(ALL["parameter"]), r.choice(ROLES)
    shown = rf'REVOKE .*\b{privilege}\b.* ON PARAMETER "?{name.lower()}"? FROM {role} CASCADE;'
    sql = f"GRANT {privilege} ON PARAMETER {name} TO {role}"
    return Drift(("parameter", name, privilege, role), sql, shown)


def edited_file(r: random.Random, _: Catalog) -> Drift:
    name, shell, shown = r.choice(EDITS)
    return Drift(("file", name), shell, shown, FILES)


def edited_conf(r: random.Random, _: Catalog) -> Drift:
    name = r.choice(sorted(STATED))
    shell, shown = r.choice([
        (f"sed -i '/^{name} =/d' postgresql.conf", rf"\+{name} = "),
        ("echo work_mem = 1GB >> postgresql.conf", r"\-work_mem = 1GB"),
    ])  # fmt: skip
    return Drift(("file", "postgresql.conf"), shell, shown, FILES)


def extension(r: random.Random, _: Catalog) -> Drift:
    base = r.choice(BASES[1:])
    shown = f"CREATE EXTENSION btree_gin WITH SCHEMA public;  -- {base}, "
    return Drift(("extension", base), "DROP EXTENSION btree_gin", shown, base)


KINDS = (
    attribute, role_connections, valid_until, password, membership, membership_by_a_member,
    setting([(role, "") for role in (*ROLES, "postgres")]),
    setting([(role, base) for role in (*ROLES, "postgres") for base in BASES]),
    setting([("", base) for base in BASES]),
    database_connections, alter_system, privilege_on("database"), privilege_on("schema"),
    privilege_on("table"), privilege_on("sequence", "function", "type"), column, chain, owner,
    default, default, catalog_function, catalog_table, parameter, edited_file, edited_conf,
    extension,
)  # fmt: skip


def drawn(r: random.Random, was: Catalog, count: int) -> list[Drift]:
    """Of each kind, as long as it has some; those that need rights of a role's own come first."""
    drifts: list[Drift] = []
    for kind in cycle(r.sample(KINDS, len(KINDS))):
        drift = kind(r, was)
        if not any(drift.clashes(other) for other in drifts):
            drifts.append(drift)
        if len(drifts) == count:
            return sorted(drifts, key=lambda drift: "SET ROLE" not in drift.how)
    raise AssertionError
