"""The plan: everything on a bare server, nothing on a settled one, and each drift undone."""

import copy
import re
import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pgparse
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from howdah.host_data import read as cluster_of
from howdah.names import RESERVED, identifier, literal
from howdah.options import SHARED
from howdah.queries import questions
from howdah.rights.catalog import (
    Catalog,
    Default,
    Extension,
    Grant,
    Member,
    MemberOptions,
    Object,
    Role,
    Setting,
)
from howdah.rights.catalog_rows import read as from_rows
from howdah.rights.change import KIND, Plan
from howdah.rights.kinds import PUBLIC, privileges
from howdah.rights.planning import plan
from howdah.rights.reports import POWERS
from howdah.roles_sql.declared import declared
from howdah.roles_sql.sqlfiles import read
from howdah.roles_sql.statements import wanted
from howdah.roles_sql.wanted import Wanted
from howdah.secrets.verifiers import PASSWORDS, placeholder

DIGESTS = {placeholder(variable): f"digest of {variable}" for variable in PASSWORDS}
MANAGED = ["appowner", "appuser", "backupuser", "temporalowner", "temporaluser"]
POSTGRES = Role(
    superuser=True, createdb=True, createrole=True, login=True, replication=True, bypassrls=True
)
NO_POWER: dict[str, Any] = dict.fromkeys(POWERS, False)
STRANGER = replace(POSTGRES, **NO_POWER)

APPDB = Object("appdb", "database", "", "appdb")
APP = Object("appdb", "schema", "", "app")
VERSIONS = Object("appdb", "table", "app", "alembic_version")
ACCOUNT = Object("appdb", "table", "app", "account")
AUTHID = Object("appdb", "table", "pg_catalog", "pg_authid")
LO_CREATE = Object("appdb", "function", "pg_catalog", "lo_create", "(oid)")

BASE = ("CREATE ROLE a; CREATE ROLE b; "
        "CREATE DATABASE d OWNER a TEMPLATE template0 ENCODING 'UTF8';")  # fmt: skip

Sql = Callable[..., Wanted]


@pytest.fixture
def want() -> Wanted:
    return declared(cluster_of({"environment": "test"}))


@pytest.fixture
def found(want: Wanted) -> Catalog:
    return settled(want)


@pytest.fixture
def sql(tmp_path: Path) -> Sql:
    """Read statements after two roles and a database d, to which it connects."""
    folder = tmp_path / "roles-sql"
    folder.mkdir()

    def sql(text: str, version: int = 17) -> Wanted:
        (folder / "1.sql").write_text(f"{BASE}\n\\connect d\n{text}\n")
        return wanted(read(folder, {}), version)

    return sql


VIEWS = [Object("appdb", "table", "extensions", name)
         for name in ("pg_stat_statements", "pg_stat_statements_info")]  # fmt: skip


def born_with(want: Wanted) -> list[Grant]:
    """What the script of an extension gives: everybody reads its view."""
    owners = [Grant("", "postgres", word) for word in privileges("table", want.version)]
    return [*owners, Grant("", PUBLIC, "SELECT")]


def settled(want: Wanted) -> Catalog:
    """What a server says when all that is wanted has been done."""
    found = Catalog(
        roles={"postgres": POSTGRES},
        members=dict(want.members),
        settings=dict(want.settings),
        extensions=dict(want.extensions),
        defaults=dict(want.defaults),
        stated_defaults=set(want.stated_defaults),
    )
    for name, role in want.roles.items():
        digest = None
        if role.password:
            digest = DIGESTS.get(role.password)
        found.roles[name] = replace(role, password=digest)
    for base in (*want.connlimits, *SHARED):
        found.assume_database(base, "postgres", want.version)
    found.connlimits.update(want.connlimits)
    found.owners.update(want.owners)
    for step in want.steps:
        if step.target.schema == "pg_catalog":
            found.owners[step.target] = "postgres"
        elif step.target in VIEWS:
            found.owners[step.target] = "postgres"
            found.initial[step.target] = born_with(want)
    for obj in found.owners:
        add(found, want, obj)
    return found


def add(found: Catalog, want: Wanted, obj: Object, owner: str = "") -> None:
    """Put an object there, with the ACL that is wanted of it."""
    owner = owner or found.owners[obj]
    found.owners[obj] = owner
    acl = want.acl(obj, owner, found.initial.get(obj, ())).items()
    found.grants[obj] = {grant: {owner: grantable} for grant, (grantable, _) in acl}


def alter(found: Catalog, name: str, **attributes: Any) -> None:
    """Another one has altered the role."""
    found.roles[name] = replace(found.roles[name], **attributes)


def drift(found: Catalog, want: Wanted) -> Plan:
    return plan(copy.deepcopy(found), want, DIGESTS)


def statements(found: Catalog, want: Wanted) -> list[tuple[str, str]]:
    return [(change.database, change.sql) for change in drift(found, want).changes]


def said(found: Catalog, want: Wanted) -> list[str]:
    return [str(change) for change in drift(found, want).changes]


def line_of(file: str, text: str) -> str:
    """roles-sql/file:line of the statement that begins with ``text``."""
    lines = Path(__file__).parents[3].joinpath("roles-sql", file).read_text().split("\n")
    return f"roles-sql/{file}:{1 + [line.startswith(text) for line in lines].index(True)}"


# -- Bare and settled ------------------------------------------------------------------------


def test_bare_server_gets_everything_in_an_order_that_runs(want: Wanted) -> None:
    changes = plan(Catalog(roles={"postgres": POSTGRES}), want, {}).changes
    order = [
        r"CREATE ROLE", r"ALTER ROLE \w+ SET", r"CREATE DATABASE", r"ALTER ROLE \w+ IN DATABASE",
        r"CREATE SCHEMA", r"(GRANT|REVOKE) [A-Z, ]+ ON (DATABASE|SCHEMA)", r"CREATE EXTENSION",
        r"CREATE TABLE", r"(GRANT|REVOKE)", r"ALTER DEFAULT PRIVILEGES",
    ]  # fmt: skip
    kinds = [next(i for i, k in enumerate(order) if re.match(k, c.sql)) for c in changes]
    databases = [c.database for c in changes]
    assert databases == sorted(databases, key=lambda d: (d != "postgres", d))  # one by one
    for database in set(databases):
        own = [k for k, d in zip(kinds, databases, strict=True) if d == database]
        assert own == sorted(own)
    assert set(kinds) == set(range(len(order)))
    assert all(re.fullmatch(r"[\w-]+/[\w-]+\.sql:\d+", change.source) for change in changes)


def test_every_statement_is_one_that_postgresql_parses(want: Wanted) -> None:
    for change in plan(Catalog(roles={"postgres": POSTGRES}), want, {}).changes:
        assert pgparse.parse(change.sql)


def test_database_is_made_alone(want: Wanted) -> None:
    changes = plan(Catalog(roles={"postgres": POSTGRES}), want, {}).changes
    alone = [change for change in changes if change.alone]
    assert [(c.sql, c.database) for c in alone] == [
        (f"CREATE DATABASE {name} OWNER {owner} TEMPLATE template0 ENCODING 'UTF8';", "postgres")
        for name, owner in (
            ("appdb", "appowner"),
            ("temporal", "temporalowner"),
            ("temporal_visibility", "temporalowner"),
        )
    ]
    assert [c for c in changes if c.sql.startswith("CREATE DATABASE")] == alone


def test_role_is_made_with_both_poles_of_every_attribute(want: Wanted) -> None:
    change = plan(Catalog(roles={"postgres": POSTGRES}), want, {}).changes[1]
    assert change.sql == (
        "CREATE ROLE appuser NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT LOGIN NOREPLICATION "
        "NOBYPASSRLS CONNECTION LIMIT 31 VALID UNTIL 'infinity' PASSWORD '<app_verifier>';"
    )
    assert change.source == line_of("10-roles.sql", 'CREATE ROLE :"app_role"')


def test_settled_server_gets_nothing(found: Catalog, want: Wanted) -> None:
    assert drift(found, want) == Plan()


def test_reading_the_files_again_wants_the_same(want: Wanted) -> None:
    assert declared(cluster_of({"environment": "test"})) == want


def drifted(want: Wanted) -> Catalog:
    """Something of each kind that a plan puts right or tells."""
    found = settled(want)
    alter(found, "appuser", login=False, connection_limit=-1)
    del found.roles["backupuser"]
    found.roles["stranger"] = STRANGER
    found.members[Member("appowner", "appuser", "temporalowner")] = MemberOptions()
    found.members[Member("appowner", "temporaluser", "appuser")] = MemberOptions()
    found.settings[Setting("appuser", "", "work_mem")] = "1"
    found.settings.popitem()
    found.connlimits["temporal"] = 7
    found.owners[found.database("temporal_visibility")] = "stranger"
    found.extensions.clear()
    found.defaults.pop(next(default for default in found.defaults if default in want.sources))
    found.defaults[Default("appdb", "postgres", "", "table", "stranger", "SELECT")] = True
    found.lost_defaults.append(Default("appdb", "appowner", "", "type", PUBLIC, "USAGE"))
    want.comments[APPDB] = "wanted"
    want.sources["comment", APPDB] = "roles-sql/1.sql:1"
    found.comments[APPDB] = "another one"
    add(found, want, ACCOUNT, "appowner")
    found.grant(ACCOUNT, Grant("", "appuser", "TRUNCATE"), "appowner", grantable=True)
    found.grant(ACCOUNT, Grant("name", "stranger", "SELECT"), "appuser", grantable=True)
    found.grant(ACCOUNT, Grant("", "stranger", "SELECT"), "stranger")
    found.initial[AUTHID] = born_with(want)
    found.grant(AUTHID, Grant("", "appuser", "SELECT"), "postgres")
    add(found, want, VERSIONS, "temporaluser")
    found.columns[ACCOUNT] = {"name"}
    return found


@pytest.mark.parametrize("server", [lambda _: Catalog(), settled, drifted])
def test_plan_changes_nothing_that_it_is_given(
    want: Wanted, server: Callable[[Wanted], Catalog]
) -> None:
    found = server(want)
    before = copy.deepcopy((found, want))
    first = plan(found, want, DIGESTS)
    assert (found, want) == before
    assert plan(found, want, DIGESTS) == first


def test_plan_of_what_has_drifted_is_of_every_kind(want: Wanted) -> None:
    """So that the test before this one is about all of them."""
    kinds: set[str] = set()
    for _, sql in statements(drifted(want), want):
        kind = KIND.match(sql)
        assert kind
        kinds.add(kind[1])
    assert kinds == {
        "ALTER DATABASE", "ALTER DEFAULT PRIVILEGES", "ALTER ROLE", "ALTER TABLE", "COMMENT",
        "CREATE EXTENSION", "CREATE ROLE", "GRANT", "REVOKE",
    }  # fmt: skip


def test_table_of_the_owner_is_born_with_what_is_wanted(found: Catalog, want: Wanted) -> None:
    found.assume_born(ACCOUNT, "appowner", want.version)
    assert statements(found, want) == []


def test_change_is_printed_with_database_and_place(found: Catalog, want: Wanted) -> None:
    alter(found, "appuser", login=False)
    place = line_of("10-roles.sql", 'CREATE ROLE :"app_role"')
    assert said(found, want) == [f"ALTER ROLE appuser LOGIN;  -- postgres, {place}"]


# -- Drift of roles ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attribute", "value", "words"),
    [
        ("superuser", True, "NOSUPERUSER"),
        ("createdb", True, "NOCREATEDB"),
        ("createrole", True, "NOCREATEROLE"),
        ("inherit", True, "NOINHERIT"),
        ("login", False, "LOGIN"),
        ("replication", True, "NOREPLICATION"),
        ("bypassrls", True, "NOBYPASSRLS"),
        ("connection_limit", -1, "CONNECTION LIMIT 31"),
        ("valid_until", "2020-01-01T00:00:00", "VALID UNTIL 'infinity'"),
        ("password", "another digest", "PASSWORD '<app_verifier>'"),
        ("password", None, "PASSWORD '<app_verifier>'"),
    ],
)
def test_attribute_is_repaired(
    found: Catalog, want: Wanted, attribute: str, value: object, words: str
) -> None:
    alter(found, "appuser", **{attribute: value})
    (change,) = drift(found, want).changes
    assert change.sql == f"ALTER ROLE appuser {words};"
    assert change.source == line_of("10-roles.sql", 'CREATE ROLE :"app_role"')


def test_several_attributes_are_one_statement(found: Catalog, want: Wanted) -> None:
    alter(found, "appowner", login=True, connection_limit=-1, superuser=True)
    assert statements(found, want) == [
        ("postgres", "ALTER ROLE appowner NOSUPERUSER NOLOGIN CONNECTION LIMIT 0;")
    ]


@pytest.mark.parametrize(("limit", "now", "changes"), [("5", 7, True), ("7", 7, False)])
def test_connection_limit_of_the_superuser(sql: Sql, limit: str, now: int, changes: bool) -> None:
    """Nothing else of it, and that only where roles-sql sets it."""
    text = f"ALTER ROLE postgres CONNECTION LIMIT {limit};"
    statement = [(text, "roles-sql/1.sql:3")] if changes else []
    for want, expected in ((sql(text), statement), (sql(""), [])):
        has = Catalog(roles={"postgres": replace(POSTGRES, connection_limit=now)})
        made = [(c.sql, c.source) for c in plan(has, want, {}).changes if "postgres" in c.sql]
        assert made == expected


def test_password_that_roles_sql_does_not_say_is_kept(found: Catalog, want: Wanted) -> None:
    alter(found, "appowner", password="set by hand")
    assert statements(found, want) == []


@pytest.mark.parametrize(
    ("version", "by"), [(15, ""), (16, " GRANTED BY postgres"), (17, " GRANTED BY postgres")]
)
@pytest.mark.parametrize(
    ("role", "member"), [("pg_read_all_data", "backupuser"), ("appowner", "appuser"),
                         ("appowner", "stranger")]
)  # fmt: skip
def test_membership_that_is_too_much_is_revoked(
    version: int, by: str, role: str, member: str
) -> None:
    want = declared(cluster_of({"environment": "test", "version": version}))
    found = settled(want)
    found.members[Member(role, member, "postgres")] = MemberOptions()
    revoke = f"REVOKE {role} FROM {member}{by} CASCADE;"
    assert statements(found, want) == [("postgres", revoke)]


def test_membership_is_revoked_from_who_granted_it(found: Catalog, want: Wanted) -> None:
    found.members[Member("appowner", "appuser", "temporalowner")] = MemberOptions(admin=True)
    revoke = "REVOKE appowner FROM appuser GRANTED BY temporalowner CASCADE;"
    assert statements(found, want) == [("postgres", revoke)]


def test_membership_among_strangers_is_left(found: Catalog, want: Wanted) -> None:
    found.members[Member("pg_monitor", "stranger", "postgres")] = MemberOptions()
    assert statements(found, want) == []


@pytest.mark.parametrize(
    ("version", "grant"),
    [
        (15, "GRANT a TO b WITH ADMIN OPTION;"),
        (17, "GRANT a TO b WITH ADMIN TRUE, INHERIT TRUE, SET TRUE GRANTED BY postgres;"),
    ],
)
def test_membership_that_is_missing_is_granted(sql: Sql, version: int, grant: str) -> None:
    want = sql("GRANT a TO b WITH ADMIN OPTION;", version)
    found = settled(want)
    assert statements(found, want) == []
    found.members.clear()
    assert said(found, want) == [f"{grant}  -- postgres, roles-sql/1.sql:3"]


def test_option_of_a_membership_is_repaired(sql: Sql) -> None:
    want = sql("GRANT a TO b;")
    found = settled(want)
    found.members[Member("a", "b", "postgres")] = MemberOptions(admin=True, set=False)
    grant = "GRANT a TO b WITH ADMIN FALSE, INHERIT TRUE, SET TRUE GRANTED BY postgres;"
    assert statements(found, want) == [("postgres", grant)]


def test_admin_option_is_taken_away_before_16(sql: Sql) -> None:
    want = sql("GRANT a TO b;", 15)
    found = settled(want)
    found.members[Member("a", "b", "postgres")] = MemberOptions(admin=True)
    assert statements(found, want) == [("postgres", "REVOKE ADMIN OPTION FOR a FROM b CASCADE;")]


# -- Drift of settings -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "sql"),
    [
        (("appuser", "", "work_mem"), "ALTER ROLE appuser RESET work_mem;"),
        (("postgres", "", "jit"), "ALTER ROLE postgres RESET jit;"),
        (("", "appdb", "work_mem"), "ALTER DATABASE appdb RESET work_mem;"),
        (("appuser", "appdb", "jit"), "ALTER ROLE appuser IN DATABASE appdb RESET jit;"),
        (("appuser", "", "TimeZone"), 'ALTER ROLE appuser RESET "TimeZone";'),
        (("appuser", "", "x.Y z"), 'ALTER ROLE appuser RESET x."Y z";'),
    ],
)
def test_setting_that_is_too_much_is_reset(
    found: Catalog, want: Wanted, key: tuple[str, str, str], sql: str
) -> None:
    found.settings[Setting(*key)] = "1"
    assert statements(found, want) == [("postgres", sql)]


def test_setting_that_differs_is_set(found: Catalog, want: Wanted) -> None:
    found.settings[Setting("appuser", "", "statement_timeout")] = "0"
    place = line_of("10-roles.sql", 'ALTER ROLE :"app_role" SET statement_timeout')
    sql = "ALTER ROLE appuser SET statement_timeout = '30s';"
    assert said(found, want) == [f"{sql}  -- postgres, {place}"]


def test_list_is_set_as_a_list(found: Catalog, want: Wanted) -> None:
    found.settings[Setting("appuser", "appdb", "search_path")] = "public"
    sql = "ALTER ROLE appuser IN DATABASE appdb SET search_path = app, extensions;"
    assert statements(found, want) == [("postgres", sql)]


@pytest.mark.parametrize("key", [("stranger", "", "jit"), ("", "", "jit"), ("", "other", "jit")])
def test_setting_of_a_stranger_is_left(
    found: Catalog, want: Wanted, key: tuple[str, str, str]
) -> None:
    found.settings[Setting(*key)] = "off"
    assert statements(found, want) == []


def test_setting_of_a_stranger_in_a_database_is_left(found: Catalog, want: Wanted) -> None:
    found.settings[Setting("stranger", "appdb", "jit")] = "off"
    assert statements(found, want) == []


def test_empty_search_path_is_one_that_postgresql_reads(sql: Sql) -> None:
    want = sql("ALTER ROLE a SET search_path = '';")
    found = settled(want)
    found.settings.clear()
    assert statements(found, want) == [("postgres", "ALTER ROLE a SET search_path = '';")]


@pytest.mark.parametrize("value", ['"q"', '""', 'say "q"'])
def test_quotes_of_a_value_are_kept(sql: Sql, value: str) -> None:
    want = sql(f"ALTER ROLE a SET application_name = '{value}';")
    found = settled(want)
    found.settings.clear()
    text = f"ALTER ROLE a SET application_name = '{value}';"
    assert statements(found, want) == [("postgres", text)]


@pytest.mark.parametrize("name", ["TimeZone", "timezone", "TIMEZONE"])
def test_name_of_a_setting_is_compared_in_lower_case(sql: Sql, name: str) -> None:
    want = sql("ALTER ROLE a SET TimeZone = 'UTC';")
    found = settled(want)
    found.settings = dict(from_rows([["setting", "a", "", name, "UTC"]]).settings)
    assert statements(found, want) == []


# -- Drift of privileges ------------------------------------------------------------------------


def test_public_is_kept_out_of_the_database(found: Catalog, want: Wanted) -> None:
    found.grant(APPDB, Grant("", "", "CONNECT"), "appowner")
    found.grant(APPDB, Grant("", "", "TEMPORARY"), "appowner")
    place = line_of("20-databases.sql", 'REVOKE ALL ON DATABASE :"app_database"')
    sql = "REVOKE CONNECT, TEMPORARY ON DATABASE appdb FROM PUBLIC CASCADE;"
    assert said(found, want) == [f"{sql}  -- appdb, {place}"]


@pytest.mark.parametrize("base", SHARED)
def test_public_is_kept_out_of_shared_databases(found: Catalog, want: Wanted, base: str) -> None:
    found.grant(found.database(base), Grant("", "", "CONNECT"), "postgres")
    place = line_of("20-databases.sql", f"REVOKE ALL ON DATABASE {base}")
    sql = f"REVOKE CONNECT ON DATABASE {base} FROM PUBLIC CASCADE;"
    assert said(found, want) == [f"{sql}  -- {base}, {place}"]


def test_public_uses_no_schema_of_a_shared_database(found: Catalog, want: Wanted) -> None:
    public = Object("template1", "schema", "", "public")
    found.grant(public, Grant("", "", "USAGE"), "pg_database_owner")
    (change,) = drift(found, want).changes
    assert change.sql == "REVOKE USAGE ON SCHEMA public FROM PUBLIC CASCADE;"
    assert change.database == "template1"
    assert change.source.startswith("roles-sql/50-shared.sql:")


def test_a_role_of_postgresqls_own_is_granted_what_is_said(tmp_path: Path) -> None:
    text = BASE + "\n\\connect template1\nGRANT USAGE ON SCHEMA public TO pg_monitor;"
    (tmp_path / "10.sql").write_text(text)
    made = statements(Catalog(), wanted(read(tmp_path, {}), 17))
    assert ("template1", "GRANT USAGE ON SCHEMA public TO pg_monitor;") in made


def test_a_serial_columns_sequence_finds_its_name_taken(tmp_path: Path) -> None:
    """The table was renamed by hand; its sequence was not."""
    later = "ALTER DEFAULT PRIVILEGES FOR ROLE a GRANT USAGE ON SEQUENCES TO b;"
    table = "SET ROLE a; CREATE TABLE IF NOT EXISTS s.t (id serial); RESET ROLE;"
    schema = f"\n\\connect d\nCREATE SCHEMA s AUTHORIZATION a; {later} {table}"
    (tmp_path / "10.sql").write_text(BASE + schema)
    want = wanted(read(tmp_path, {}), 17)
    found = settled(want)
    found.assume(Object("d", "table", "s", "renamed"), "a", 17)
    found.assume(Object("d", "sequence", "s", "t_id_seq"), "a", 17)
    del found.owners[Object("d", "table", "s", "t")]
    assert ("d", "GRANT USAGE ON SEQUENCE s.t_id_seq1 TO b;") in statements(found, want)


def test_template1_is_born_with_connect_alone(tmp_path: Path) -> None:
    text = BASE + "GRANT CREATE ON DATABASE template1 TO PUBLIC;"
    (tmp_path / "10.sql").write_text(text)
    made = statements(Catalog(), wanted(read(tmp_path, {}), 17))
    granted = [sql for _, sql in made if sql.startswith("GRANT")]
    assert granted == ["GRANT CREATE ON DATABASE template1 TO PUBLIC;"]


def test_strangers_privilege_on_a_shared_database_is_left(found: Catalog, want: Wanted) -> None:
    found.grant(found.database("postgres"), Grant("", "stranger", "CONNECT"), "postgres")
    assert statements(found, want) == []


def test_managed_roles_privilege_on_a_shared_database_is_revoked(
    found: Catalog, want: Wanted
) -> None:
    found.grant(found.database("postgres"), Grant("", "appuser", "CONNECT"), "postgres")
    sql = "REVOKE CONNECT ON DATABASE postgres FROM appuser CASCADE;"
    assert statements(found, want) == [("postgres", sql)]


def test_public_is_kept_out_of_shared_databases_whoever_let_it_in(
    found: Catalog, want: Wanted
) -> None:
    base = found.database("postgres")
    found.grant(base, Grant("", "stranger", "CONNECT"), "postgres", grantable=True)
    found.grant(base, Grant("", "", "CONNECT"), "stranger")
    revoke = "REVOKE CONNECT ON DATABASE postgres FROM PUBLIC CASCADE;"
    assert [s for _, s in statements(found, want)] == [f"SET ROLE stranger; {revoke} RESET ROLE;"]


@pytest.mark.parametrize("grantee", ["", "stranger", "temporaluser"])
def test_privilege_on_a_table_that_is_too_much_is_revoked(
    found: Catalog, want: Wanted, grantee: str
) -> None:
    add(found, want, ACCOUNT, "appowner")
    found.grant(ACCOUNT, Grant("", grantee, "SELECT"), "appowner")
    found.grant(ACCOUNT, Grant("", grantee, "TRIGGER"), "appowner")
    to = grantee or "PUBLIC"
    sql = f"REVOKE SELECT, TRIGGER ON TABLE app.account FROM {to} CASCADE;"
    assert said(found, want) == [f"{sql}  -- appdb, not in roles-sql"]


def test_revoke_that_roles_sql_asks_for_says_where(found: Catalog, want: Wanted) -> None:
    found.grant(VERSIONS, Grant("", "appuser", "DELETE"), "appowner")
    place = line_of("30-app.sql", "REVOKE INSERT, UPDATE, DELETE ON TABLE app.alembic_version")
    sql = "REVOKE DELETE ON TABLE app.alembic_version FROM appuser CASCADE;"
    assert said(found, want) == [f"{sql}  -- appdb, {place}"]


def test_privilege_of_a_column_is_revoked(found: Catalog, want: Wanted) -> None:
    for column in ("id", "user"):
        found.grant(VERSIONS, Grant(column, "appuser", "UPDATE"), "appowner")
    sql = 'REVOKE UPDATE (id, "user") ON TABLE app.alembic_version FROM appuser CASCADE;'
    assert statements(found, want) == [("appdb", sql)]


def test_privilege_that_is_missing_is_granted_with_its_place(found: Catalog, want: Wanted) -> None:
    add(found, want, ACCOUNT, "appowner")
    del found.grants[ACCOUNT][Grant("", "appuser", "INSERT")]
    del found.grants[ACCOUNT][Grant("", "appuser", "UPDATE")]
    (change,) = drift(found, want).changes
    assert change.sql == "GRANT INSERT, UPDATE ON TABLE app.account TO appuser;"
    file, _, line = change.source.partition(":")
    lines = Path(__file__).parents[3].joinpath(file).read_text().split("\n")
    assert lines[int(line)] == 'GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO :"app_role";'


def test_grantees_that_lack_the_same_are_one_statement(found: Catalog, want: Wanted) -> None:
    for grantee in ("appuser", "backupuser"):
        del found.grants[APP][Grant("", grantee, "USAGE")]
    sql = "GRANT USAGE ON SCHEMA app TO appuser, backupuser;"
    place = line_of("30-app.sql", "GRANT USAGE ON SCHEMA app")
    assert said(found, want) == [f"{sql}  -- appdb, {place}"]


def test_owners_own_privileges_are_granted_back(found: Catalog, want: Wanted) -> None:
    for privilege in ("INSERT", "DELETE"):
        del found.grants[VERSIONS][Grant("", "appowner", privilege)]
    sql = "GRANT INSERT, DELETE ON TABLE app.alembic_version TO appowner;"
    assert statements(found, want) == [("appdb", sql)]


def test_grant_option_is_revoked(found: Catalog, want: Wanted) -> None:
    found.grant(VERSIONS, Grant("", "appuser", "SELECT"), "appowner", grantable=True)
    sql = "REVOKE GRANT OPTION FOR SELECT ON TABLE app.alembic_version FROM appuser CASCADE;"
    assert statements(found, want) == [("appdb", sql)]


def test_grant_option_that_is_missing_is_granted(sql: Sql) -> None:
    want = sql("CREATE SCHEMA s AUTHORIZATION a;\nGRANT USAGE ON SCHEMA s TO b WITH GRANT OPTION;")
    found = settled(want)
    assert statements(found, want) == []
    found.grants[Object("d", "schema", "", "s")][Grant("", "b", "USAGE")] = {"a": False}
    grant = "GRANT USAGE ON SCHEMA s TO b WITH GRANT OPTION;"
    assert said(found, want) == [f"{grant}  -- d, roles-sql/1.sql:4"]


def test_chain_is_taken_back_link_by_link(found: Catalog, want: Wanted) -> None:
    """Each by its name, the last first: CASCADE does not reach all of them (cases 21 to 23)."""
    found.grant(VERSIONS, Grant("", "backupuser", "INSERT"), "appowner", grantable=True)
    found.grant(VERSIONS, Grant("", "stranger", "INSERT"), "backupuser")
    assert [sql for _, sql in statements(found, want)] == [
        "SET ROLE backupuser; REVOKE INSERT ON TABLE app.alembic_version FROM stranger CASCADE; "
        "RESET ROLE;",
        "REVOKE INSERT ON TABLE app.alembic_version FROM backupuser CASCADE;",
    ]


def test_grantor_gets_what_he_lacks_and_gives_it_back(found: Catalog, want: Wanted) -> None:
    """He has lost his option, may not enter the schema, and is a superuser by now."""
    found.roles["bob"] = replace(STRANGER, superuser=True)
    found.grant(VERSIONS, Grant("", "stranger", "INSERT"), "bob")
    (only,) = [sql for _, sql in statements(found, want)]
    assert only.split("; ") == [
        "ALTER ROLE bob NOSUPERUSER",
        "GRANT USAGE ON SCHEMA app TO bob",
        "GRANT INSERT ON TABLE app.alembic_version TO bob WITH GRANT OPTION",
        "SET ROLE bob",
        "REVOKE INSERT ON TABLE app.alembic_version FROM stranger CASCADE",
        "RESET ROLE",
        "REVOKE INSERT ON TABLE app.alembic_version FROM bob CASCADE",
        "REVOKE USAGE ON SCHEMA app FROM bob",
        "ALTER ROLE bob SUPERUSER;",
    ]


def test_grantor_keeps_what_he_may_without_the_option(found: Catalog, want: Wanted) -> None:
    found.grant(VERSIONS, Grant("", "stranger", "SELECT"), "appuser")
    (only,) = [sql for _, sql in statements(found, want)]
    assert only.split("; ")[-1] == (
        "REVOKE GRANT OPTION FOR SELECT ON TABLE app.alembic_version FROM appuser CASCADE;"
    )


def test_column_grant_of_who_may_grant_the_table_is_taken_back(
    found: Catalog, want: Wanted
) -> None:
    found.grant(VERSIONS, Grant("", "appuser", "SELECT"), "appowner", grantable=True)
    found.grant(VERSIONS, Grant("version_num", PUBLIC, "SELECT"), "appuser")
    assert [sql for _, sql in statements(found, want)] == [
        "SET ROLE appuser; REVOKE SELECT (version_num) ON TABLE app.alembic_version FROM PUBLIC "
        "CASCADE; RESET ROLE;",
        "REVOKE GRANT OPTION FOR SELECT ON TABLE app.alembic_version FROM appuser CASCADE;",
    ]


def test_grant_by_who_may_grant_is_revoked_as_that_role(sql: Sql) -> None:
    want = sql("CREATE SCHEMA s AUTHORIZATION a;\nGRANT USAGE ON SCHEMA s TO b WITH GRANT OPTION;")
    found = settled(want)
    found.grant(Object("d", "schema", "", "s"), Grant("", "stranger", "USAGE"), "b")
    revoke = "SET ROLE b; REVOKE USAGE ON SCHEMA s FROM stranger CASCADE; RESET ROLE;"
    assert statements(found, want) == [("d", revoke)]


def test_wanted_privilege_of_the_wrong_grantor_is_granted_by_the_owner(
    found: Catalog, want: Wanted
) -> None:
    found.grant(APP, Grant("", "temporaluser", "USAGE"), "appowner", grantable=True)
    found.grants[APP][Grant("", "appuser", "USAGE")] = {"temporaluser": False}
    assert [sql for _, sql in statements(found, want)] == [
        "SET ROLE temporaluser; REVOKE USAGE ON SCHEMA app FROM appuser CASCADE; RESET ROLE;",
        "REVOKE USAGE ON SCHEMA app FROM temporaluser CASCADE;",
        "GRANT USAGE ON SCHEMA app TO appuser;",
    ]


def test_wanted_privilege_of_a_column_outlives_one_of_the_table(sql: Sql) -> None:
    want = sql("CREATE SCHEMA s AUTHORIZATION a;\nGRANT SELECT (x) ON s.t TO b;")
    found = settled(want)
    table = Object("d", "table", "s", "t")
    add(found, want, table, "a")
    assert statements(found, want) == []
    found.grant(table, Grant("", "b", "SELECT"), "a")
    assert [text for _, text in statements(found, want)] == [
        "REVOKE SELECT ON TABLE s.t FROM b CASCADE;",
        "GRANT SELECT (x) ON TABLE s.t TO b;",
    ]


def test_grant_option_of_a_column_outlives_one_of_the_table(sql: Sql) -> None:
    want = sql("CREATE SCHEMA s AUTHORIZATION a; GRANT SELECT ON s.t TO b; "
               "GRANT SELECT (x) ON s.t TO b WITH GRANT OPTION;")  # fmt: skip
    found = settled(want)
    table = Object("d", "table", "s", "t")
    add(found, want, table, "a")
    assert statements(found, want) == []
    found.grant(table, Grant("", "b", "SELECT"), "a", grantable=True)
    assert [text for _, text in statements(found, want)] == [
        "REVOKE GRANT OPTION FOR SELECT ON TABLE s.t FROM b CASCADE;",
        "GRANT SELECT (x) ON TABLE s.t TO b WITH GRANT OPTION;",
    ]


def test_revoke_on_a_table_reaches_its_columns(sql: Sql) -> None:
    want = sql("CREATE SCHEMA s AUTHORIZATION a; GRANT SELECT (x) ON s.t TO b; "
               "REVOKE SELECT ON s.t FROM b;")  # fmt: skip
    assert Grant("x", "b", "SELECT") not in want.acl(Object("d", "table", "s", "t"), "a")


def test_function_of_postgresql_is_closed_to_public(found: Catalog, want: Wanted) -> None:
    found.assume(LO_CREATE, "postgres", want.version)
    place = line_of("30-app.sql", "REVOKE EXECUTE ON FUNCTION pg_catalog.lo_create(oid)")
    sql = "REVOKE EXECUTE ON FUNCTION pg_catalog.lo_create(oid) FROM PUBLIC CASCADE;"
    assert said(found, want) == [f"{sql}  -- appdb, {place}"]


def test_function_of_postgresql_is_closed_to_managed_roles(found: Catalog, want: Wanted) -> None:
    sleep = Object("appdb", "function", "pg_catalog", "pg_read_file", "(text)")
    found.assume(sleep, "postgres", want.version)
    found.grant(sleep, Grant("", "appuser", "EXECUTE"), "postgres")
    found.grant(sleep, Grant("", "stranger", "EXECUTE"), "postgres")
    sql = "REVOKE EXECUTE ON FUNCTION pg_catalog.pg_read_file(text) FROM appuser CASCADE;"
    assert statements(found, want) == [("appdb", sql)]


def test_tables_of_postgresql_are_closed_to_managed_roles(found: Catalog, want: Wanted) -> None:
    found.assume(AUTHID, "postgres", want.version)
    for grantee in ("appuser", "stranger", ""):
        found.grant(AUTHID, Grant("", grantee, "SELECT"), "postgres")
        found.grant(AUTHID, Grant("rolpassword", grantee, "UPDATE"), "postgres")
    sql = "REVOKE SELECT, UPDATE (rolpassword) ON TABLE pg_catalog.pg_authid FROM appuser CASCADE;"
    assert said(found, want) == [f"{sql}  -- appdb, not in roles-sql"]


def test_public_reads_what_postgresql_lets_it_read(found: Catalog, want: Wanted) -> None:
    """It is among the rows because somebody has granted more."""
    classes = AUTHID._replace(name="pg_class")
    found.assume(classes, "postgres", want.version)
    found.grant(classes, Grant("", "", "SELECT"), "postgres")
    found.grant(classes, Grant("", "backupuser", "DELETE"), "postgres")
    sql = "REVOKE DELETE ON TABLE pg_catalog.pg_class FROM backupuser CASCADE;"
    assert statements(found, want) == [("appdb", sql)]


@pytest.mark.parametrize(
    ("name", "spelled"),
    [("work_mem", "work_mem"), ("x.y", '"x.y"'), ("x; DROP ROLE a", '"x; DROP ROLE a"')],
)
@pytest.mark.parametrize("privilege", ["SET", "ALTER SYSTEM"])
def test_parameter_is_closed_to_managed_roles(
    found: Catalog, want: Wanted, privilege: str, name: str, spelled: str
) -> None:
    parameter = ("postgres", "parameter", "", name, "")
    rows: list[list[object]] = [["owner", *parameter, "postgres"]]
    for grantee in ("appuser", "stranger", ""):
        rows.append(["grant", *parameter, "", grantee, privilege, "postgres", False])
    parameters = from_rows(rows)
    found.owners |= parameters.owners
    found.grants |= parameters.grants
    from_public, (base, sql) = sorted(statements(found, want))
    assert base == "postgres"
    assert sql == f"REVOKE {privilege} ON PARAMETER {spelled} FROM appuser CASCADE;"
    assert from_public == (base, sql.replace("appuser", "PUBLIC"))
    (parsed,) = pgparse.parse(sql)  # a name in two parts is one with a dot to PostgreSQL
    assert parsed["stmt"]["GrantStmt"]["objects"] == [{"String": {"sval": name}}]


READ_FILE = Object("appdb", "function", "pg_catalog", "pg_read_file", "(text)")


@pytest.mark.parametrize(
    ("obj", "on"),
    [(AUTHID, "TABLE pg_catalog.pg_authid"), (READ_FILE, "FUNCTION pg_catalog.pg_read_file(text)")],
)
def test_public_gets_no_more_than_initdb_gave_it(
    found: Catalog, want: Wanted, obj: Object, on: str
) -> None:
    privilege = "SELECT" if obj == AUTHID else "EXECUTE"
    rows: list[list[object]] = [["owner", *obj, "postgres"]]
    for grantee in ("", "postgres"):
        rows.append(["grant", *obj, "", grantee, privilege, "postgres", False])
    rows.append(["born", *obj, "", "postgres", privilege])
    read = from_rows(rows)
    found.owners |= read.owners
    found.grants |= read.grants
    found.initial |= read.initial
    assert statements(found, want) == [
        ("appdb", f"REVOKE {privilege} ON {on} FROM PUBLIC CASCADE;")
    ]


def test_what_initdb_gave_public_stays(found: Catalog, want: Wanted) -> None:
    classes = AUTHID._replace(name="pg_class")
    found.owners[classes] = "postgres"
    for grantee in ("", "postgres"):
        found.grant(classes, Grant("", grantee, "SELECT"), "postgres")
    found.initial[classes] = list(found.grants[classes])
    assert statements(found, want) == []
    del found.grants[classes][Grant("", "", "SELECT")]
    assert statements(found, want) == [
        ("appdb", "GRANT SELECT ON TABLE pg_catalog.pg_class TO PUBLIC;")
    ]


def test_who_has_the_owners_rights_can_always_grant(found: Catalog, want: Wanted) -> None:
    """CASCADE ends at the owner of the database, so the link after it goes first."""
    public = Object("appdb", "schema", "", "public")
    found.grant(public, Grant("", "appowner", "CREATE"), "pg_database_owner", grantable=True)
    found.grant(public, Grant("", "appuser", "CREATE"), "appowner")
    revoke = "REVOKE CREATE ON SCHEMA public FROM"
    assert statements(found, want) == [
        ("appdb", f"SET ROLE appowner; {revoke} appuser CASCADE; RESET ROLE;"),
        ("appdb", f"{revoke} appowner CASCADE;"),
    ]


def test_object_of_another_managed_role_is_left_alone(found: Catalog, want: Wanted) -> None:
    """Its rights are the new owner's, whose objects roles-sql does not speak of."""
    found.owners[ACCOUNT] = "appuser"
    told = plan(found, want, DIGESTS)
    assert "table app.account in appdb belongs to appuser" in told.reports
    assert [c for c in told.changes if "account" in c.sql] == []


def test_function_that_is_closed_to_public_stays_so_when_it_is_granted(sql: Sql) -> None:
    want = sql("GRANT EXECUTE ON FUNCTION pg_catalog.pg_read_file(text) TO b;")
    found = settled(want)
    function = Object("d", "function", "pg_catalog", "pg_read_file", "(text)")
    del found.grants[function][Grant("", "", "EXECUTE")]  # as initdb leaves it
    assert statements(found, want) == []


def test_public_reads_a_table_of_postgresql_that_is_granted(sql: Sql) -> None:
    want = sql("GRANT UPDATE ON pg_catalog.pg_class TO b;")
    found = settled(want)
    classes = Object("d", "table", "pg_catalog", "pg_class")
    found.grant(classes, Grant("", "", "SELECT"), "postgres")  # as initdb leaves it
    assert statements(found, want) == []


def test_what_a_stranger_granted_of_postgresqls_is_taken_back(found: Catalog, want: Wanted) -> None:
    found.assume(AUTHID, "postgres", want.version)
    found.grant(AUTHID, Grant("", "appuser", "SELECT"), "postgres", grantable=True)
    found.grant(AUTHID, Grant("", "stranger", "SELECT"), "appuser", grantable=True)
    found.grant(AUTHID, Grant("", "backupuser", "SELECT"), "stranger")
    as_stranger, from_appuser = [sql for _, sql in statements(found, want)]
    assert as_stranger == (
        "GRANT SELECT ON TABLE pg_catalog.pg_authid TO stranger WITH GRANT OPTION; "
        "SET ROLE stranger; "
        "REVOKE SELECT ON TABLE pg_catalog.pg_authid FROM backupuser CASCADE; "
        "RESET ROLE; "
        "REVOKE SELECT ON TABLE pg_catalog.pg_authid FROM stranger CASCADE;"
    )
    assert from_appuser == "REVOKE SELECT ON TABLE pg_catalog.pg_authid FROM appuser CASCADE;"


# -- Drift of default privileges --------------------------------------------------------------


@pytest.mark.parametrize(
    ("default", "words"),
    [
        (("appowner", "app", "table", "temporaluser", "SELECT"),
         "FOR ROLE appowner IN SCHEMA app REVOKE SELECT ON TABLES FROM temporaluser"),
        (("appowner", "", "table", "appuser", "TRUNCATE"),
         "FOR ROLE appowner REVOKE TRUNCATE ON TABLES FROM appuser"),
        (("postgres", "", "schema", "", "CREATE"),
         "FOR ROLE postgres REVOKE CREATE ON SCHEMAS FROM PUBLIC"),
        (("appuser", "", "sequence", "stranger", "USAGE"),
         "FOR ROLE appuser REVOKE USAGE ON SEQUENCES FROM stranger"),
    ],
)  # fmt: skip
def test_default_privilege_that_is_too_much_is_revoked(
    found: Catalog, want: Wanted, default: tuple[str, ...], words: str
) -> None:
    found.defaults[Default("appdb", *default)] = False
    sql = f"ALTER DEFAULT PRIVILEGES {words};"
    assert said(found, want) == [f"{sql}  -- appdb, not in roles-sql"]


def test_default_privilege_of_public_is_revoked_with_its_place(
    found: Catalog, want: Wanted
) -> None:
    found.defaults[Default("appdb", "appowner", "", "function", "", "EXECUTE")] = False
    (change,) = drift(found, want).changes
    assert change.sql == (
        "ALTER DEFAULT PRIVILEGES FOR ROLE appowner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;"
    )
    file, _, line = change.source.partition(":")
    lines = Path(__file__).parents[3].joinpath(file).read_text().split("\n")
    assert lines[int(line)] == "REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;"


def test_default_privilege_that_is_missing_is_granted(found: Catalog, want: Wanted) -> None:
    for privilege in ("SELECT", "DELETE"):
        del found.defaults[Default("appdb", "appowner", "app", "table", "appuser", privilege)]
    sql = ("ALTER DEFAULT PRIVILEGES FOR ROLE appowner IN SCHEMA app "
           "GRANT SELECT, DELETE ON TABLES TO appuser;")  # fmt: skip
    assert statements(found, want) == [("appdb", sql)]


def test_default_privilege_that_its_creator_has_lost_is_given_back(
    found: Catalog, want: Wanted
) -> None:
    for creator in ("appowner", "stranger"):
        for privilege in ("SELECT", "DELETE"):
            lost = Default("appdb", creator, "", "table", creator, privilege)
            found.lost_defaults.append(lost)
    given = "GRANT SELECT, DELETE ON TABLES TO appowner"
    sql = f"ALTER DEFAULT PRIVILEGES FOR ROLE appowner {given};"
    assert statements(found, want) == [("appdb", sql)]


def test_option_of_a_default_privilege_is_taken_away(found: Catalog, want: Wanted) -> None:
    key = Default("appdb", "appowner", "app", "table", "backupuser", "SELECT")
    found.defaults[key] = True
    head = "ALTER DEFAULT PRIVILEGES FOR ROLE appowner IN SCHEMA app"
    assert [sql for _, sql in statements(found, want)] == [
        f"{head} REVOKE SELECT ON TABLES FROM backupuser;",
        f"{head} GRANT SELECT ON TABLES TO backupuser;",
    ]


@pytest.mark.parametrize("default", [("appdb", "stranger"), ("other", "appowner")])
def test_default_privilege_of_a_stranger_is_left(
    found: Catalog, want: Wanted, default: tuple[str, str]
) -> None:
    found.defaults[Default(*default, "", "table", "", "SELECT")] = False
    assert statements(found, want) == []


def test_nobody_has_said_otherwise_means_public(found: Catalog, want: Wanted) -> None:
    """pg_default_acl has no row: PUBLIC executes what appowner makes."""
    found.defaults = {d: v for d, v in found.defaults.items() if d.schema or d.database != "appdb"}
    found.stated_defaults.clear()
    revoke = "ALTER DEFAULT PRIVILEGES FOR ROLE appowner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;"
    assert statements(found, want) == [("appdb", revoke)]


# -- What is missing inside ---------------------------------------------------------------------


def test_limit_of_a_database_is_repaired(found: Catalog, want: Wanted) -> None:
    found.connlimits["appdb"] = 5
    (change,) = drift(found, want).changes
    assert change.sql == "ALTER DATABASE appdb CONNECTION LIMIT -1;"
    assert change.source == line_of("20-databases.sql", 'CREATE DATABASE :"app_database"')


def test_extension_is_made_again(found: Catalog, want: Wanted) -> None:
    del found.extensions[Extension("temporal", "btree_gin")]
    place = line_of("40-temporal.sql", "CREATE EXTENSION")
    sql = "CREATE EXTENSION btree_gin WITH SCHEMA public;"
    assert said(found, want) == [f"{sql}  -- temporal, {place}"]


def test_new_extension_is_shown_with_what_is_taken_from_everybody(
    found: Catalog, want: Wanted
) -> None:
    del found.extensions[Extension("appdb", "pg_stat_statements")]
    for view in VIEWS:
        del found.owners[view], found.grants[view], found.initial[view]
    assert statements(found, want) == [
        ("appdb", "CREATE EXTENSION pg_stat_statements WITH SCHEMA extensions;"),
        *(("appdb", f"REVOKE SELECT ON TABLE extensions.{view.name} FROM PUBLIC CASCADE;")
          for view in VIEWS),
    ]  # fmt: skip


def test_right_on_an_extensions_view_is_taken_back(found: Catalog, want: Wanted) -> None:
    """From roles-sql's roles and PUBLIC; another's is that role's business."""
    for grantee in ("appuser", PUBLIC, "stranger"):
        found.grant(VIEWS[0], Grant("", grantee, "SELECT"), "postgres")
    revoke = "REVOKE SELECT ON TABLE extensions.pg_stat_statements FROM"
    assert sorted(statements(found, want)) == [
        ("appdb", f"{revoke} PUBLIC CASCADE;"),
        ("appdb", f"{revoke} appuser CASCADE;"),
    ]


def test_table_is_made_again_with_its_rights(found: Catalog, want: Wanted) -> None:
    del found.owners[VERSIONS], found.grants[VERSIONS]
    create, *rights = (sql for _, sql in statements(found, want))
    assert create == (
        "CREATE TABLE IF NOT EXISTS app.alembic_version (\n"
        "    version_num varchar(32) NOT NULL,\n"
        "    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)\n"
        ")\n;\n"
        "ALTER TABLE app.alembic_version OWNER TO appowner;"
    )
    assert rights == [
        "GRANT SELECT ON TABLE app.alembic_version TO appuser;",
        "GRANT SELECT ON TABLE app.alembic_version TO backupuser;",
    ]


@pytest.mark.parametrize(
    "body", ["\n    i int, -- cents\n    j int\n", "i text DEFAULT 'two  blanks'",
             "i text DEFAULT 'two\nlines'"]
)  # fmt: skip
def test_text_of_a_table_is_kept(sql: Sql, body: str) -> None:
    create = f"CREATE TABLE IF NOT EXISTS s.t ({body})"
    want = sql(f"CREATE SCHEMA s AUTHORIZATION a; SET ROLE a; {create};")
    found = settled(want)
    del found.owners[Object("d", "table", "s", "t")]
    parsed = pgparse.parse(drift(found, want).changes[0].sql)
    # less the places in the text
    stripped = [re.sub(r"'(stmt_)?(location|len)': \d+", "", str(p)) for p in
                (parsed[0]["stmt"], pgparse.parse(create)[0]["stmt"])]  # fmt: skip
    assert stripped[0] == stripped[1]


def test_time_is_sent_with_its_zone(sql: Sql) -> None:
    want = sql("ALTER ROLE a VALID UNTIL '2030-01-01T00:00:00Z';")
    found = settled(want)
    alter(found, "a", valid_until=None)
    (change,) = drift(found, want).changes
    assert re.search(r"'2030-01-01[T ]00:00:00(\+00|Z| UTC)'", change.sql)


# -- Verifiers ----


def placeholders(found: Catalog, want: Wanted) -> list[str]:
    """Those of the changes, each of which has its own in its text and no other has any."""
    changes = plan(copy.deepcopy(found), want, DIGESTS).changes
    for change in changes:
        spelled = re.search(r"PASSWORD '(.*?)'", change.sql)
        assert change.placeholder == (spelled[1] if spelled else "")
        assert not change.placeholder or re.match(r"(CREATE|ALTER) ROLE \w+ ", change.sql)
    return [change.placeholder for change in changes if change.placeholder]


def test_role_is_made_with_its_own_placeholder(want: Wanted) -> None:
    bare = Catalog(roles={"postgres": POSTGRES})
    assert sorted(placeholders(bare, want)) == sorted(map(placeholder, PASSWORDS))


def test_placeholder_is_where_the_password_is_changed_only(found: Catalog, want: Wanted) -> None:
    for name in MANAGED:
        alter(found, name, createdb=True, connection_limit=99)
    del found.grants[APP][Grant("", "appuser", "USAGE")]
    found.settings[Setting("appuser", "", "work_mem")] = "1"
    assert placeholders(found, want) == []
    alter(found, "appuser", password=None)
    alter(found, "backupuser", password="another digest")
    assert placeholders(found, want) == ["<app_verifier>", "<backup_verifier>"]


def test_text_that_looks_like_a_placeholder_is_none(sql: Sql) -> None:
    want = sql("ALTER ROLE a SET application_name = '<app_verifier>';")
    found = settled(want)
    found.settings.clear()
    (change,) = drift(found, want).changes
    assert "'<app_verifier>'" in change.sql
    assert not change.placeholder


# -- Reports ---------------------------------------------------------------------------------


def test_strangers_are_told_by_name_and_left(found: Catalog, want: Wanted) -> None:
    found.roles["stranger"] = STRANGER
    found.assume_database("other", "stranger", want.version)
    found.extensions[Extension("appdb", "hstore")] = "public"
    found.extensions[Extension("appdb", "plpgsql")] = "pg_catalog"
    found.extensions[Extension("other", "hstore")] = "public"
    found.assume(Object("appdb", "schema", "", "lab"), "stranger", want.version)
    found.assume(Object("appdb", "table", "app", "notes"), "stranger", want.version)
    found.assume(Object("appdb", "table", "lab", "notes"), "stranger", want.version)
    told = drift(found, want)
    assert told.changes == []
    assert told.reports == [
        "role stranger is not in roles-sql",
        "database other is not in roles-sql",
        "extension hstore in appdb is not in roles-sql",
        "schema lab in appdb is not in roles-sql",
        "table app.notes in appdb belongs to stranger",
    ]


def test_setting_of_everybody_is_told_and_left(found: Catalog, want: Wanted) -> None:
    found.settings[Setting("", "", "work_mem")] = "1GB"
    found.settings[Setting("", "", "jit")] = "it's"
    told = ['ALTER ROLE ALL has set jit = "it\'s"', "ALTER ROLE ALL has set work_mem = '1GB'"]
    assert drift(found, want) == Plan(reports=told)


def test_function_of_a_stranger_is_told_with_its_arguments(found: Catalog, want: Wanted) -> None:
    found.assume(Object("appdb", "function", "app", "f", "(integer)"), "stranger", want.version)
    report = "function app.f(integer) in appdb belongs to stranger"
    assert drift(found, want) == Plan(reports=[report])


def test_object_that_is_not_there_yet_is_told(sql: Sql) -> None:
    want = sql("CREATE SCHEMA s AUTHORIZATION a;\nGRANT SELECT ON s.t TO b;")
    told = drift(settled(want), want)
    assert told.changes == []
    assert told.reports[-1] == "roles-sql/1.sql:4: table t is not there yet"


def test_objects_that_one_line_names_are_one_report(sql: Sql) -> None:
    want = sql("CREATE SCHEMA s AUTHORIZATION a;\nGRANT SELECT ON s.t, s.u TO b;")
    told = drift(settled(want), want)
    assert told.reports[1:] == ["roles-sql/1.sql:4: table t, table u are not there yet"]


FOREIGN_BASE = "database appdb belongs to stranger, not appowner: left alone"
FOREIGN_SCHEMA = "schema app belongs to stranger, not appowner: left alone"


def test_nothing_is_planned_in_a_foreign_database(found: Catalog, want: Wanted) -> None:
    found.owners[APPDB] = "stranger"
    found.grant(APPDB, Grant("", "", "CONNECT"), "stranger")
    found.grant(APP, Grant("", "", "USAGE"), "appowner")
    found.defaults = {d: v for d, v in found.defaults.items() if d.database != "appdb"}
    found.connlimits["appdb"] = 3
    del found.owners[VERSIONS]
    told = drift(found, want)
    assert told.changes == []
    assert told.reports[0] == FOREIGN_BASE


def test_functions_of_a_foreign_database_are_left(found: Catalog, want: Wanted) -> None:
    found.owners[APPDB] = "stranger"
    function = Object("appdb", "function", "pg_catalog", "pg_read_file", "(text)")
    found.assume(function, "postgres", want.version)
    found.grant(function, Grant("", "appuser", "EXECUTE"), "postgres")
    assert drift(found, want).changes == []


def test_tables_of_postgresql_in_a_foreign_database_are_left(found: Catalog, want: Wanted) -> None:
    found.owners[APPDB] = "stranger"
    found.assume(AUTHID, "postgres", want.version)
    found.grant(AUTHID, Grant("", "appuser", "SELECT"), "postgres")
    assert drift(found, want).changes == []


def test_extension_in_a_foreign_schema_is_not_told_as_unknown(sql: Sql) -> None:
    want = sql("CREATE SCHEMA s AUTHORIZATION a; CREATE EXTENSION x WITH SCHEMA s;")
    found = settled(want)
    found.owners[Object("d", "schema", "", "s")] = "stranger"
    told = drift(found, want)
    assert told.changes == []
    assert "extension x in d is not in roles-sql" not in told.reports


def test_nothing_is_planned_in_a_foreign_schema(found: Catalog, want: Wanted) -> None:
    found.owners[APP] = "stranger"
    found.grant(APP, Grant("", "", "USAGE"), "stranger")
    found.grant(VERSIONS, Grant("", "", "SELECT"), "appowner")
    told = drift(found, want)
    assert told.changes == []
    assert told.reports[0] == FOREIGN_SCHEMA


def test_settings_in_a_foreign_database_are_left(found: Catalog, want: Wanted) -> None:
    found.owners[APPDB] = "stranger"
    assert drift(found, want).changes == []


def test_default_privileges_in_a_foreign_schema_are_left(found: Catalog, want: Wanted) -> None:
    found.owners[APP] = "stranger"
    found.defaults = {d: v for d, v in found.defaults.items() if d.schema != "app"}
    assert drift(found, want).changes == []


@pytest.mark.parametrize(("obj", "report"), [(APPDB, FOREIGN_BASE), (APP, FOREIGN_SCHEMA)])
def test_foreign_thing_is_told_once(found: Catalog, want: Wanted, obj: Object, report: str) -> None:
    found.owners[obj] = "stranger"
    reports = drift(found, want).reports
    assert report in reports
    assert not [r for r in reports if "is not in roles-sql" in r]


def test_table_of_another_managed_role_is_given_back(found: Catalog, want: Wanted) -> None:
    """PostgreSQL moves the old owner's privileges to the new one."""
    add(found, want, VERSIONS, "temporaluser")
    place = line_of("30-app.sql", "CREATE TABLE IF NOT EXISTS app.alembic_version")
    first, *others = drift(found, want).changes
    assert str(first) == (f"ALTER TABLE app.alembic_version OWNER TO appowner;  -- appdb, {place}")
    assert [change.sql for change in others] == [
        "GRANT SELECT ON TABLE app.alembic_version TO appuser;",
        "GRANT SELECT ON TABLE app.alembic_version TO backupuser;",
    ]


def test_extension_in_another_schema_is_told(found: Catalog, want: Wanted) -> None:
    found.extensions[Extension("temporal", "btree_gin")] = "lab"
    report = "extension btree_gin in temporal is in schema lab, not public"
    assert drift(found, want) == Plan(reports=[report])


# -- Names -----------------------------------------------------------------------------------


def test_names_are_quoted_where_they_must_be(sql: Sql) -> None:
    want = sql('GRANT USAGE ON SCHEMA "S x" TO b; '
               'GRANT SELECT ("Col") ON "S x"."user" TO b; '
               'GRANT EXECUTE ON FUNCTION "S x"."do"(int) TO b;')  # fmt: skip
    found = settled(want)
    schema = Object("d", "schema", "", "S x")
    add(found, want, schema, "a")
    do = Object("d", "function", "S x", "do", "(integer)")
    for obj in (Object("d", "table", "S x", "user"), do):
        found.assume(obj, "a", want.version)
    del found.grants[schema][Grant("", "b", "USAGE")]
    found.grant(Object("d", "table", "S x", "user"), Grant('q"q', "b", "UPDATE"), "a")
    assert [text for _, text in statements(found, want)] == [
        'GRANT USAGE ON SCHEMA "S x" TO b;',
        'REVOKE UPDATE ("q""q") ON TABLE "S x"."user" FROM b CASCADE;',
        'GRANT SELECT ("Col") ON TABLE "S x"."user" TO b;',
        'GRANT EXECUTE ON FUNCTION "S x"."do"(integer) TO b;',
    ]


@pytest.mark.parametrize("arguments", ["()", '(integer, s."Color"[])'])
@pytest.mark.parametrize(
    "name",
    ["f() FROM public;ALTER ROLE x SUPERUSER;--", "f(", "f()", "f(integer)", 'a"b', '"; --', "a'b",
     "a;b", "a\nb", "a\n; DROP ROLE x;\n", "$$", "/*", "a\\", "Upper"],
)  # fmt: skip
def test_name_of_a_function_is_one_identifier(
    found: Catalog, want: Wanted, name: str, arguments: str
) -> None:
    """Anybody who may create in the schema chooses it, and the superuser sends it."""
    function = Object("appdb", "function", "app", name, arguments)
    add(found, want, function, "appowner")
    assert Grant("", "appuser", "EXECUTE") in found.grants[function]
    del found.grants[function][Grant("", "appuser", "EXECUTE")]
    found.grant(function, Grant("", "", "EXECUTE"), "appowner")
    quoted = '"' + name.replace('"', '""') + '"'
    texts = [text for _, text in statements(found, want)]
    assert texts == [
        f"REVOKE EXECUTE ON FUNCTION app.{quoted}{arguments} FROM PUBLIC CASCADE;",
        f"GRANT EXECUTE ON FUNCTION app.{quoted}{arguments} TO appuser;",
    ]
    for text in texts:
        (parsed,) = pgparse.parse(text)
        ((kind, node),) = parsed["stmt"].items()
        (obj,) = node["objects"]
        routine = obj["ObjectWithArgs"]
        assert kind == "GrantStmt"
        assert [word["String"]["sval"] for word in routine["objname"]] == ["app", name]
        assert len(routine.get("objargs", ())) == (arguments != "()") * 2


def test_reserved_words_are_quoted_where_they_are_made() -> None:
    names = {"owner_role": "user", "app_database": "select"}
    want = declared(cluster_of({"environment": "test", **names}))
    found = [sql for _, sql in statements(Catalog(roles={"postgres": POSTGRES}), want)]
    assert 'CREATE DATABASE "select" OWNER "user" TEMPLATE template0 ENCODING \'UTF8\';' in found
    assert 'CREATE SCHEMA app AUTHORIZATION "user";' in found
    assert all(pgparse.parse(text) for text in found)


NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)


@given(NAMES.filter(lambda n: len(n.encode()) < 64))
@example('a"b')
@example("user")
@example("Upper")
@example("a$b")
@settings(derandomize=True, max_examples=200)
def test_identifier_is_parsed_as_the_name(name: str) -> None:
    (parsed,) = pgparse.parse(f"DROP SCHEMA {identifier(name)}")
    (obj,) = parsed["stmt"]["DropStmt"]["objects"]
    assert obj["String"]["sval"] == name


@pytest.mark.parametrize(
    "position",
    ["SELECT 1 FROM {}", "GRANT USAGE ON SCHEMA {} TO a", "ALTER ROLE a SET search_path = {}"],
)
def test_reserved_word_is_a_name_in_quotes(position: str) -> None:
    for word in RESERVED:
        assert pgparse.parse(position.format(identifier(word)))


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
@example("it's")
@example("\\")
@example("\\'; DROP ROLE a; --")
@settings(derandomize=True, max_examples=200)
def test_literal_is_parsed_as_the_text(text: str) -> None:
    (parsed,) = pgparse.parse(f"SELECT {literal(text)}")
    (target,) = parsed["stmt"]["SelectStmt"]["targetList"]
    assert target["ResTarget"]["val"]["A_Const"]["sval"].get("sval", "") == text


def test_backslash_does_not_depend_on_standard_conforming_strings() -> None:
    assert literal("a\\'b") == r" E'a\\''b'"
    assert literal("a'b") == "'a''b'"


# -- What the server is asked -----------------------------------------------------------------

LONGEST_ARGUMENT = 128 * 1024  # MAX_ARG_STRLEN of Linux: the question is one


def test_question_of_a_large_cluster_fits_into_a_command(sql: Sql) -> None:
    lines = ["CREATE SCHEMA s AUTHORIZATION a;"]
    lines += [f"GRANT SELECT ON TABLE s.with_a_name_as_long_as_most_{i} TO b;" for i in range(3000)]
    lines.append("\\connect postgres")
    for i in range(100):
        lines.append(f"CREATE DATABASE base_{i} OWNER a TEMPLATE template0 ENCODING 'UTF8';")
    want = sql("\n".join(lines))
    text = "".join(questions(want, "d"))
    sent = shlex.quote(shlex.quote(text))  # two shells are on the way
    assert len(sent.encode()) < LONGEST_ARGUMENT * 0.8
