"""Each statement of roles-sql: read into the right facts, or refused with its place."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from howdah.rights.catalog import Default, Member, Object, Role, Setting
from howdah.roles_sql.sqlfiles import RolesSqlError, read
from howdah.roles_sql.statements import wanted
from howdah.roles_sql.steps import Step
from howdah.roles_sql.wanted import Asked, Table, Wanted

BASE = ("CREATE ROLE a NOLOGIN; CREATE ROLE b LOGIN; "
        "CREATE DATABASE d OWNER a TEMPLATE template0 ENCODING 'UTF8';\n")  # fmt: skip
PLACE = "roles-sql/1.sql:3"
LATE = PLACE.replace(":3", ":4")

Sql = Callable[..., Wanted]


@pytest.fixture
def sql(tmp_path: Path) -> Sql:
    """Read one statement, which stands on line 3, in database d."""
    folder = tmp_path / "roles-sql"
    folder.mkdir()

    def sql(text: str, version: int = 17) -> Wanted:
        (folder / "1.sql").write_text(f"{BASE}\\connect d\n{text};\n")
        return wanted(read(folder, {}), version)

    return sql


def table(name: str, schema: str = "s") -> Object:
    return Object("d", "table", schema, name)


# -- Roles -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("CREATE ROLE c", {}),
        ("CREATE USER c", {"login": True}),
        ("CREATE USER c NOLOGIN", {"login": False}),
        ("CREATE ROLE c LOGIN NOINHERIT", {"login": True, "inherit": False}),
        ("CREATE ROLE c SUPERUSER CREATEDB CREATEROLE REPLICATION BYPASSRLS",
         dict.fromkeys(("superuser", "createdb", "createrole", "replication", "bypassrls"), True)),
        ("CREATE ROLE c NOSUPERUSER NOCREATEDB NOCREATEROLE INHERIT NOREPLICATION NOBYPASSRLS", {}),
        ("CREATE ROLE c CONNECTION LIMIT 0", {"connection_limit": 0}),
        ("CREATE ROLE c CONNECTION LIMIT 7", {"connection_limit": 7}),
        ("CREATE ROLE c CONNECTION LIMIT -1", {}),
        ("CREATE ROLE c PASSWORD '<app_verifier>'", {"password": "<app_verifier>"}),
        ("CREATE ROLE c ENCRYPTED PASSWORD '<app_verifier>'", {"password": "<app_verifier>"}),
        ("CREATE ROLE c VALID UNTIL 'infinity'", {}),
        ("CREATE ROLE c VALID UNTIL '2030-01-01T00:00:00Z'",
         {"valid_until": "2030-01-01T00:00:00"}),
        ("CREATE ROLE c VALID UNTIL '2030-01-01 00:00:00+02'",
         {"valid_until": "2029-12-31T22:00:00"}),
        ("CREATE ROLE c; ALTER ROLE c LOGIN CONNECTION LIMIT 3",
         {"login": True, "connection_limit": 3}),
        ("CREATE ROLE c; ALTER USER c CREATEDB", {"createdb": True}),
    ],
)  # fmt: skip
def test_role_has_every_attribute(sql: Sql, text: str, said: dict[str, Any]) -> None:
    want = sql(text)
    assert want.roles["c"] == Role(**said)
    assert want.sources["c"] == PLACE


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("GRANT a TO b", (False, True, True)),
        ("GRANT a TO b WITH ADMIN OPTION", (True, True, True)),
        ("GRANT a TO b WITH ADMIN FALSE", (False, True, True)),
        ("GRANT a TO b WITH INHERIT FALSE, SET FALSE", (False, False, False)),
        ("GRANT a TO b WITH INHERIT OPTION", (False, True, True)),
        ("ALTER ROLE b NOINHERIT; GRANT a TO b", (False, False, True)),
        ("GRANT a TO b WITH ADMIN TRUE; GRANT a TO b WITH SET FALSE", (True, True, False)),
        ("GRANT a TO b; ALTER ROLE b NOINHERIT; GRANT a TO b WITH SET FALSE", (False, True, False)),
    ],
)
def test_membership_has_its_options(sql: Sql, text: str, wanted: tuple[bool, ...]) -> None:
    want = sql(text)
    assert want.members == {Member("a", "b", "postgres"): wanted}
    assert want.sources[Member("a", "b", "postgres")] == PLACE


def test_several_roles_may_be_granted_at_once(sql: Sql) -> None:
    want = sql("CREATE ROLE c; GRANT a, c TO b, pg_monitor")
    assert {(m.role, m.member) for m in want.members} == {
        ("a", "b"), ("c", "b"), ("a", "pg_monitor"), ("c", "pg_monitor"),
    }  # fmt: skip


# -- Settings --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("ALTER ROLE a SET work_mem = '64MB'", ("a", "", "work_mem"), "64MB"),
        ("ALTER ROLE a SET work_mem TO 64", ("a", "", "work_mem"), "64"),
        ("ALTER ROLE a SET statement_timeout = 0", ("a", "", "statement_timeout"), "0"),
        ("ALTER ROLE a SET x.y = 1.5", ("a", "", "x.y"), "1.5"),
        ("ALTER ROLE a SET x.y = -1", ("a", "", "x.y"), "-1"),
        ("ALTER ROLE a SET x.y = ''", ("a", "", "x.y"), ""),
        ("ALTER ROLE a SET jit = on", ("a", "", "jit"), "on"),
        ("ALTER ROLE a SET jit = true", ("a", "", "jit"), "true"),
        ("ALTER ROLE a SET WORK_MEM = 5", ("a", "", "work_mem"), "5"),
        ("ALTER ROLE postgres SET jit = off", ("postgres", "", "jit"), "off"),
        ("ALTER ROLE a IN DATABASE d SET jit = off", ("a", "d", "jit"), "off"),
        ("ALTER DATABASE d SET jit = off", ("", "d", "jit"), "off"),
        ("ALTER ROLE a SET search_path = app, public", ("a", "", "search_path"), "app, public"),
        ("ALTER ROLE a SET search_path = \"$user\", 'A b'", ("a", "", "search_path"),
         '"$user", "A b"'),
        ("ALTER ROLE a SET search_path = 'a, b'", ("a", "", "search_path"), '"a, b"'),
        ("ALTER ROLE a SET search_path = ''", ("a", "", "search_path"), '""'),
        ("ALTER ROLE a SET search_path = a$b, 1, 2.5, '1'", ("a", "", "search_path"),
         '"a$b", 1, 2.5, "1"'),
        ("ALTER ROLE CURRENT_USER SET jit = off", ("postgres", "", "jit"), "off"),
        ("ALTER ROLE a SET jit = on; ALTER ROLE a RESET jit; ALTER ROLE a SET jit = off",
         ("a", "", "jit"), "off"),
        ("ALTER ROLE a SET x.y = 1; ALTER ROLE a RESET ALL; ALTER ROLE a IN DATABASE d SET x.y = 2",
         ("a", "d", "x.y"), "2"),
        ("SET search_path = a$b; ALTER DATABASE d SET search_path FROM CURRENT",
         ("", "d", "search_path"), '"a$b"'),
    ],
)  # fmt: skip
def test_setting_is_read_as_the_server_stores_it(
    sql: Sql, text: str, key: tuple[str, str, str], value: str
) -> None:
    want = sql(text)
    assert want.settings == {Setting(*key): value}
    assert want.sources[Setting(*key)] == PLACE


# -- Databases and what is in them ------------------------------------------------------------


def test_database_has_owner_and_limit(sql: Sql) -> None:
    want = sql("CREATE DATABASE e WITH OWNER a TEMPLATE template0 ENCODING 'UTF8' "
               "CONNECTION LIMIT 5")  # fmt: skip
    assert want.connlimits == {"d": -1, "e": 5}
    assert want.owners[want.database("e")] == "a"
    assert want.sources[want.database("e")] == PLACE


@pytest.mark.parametrize("words", ["", "IF NOT EXISTS "])
def test_schema_has_its_owner(sql: Sql, words: str) -> None:
    want = sql(f'CREATE SCHEMA {words}"user" AUTHORIZATION a')
    schema = Object("d", "schema", "", "user")
    assert want.owners[schema] == "a"
    assert want.sources[schema] == PLACE
    assert ("d", "user") in want.schemas


@pytest.mark.parametrize("words", ["", "IF NOT EXISTS "])
def test_extension_has_its_schema(sql: Sql, words: str) -> None:
    want = sql(f"CREATE EXTENSION {words}btree_gin WITH SCHEMA public")
    assert want.extensions == {("d", "btree_gin"): "public"}
    assert want.sources["d", "btree_gin"] == PLACE


def test_table_has_its_text_and_owner(sql: Sql) -> None:
    want = sql('SET ROLE a;\nCREATE TABLE IF NOT EXISTS s."T x" (i int);\nRESET ROLE')
    text = 'CREATE TABLE IF NOT EXISTS s."T x" (i int)'
    assert want.tables == {table("T x"): Table(text, "a")}
    assert want.owners[table("T x")] == "a"
    assert want.sources[table("T x")] == LATE
    assert want.role == "postgres"


# -- Privileges --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "target", "privileges"),
    [
        ("CONNECT ON DATABASE d", ("database", "", "d"), [("", "CONNECT")]),
        ("TEMP ON DATABASE d", ("database", "", "d"), [("", "TEMPORARY")]),
        ("ALL ON SCHEMA s", ("schema", "", "s"), [("", "USAGE"), ("", "CREATE")]),
        ('USAGE ON SCHEMA "S x"', ("schema", "", "S x"), [("", "USAGE")]),
        ("SELECT ON s.t", ("table", "s", "t"), [("", "SELECT")]),
        ('SELECT ON TABLE "S"."user"', ("table", "S", "user"), [("", "SELECT")]),
        ("SELECT (x, y), INSERT ON s.t", ("table", "s", "t"),
         [("x", "SELECT"), ("y", "SELECT"), ("", "INSERT")]),
        ("ALL (x) ON s.t", ("table", "s", "t"),
         [("x", p) for p in ("SELECT", "INSERT", "UPDATE", "REFERENCES")]),
        ("SELECT ON ALL TABLES IN SCHEMA s", ("table", "s", ""), [("", "SELECT")]),
        ("USAGE ON ALL SEQUENCES IN SCHEMA s", ("sequence", "s", ""), [("", "USAGE")]),
        ("EXECUTE ON ALL ROUTINES IN SCHEMA s", ("routine", "s", ""), [("", "EXECUTE")]),
        ("EXECUTE ON ALL FUNCTIONS IN SCHEMA s", ("function", "s", ""), [("", "EXECUTE")]),
        ("EXECUTE ON ALL PROCEDURES IN SCHEMA s", ("procedure", "s", ""), [("", "EXECUTE")]),
        ("EXECUTE ON FUNCTION s.f", ("function", "s", "f"), [("", "EXECUTE")]),
        ("USAGE ON LANGUAGE plpgsql", ("language", "", "plpgsql"), [("", "USAGE")]),
        ("USAGE ON FOREIGN SERVER x", ("foreign server", "", "x"), [("", "USAGE")]),
        ("USAGE ON FOREIGN DATA WRAPPER x", ("foreign data wrapper", "", "x"), [("", "USAGE")]),
        ("USAGE ON DOMAIN s.t", ("type", "s", "t"), [("", "USAGE")]),
        ("ALL PRIVILEGES ON SEQUENCE s.q", ("sequence", "s", "q"),
         [("", p) for p in ("USAGE", "SELECT", "UPDATE")]),
        ("EXECUTE ON FUNCTION s.f()", ("function", "s", "f", "()"), [("", "EXECUTE")]),
        ("EXECUTE ON PROCEDURE s.f(int)", ("procedure", "s", "f", "(integer)"), [("", "EXECUTE")]),
        ("EXECUTE ON ROUTINE s.f(i int, OUT o text, bigint)",
         ("routine", "s", "f", "(integer, bigint)"), [("", "EXECUTE")]),
        ("EXECUTE ON FUNCTION s.f(bool, int2, real, double precision, varchar(5), oid, bytea)",
         ("function", "s", "f",
          "(boolean, smallint, real, double precision, character varying, oid, bytea)"),
         [("", "EXECUTE")]),
        ("USAGE ON TYPE s.color", ("type", "s", "color"), [("", "USAGE")]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("verb", ["GRANT", "REVOKE"])
def test_privilege_is_a_step(
    sql: Sql, verb: str, text: str, target: tuple[str, ...], privileges: list[Any]
) -> None:
    to = {"GRANT": "TO", "REVOKE": "FROM"}[verb]
    (step,) = sql(f"{verb} {text} {to} b, PUBLIC").steps
    obj = Object("d", *target)
    assert step == Step(verb == "GRANT", obj, tuple(privileges), ("b", ""), False, PLACE)


def test_parameter_is_the_clusters(sql: Sql) -> None:
    (step,) = sql("GRANT SET ON PARAMETER Work_Mem TO b").steps
    assert step.target == Object("postgres", "parameter", "", "work_mem")
    assert step.privileges == (("", "SET"),)


def test_each_object_is_a_step(sql: Sql) -> None:
    steps = sql("GRANT SELECT ON s.t, s.u TO b").steps
    assert [step.target.name for step in steps] == ["t", "u"]


@pytest.mark.parametrize(
    ("text", "grants"),
    [("GRANT SELECT ON s.t TO b WITH GRANT OPTION", True),
     ("REVOKE GRANT OPTION FOR SELECT ON s.t FROM b", False)],
)  # fmt: skip
def test_grant_option_is_read(sql: Sql, text: str, grants: bool) -> None:
    assert sql(text).steps == [Step(grants, table("t"), (("", "SELECT"),), ("b",), True, PLACE)]


@pytest.mark.parametrize(("version", "count"), [(15, 7), (16, 7), (17, 8), (18, 8)])
def test_all_privileges_of_a_table_depend_on_the_version(
    sql: Sql, version: int, count: int
) -> None:
    (step,) = sql("GRANT ALL ON s.t TO b", version).steps
    assert len(step.privileges) == count


def defaults(want: Wanted) -> dict[Default, bool]:
    """Those of a's objects, without what PostgreSQL gives by itself."""
    return {d: v for d, v in want.defaults.items() if d.creator == "a" and d.grantee}


def test_default_privilege_is_read_for_each_role_schema_and_grantee(sql: Sql) -> None:
    want = sql("CREATE ROLE c; ALTER DEFAULT PRIVILEGES FOR ROLE a, b IN SCHEMA s, u "
               "GRANT SELECT, INSERT ON TABLES TO c, postgres")  # fmt: skip
    said = {d: v for d, v in want.defaults.items() if d.kind == "table"}
    assert said == {
        Default("d", creator, schema, "table", grantee, privilege): False
        for creator in "ab"
        for schema in "su"
        for grantee in ("c", "postgres")
        for privilege in ("SELECT", "INSERT")
    }
    assert {want.sources[d] for d in said} == {PLACE}


@pytest.mark.parametrize(
    ("words", "kind", "privilege", "option"),
    [
        ("GRANT USAGE ON SCHEMAS TO b", "schema", "USAGE", False),
        ("GRANT USAGE ON TYPES TO b", "type", "USAGE", False),
        ("GRANT EXECUTE ON ROUTINES TO b", "function", "EXECUTE", False),
        ("GRANT EXECUTE ON FUNCTIONS TO b", "function", "EXECUTE", False),
        ("GRANT USAGE ON SEQUENCES TO b WITH GRANT OPTION", "sequence", "USAGE", True),
    ],
)
def test_default_privilege_is_of_a_kind(
    sql: Sql, words: str, kind: str, privilege: str, option: bool
) -> None:
    found = defaults(sql(f"ALTER DEFAULT PRIVILEGES FOR ROLE a {words}"))
    assert found == {Default("d", "a", "", kind, "b", privilege): option}


def test_public_executes_and_uses_by_default(sql: Sql) -> None:
    want = sql("")
    for creator in ("a", "b", "postgres"):
        found = {(d.kind, d.privilege) for d in want.defaults if d.creator == creator}
        assert found == {("function", "EXECUTE"), ("type", "USAGE")}


@pytest.mark.parametrize("tail", ["", " CASCADE", " RESTRICT"])
def test_default_privilege_of_public_may_be_revoked(sql: Sql, tail: str) -> None:
    want = sql(f"ALTER DEFAULT PRIVILEGES FOR ROLE a REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC{tail}")
    key = Default("d", "a", "", "function", "", "EXECUTE")
    assert key not in want.defaults
    assert want.revoked_defaults == {key._replace(privilege=""): PLACE}


def test_revoking_in_a_schema_does_not_reach_what_holds_everywhere(sql: Sql) -> None:
    want = sql("ALTER DEFAULT PRIVILEGES FOR ROLE a IN SCHEMA s "
               "REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC")  # fmt: skip
    assert Default("d", "a", "", "function", "", "EXECUTE") in want.defaults


# -- Refused --------------------------------------------------------------------------------

OTHER = "is not a statement that Howdah can compare"
OBJECT = "tablespaces and large objects are not compared"
BY_NAME = "needs a role by its name, not PUBLIC"
NAME = "needs a name of letters, digits, _, $, ., @, - and spaces between"
NO_ROLE = "PostgreSQL has no role 'pg_everything'; its own are pg_checkpoint,"
BEFORE = "FROM CURRENT needs SET jit = value before it, after the last \\connect; or write"
DATABASE = "needs TEMPLATE template0 ENCODING 'UTF8'"
BARE = "CREATE DATABASE e OWNER a TEMPLATE template0 ENCODING 'UTF8'"
PASSWORD = "PASSWORD needs one of the verifiers"
HERE = "needs an object of this database"
FOR_A = "ALTER DEFAULT PRIVILEGES FOR ROLE a"
TABLE = "CREATE TABLE IF NOT EXISTS"
LIMIT = "CONNECTION LIMIT needs -1 (none) or more"
UNKNOWN_TYPE = "argument type 'color' is none of pg_catalog's: needs its schema"


def unknown(name: str) -> str:
    return f"{name}: not known here; leave it out"


def unmade(what: str, name: str) -> str:
    return f"{what} {name!r} is not made before this line"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        *((text, OTHER) for text in (
            "CREATE VIEW s.v AS SELECT 1", "DO 'BEGIN END'", "SELECT 1",
            "ALTER SYSTEM SET work_mem = 5", "DROP ROLE a", "DROP DATABASE d", "DROP OWNED BY a",
            "REASSIGN OWNED BY a TO b",
            "CREATE USER MAPPING FOR a SERVER x", "BEGIN", "COMMIT", "ALTER ROLE a RENAME TO c",
            "CREATE FUNCTION s.f() RETURNS int LANGUAGE sql RETURN 1", "CREATE INDEX ON s.t (i)",
            "CREATE SEQUENCE s.q", "CREATE TYPE s.e AS ENUM ('a')", "ALTER TABLE s.t OWNER TO b",
            "ALTER TABLE s.t ENABLE ROW LEVEL SECURITY",
            "CREATE POLICY p ON s.t", "SECURITY LABEL ON ROLE a IS 'x'",
            "ALTER EXTENSION x UPDATE", "CREATE TABLESPACE x LOCATION '/x'", "TRUNCATE s.t",
            "INSERT INTO s.t VALUES (1)", "COPY s.t FROM '/etc/passwd'", "CREATE PUBLICATION p",
            "ALTER DATABASE d RENAME TO e",
            "CREATE TABLE IF NOT EXISTS s.t AS SELECT 1", "LOCK TABLE s.t",
        )),
        ("CREATE GROUP c", "CREATE GROUP is an old spelling"),
        *((f'CREATE ROLE "{name}"', NAME) for name in (
            "a,b", "+a", "/a", "@a", "-a", " a", "a ", "a\tb", "a\nb", "it's", "a\\b", "a:b", "a#b",
        )),
        *((f'CREATE ROLE "{name}"', "is a word with a meaning of its own") for name in (
            "all", "replication", "sameuser", "samerole", "samegroup", "pg_Monitor",
        )),
        ("CREATE ROLE pg_x", "'pg_x' is a word with a meaning of its own"),
        ("CREATE ROLE c SYSID 5", unknown("sysid")),
        ("CREATE ROLE c IN ROLE nobody", unmade("role", "nobody")),
        ("CREATE ROLE c IN ROLE pg_everything", NO_ROLE),
        ("CREATE ROLE c ROLE c", "a role is no member of itself"),
        ("CREATE ROLE c IN ROLE a ROLE a", "c is a member of a already: needs no circle"),
        ("CREATE ROLE c IN ROLE a ADMIN a", "c is a member of a already: needs no circle"),
        ("CREATE ROLE c IN ROLE a IN ROLE b", "addroleto is said twice"),
        ("ALTER GROUP a ADD USER b", unknown("rolemembers")),
        ("CREATE ROLE postgres", "'postgres' is there already"),
        ("CREATE ROLE a LOGIN", "'a' is there already"),
        ("CREATE ROLE c LOGIN NOLOGIN", "is said twice"),
        ("CREATE ROLE c CONNECTION LIMIT -5", LIMIT),
        *((f"CREATE ROLE c PASSWORD {text}", PASSWORD) for text in (
            "'<other_verifier>'", "'<postgres_app_user_pw>'", "'<app_role>'",
            "'hunter2'", "''", "NULL", "'<app_verifier> '", "'<app_verifier>\n'", "'app_verifier'",
        )),
        ("ALTER ROLE a PASSWORD 'hunter2'", PASSWORD),
        *((f"CREATE ROLE c VALID UNTIL '{time}'", "needs 'infinity' or an ISO 8601 time") for
          time in ("0001-01-01T00:00:00+05", "2030-01-01T00:00:00.5Z", "2030-01-01T00:00:00",
                   "2030-01-01", "", "-infinity")),
        ("CREATE ROLE c VALID UNTIL 'tomorrow'", "needs 'infinity' or an ISO 8601 time"),
        ("CREATE ROLE c LOGIN NOLOGIN LOGIN NONSENSE", "nonsense"),
        ("ALTER ROLE c LOGIN", unmade("role", "c")),
        ("ALTER ROLE postgres NOLOGIN", "canlogin: not known here; leave it out"),
        ("ALTER ROLE postgres CONNECTION LIMIT -2", "CONNECTION LIMIT needs -1 (none) or more"),
        ("ALTER ROLE ALL SET jit = on", "needs a role by its name, not ALL"),
        ("ALTER ROLE c SET jit = on", unmade("role", "c")),
        ("ALTER ROLE pg_monitor SET jit = off", "role 'pg_monitor' is not made in these files"),
        ("ALTER ROLE a SET work_mem = 1, 2", "work_mem takes one value"),
        ("ALTER ROLE a SET jit FROM CURRENT", BEFORE),
        ("SET jit = off; ALTER ROLE a SET jit FROM CURRENT; RESET jit; "
         "ALTER ROLE a SET jit FROM CURRENT", BEFORE),
        ("ALTER DATABASE nowhere RESET jit", unmade("database", "nowhere")),
        ("ALTER ROLE a SET TRANSACTION READ ONLY", "needs SET name = value"),
        ("ALTER ROLE a SET TIME ZONE INTERVAL '1' HOUR TO MINUTE", "needs a plain value"),
        ("CREATE DATABASE e", DATABASE),
        ("CREATE DATABASE e OWNER a", DATABASE),
        ("CREATE DATABASE e OWNER a TEMPLATE template1", DATABASE),
        ("CREATE DATABASE e TEMPLATE template0", DATABASE),
        ("CREATE DATABASE e OWNER a TEMPLATE template0", DATABASE),
        ("CREATE DATABASE e OWNER a ENCODING 'UTF8'", DATABASE),
        ("CREATE DATABASE e OWNER a TEMPLATE template0 ENCODING 'LATIN1'", DATABASE),
        ("CREATE DATABASE e OWNER a TEMPLATE template0 ENCODING DEFAULT", DATABASE),
        ("CREATE DATABASE e OWNER a TEMPLATE DEFAULT ENCODING 'UTF8'", DATABASE),
        ("CREATE DATABASE e TEMPLATE template0 ENCODING 'UTF8'", "needs OWNER role"),
        ("CREATE DATABASE e OWNER DEFAULT TEMPLATE template0 ENCODING 'UTF8'", "needs OWNER role"),
        (f"{BARE} TABLESPACE x", unknown("tablespace")),
        (f"{BARE} IS_TEMPLATE true", unknown("is_template")),
        (f"{BARE} ALLOW_CONNECTIONS false", unknown("allow_connections")),
        (f"{BARE} LOCALE_PROVIDER x", "LOCALE_PROVIDER x is none; needs libc, icu or builtin"),
        (f"{BARE} ICU_LOCALE 'en'", "need their LOCALE_PROVIDER"),
        (f"{BARE} LOCALE_PROVIDER builtin ICU_LOCALE 'en'", "need their LOCALE_PROVIDER"),
        (f"{BARE} ICU_RULES ''", unknown("icu_rules")),
        ("ALTER DATABASE d SET TABLESPACE x", unknown("tablespace")),
        ("ALTER DATABASE d ALLOW_CONNECTIONS false", unknown("allow_connections")),
        ("ALTER DATABASE nowhere CONNECTION LIMIT 5", unmade("database", "nowhere")),
        ("ALTER DATABASE d CONNECTION LIMIT -5", LIMIT),
        ("ALTER DATABASE d OWNER TO nobody", unmade("role", "nobody")),
        ("ALTER DATABASE nowhere OWNER TO b", unmade("database", "nowhere")),
        ("GRANT CONNECT ON DATABASE d TO b; ALTER DATABASE d OWNER TO b",
         "needs to stand before GRANT and REVOKE on database d"),
        ("ALTER SCHEMA s OWNER TO b", "only ALTER DATABASE … OWNER TO is known here"),
        ("COMMENT ON ROLE nobody IS 'x'", unmade("role", "nobody")),
        ("COMMENT ON DATABASE nowhere IS 'x'", unmade("database", "nowhere")),
        ("COMMENT ON SCHEMA s IS 'x'", unmade("schema", "s")),
        ("COMMENT ON EXTENSION x IS 'x'", unmade("extension", "x")),
        ("COMMENT ON TABLE t IS 'x'", "needs the object with its schema"),
        ("COMMENT ON TABLE d.s.t IS 'x'", "needs an object of this database"),
        ("COMMENT ON COLUMN s.t.i IS 'x'", "needs COMMENT ON ROLE, DATABASE, SCHEMA, EXTENSION"),
        ("SET ROLE b; COMMENT ON ROLE b IS 'x'", "role b is not b's here"),
        (f"{BARE} OWNER b", "owner is said twice"),
        *((f"{BARE} CONNECTION LIMIT {limit}", LIMIT) for limit in ("DEFAULT", "'5'", "-5")),
        (BARE.replace(" e ", ' "E=x" '), NAME),
        *((BARE.replace(" e ", f" {name} "), f"'{name}' is there already") for name in (
            "d", "postgres", "template0", "template1",
        )),
        (BARE.replace(" a ", " nobody "), unmade("role", "nobody")),
        ("ALTER DATABASE nowhere SET jit = off", unmade("database", "nowhere")),
        ("ALTER DATABASE postgres SET jit = off", unmade("database", "postgres")),
        ("ALTER ROLE a IN DATABASE nowhere SET jit = off", unmade("database", "nowhere")),
        ("GRANT CONNECT ON DATABASE nowhere TO b", unmade("database", "nowhere")),
        ("GRANT CONNECT ON DATABASE template0 TO b", unmade("database", "template0")),
        ("CREATE SCHEMA AUTHORIZATION a", "needs CREATE SCHEMA name AUTHORIZATION role"),
        ("CREATE SCHEMA s AUTHORIZATION nobody", unmade("role", "nobody")),
        ("CREATE SCHEMA pg_x AUTHORIZATION a", "'pg_x' is a word with a meaning of its own"),
        ('CREATE SCHEMA "S,x" AUTHORIZATION a', NAME),
        ("CREATE SCHEMA information_schema AUTHORIZATION a", "is there already"),
        ("CREATE SCHEMA s AUTHORIZATION a; CREATE SCHEMA s AUTHORIZATION b",
         "'s' is there already"),
        ("CREATE SCHEMA s", "needs CREATE SCHEMA name AUTHORIZATION role"),
        ("CREATE SCHEMA s AUTHORIZATION a CREATE TABLE t (i int)", "and nothing else"),
        ("CREATE EXTENSION x", "needs CREATE EXTENSION name WITH SCHEMA schema"),
        ("CREATE EXTENSION x WITH SCHEMA s VERSION '1'", unknown("new_version")),
        ("CREATE EXTENSION x CASCADE", "needs CREATE EXTENSION name WITH SCHEMA schema"),
        ("CREATE EXTENSION x WITH SCHEMA s; CREATE EXTENSION x WITH SCHEMA u",
         "'x' is there already"),
        ("CREATE TABLE IF NOT EXISTS s.t (i int)", "needs SET ROLE owner before it"),
        ("SET ROLE a; CREATE TABLE s.t (i int)", "and IF NOT EXISTS"),
        ("SET ROLE a; RESET ROLE; CREATE TABLE IF NOT EXISTS s.t (i int)", "needs SET ROLE owner"),
        (f"SET ROLE NONE; {TABLE} s.t (i int)", "needs SET ROLE owner"),
        (f"SET ROLE a; SET ROLE NONE; {TABLE} s.t (i int)", "needs SET ROLE owner"),
        (f"SET ROLE nobody; {TABLE} s.t (i int)", unmade("role", "nobody")),
        (f"SET ROLE a; {TABLE} t (i int)", "needs the object with its schema"),
        (f"SET ROLE a; {TABLE} s.t (i int); {TABLE} s.t (j int)", "'t' is there already"),
        *((f"\\connect {base}\nSET ROLE a; {TABLE} s.t (i int)", unmade("database", base))
          for base in ("postgres", "template1")),
        ("SET ROLE a; CREATE TEMP TABLE IF NOT EXISTS t (i int)", "needs a plain table"),
        ("SET ROLE a; CREATE UNLOGGED TABLE IF NOT EXISTS s.t (i int)", "needs a plain table"),
        (f"SET ROLE a; {TABLE} other.s.t (i int)", "needs a plain table of this database"),
        (f"SET ROLE a; {TABLE} s.t (i int) TABLESPACE x", unknown("tablespacename")),
        (f"SET ROLE a; {TABLE} s.t () INHERITS (s.u)", unknown("inhRelations")),
        *((f"SET ROLE b; {text}", "needs RESET ROLE before it") for text in (
            "GRANT SELECT ON s.t TO b", "GRANT a TO b", "CREATE ROLE c", "ALTER ROLE a LOGIN",
            "ALTER ROLE a SET jit = off", "CREATE SCHEMA s AUTHORIZATION a",
            "CREATE EXTENSION x WITH SCHEMA public", f"{FOR_A} GRANT SELECT ON TABLES TO b",
        )),
        ("SET work_mem = 5", "SET WORK_MEM lasts for a session only; write ALTER ROLE, or FROM "
         "CURRENT after it"),
        ("SET work_mem = 5; ALTER ROLE a SET work_mem = 6", "SET WORK_MEM lasts for a session"),
        ("RESET work_mem", "RESET WORK_MEM lasts for a session only"),
        ("SET client_encoding = latin1", "SET CLIENT_ENCODING lasts for a session only"),
        ("SET SESSION AUTHORIZATION a", "SET SESSION lasts for a session only"),
        ("SET LOCAL ROLE a", "SET LOCAL lasts for a session only"),
        *((f"SET role {text}", "needs SET ROLE role, or RESET ROLE") for text in (
            "TO DEFAULT", "FROM CURRENT", "= a, b",
        )),
        ("RESET ALL", "RESET ALL lasts for a session only"),
        ("REVOKE a FROM b", "what is not granted here is revoked by itself"),
        ("GRANT a TO PUBLIC", BY_NAME),
        ("GRANT a TO nobody", unmade("role", "nobody")),
        ("GRANT a TO a", "a role is no member of itself"),
        ("GRANT nobody TO a", unmade("role", "nobody")),
        ("GRANT a TO b GRANTED BY b", "GRANTED BY b needs GRANT a TO b WITH ADMIN OPTION before"),
        ("CREATE ROLE c; GRANT a TO c WITH ADMIN OPTION; GRANT a TO b WITH ADMIN OPTION GRANTED "
         "BY c; GRANT a TO c WITH ADMIN OPTION GRANTED BY b",
         "b has ADMIN OPTION on a by way of c, and cannot grant it back"),
        ("CREATE ROLE c; GRANT a TO c WITH ADMIN OPTION; GRANT a TO b GRANTED BY c; "
         "GRANT a TO c WITH ADMIN FALSE", "c has no ADMIN OPTION on a at the end"),
        ("GRANT pg_everything TO a", NO_ROLE),
        ("GRANT pg_signal_autovacuum_worker TO a", "role pg_signal_autovacuum_worker came with "
         "PostgreSQL 18, and this is 17"),
        ("GRANT SELECT ON s.t TO nobody", unmade("role", "nobody")),
        ("GRANT SELECT ON s.t TO b GRANTED BY a", "GRANTED BY needs the current role here"),
        ("REVOKE SELECT ON s.t FROM b GRANTED BY a", "GRANTED BY needs the current role here"),
        ("GRANT SELECT ON s.t TO PUBLIC WITH GRANT OPTION", "PUBLIC can have no grant option"),
        *((f"GRANT {text} TO b", OBJECT) for text in (
            "SELECT ON LARGE OBJECT 5", "CREATE ON TABLESPACE x",
        )),
        *((f"GRANT {text} TO b", "needs the object with its schema") for text in (
            "SELECT ON t", "SELECT ON SEQUENCE q", "EXECUTE ON FUNCTION f()", "USAGE ON TYPE c",
        )),
        ("GRANT EXECUTE ON FUNCTION s.f(color) TO b", UNKNOWN_TYPE),
        ("GRANT EXECUTE ON FUNCTION s.f(s.t.c%TYPE) TO b", unknown("pct_type")),
        ("GRANT EXECUTE ON FUNCTION s.f(SETOF int) TO b", unknown("setof")),
        *((f"\\connect {base}\n{text}", f"in {base} only databases and schemas are compared")
          for base in ("postgres", "template1") for text in (
              "REVOKE EXECUTE ON FUNCTION pg_catalog.lo_creat(int) FROM PUBLIC",
              "GRANT SELECT ON s.t TO b", "GRANT SELECT ON ALL TABLES IN SCHEMA s TO b",
              "GRANT USAGE ON SEQUENCE s.q TO b", "GRANT USAGE ON TYPE s.c TO b")),
        ("GRANT SELECT ON other.s.t TO b", HERE),
        ("GRANT EXECUTE ON FUNCTION other.s.f() TO b", HERE),
        ("GRANT USAGE ON TYPE other.s.c TO b", HERE),
        ("GRANT SELECT (x) ON ALL TABLES IN SCHEMA s TO b", "needs the table by its name"),
        *((f"GRANT {text} TO b", "is PostgreSQL's own: needs a function") for text in (
            "USAGE ON SCHEMA information_schema", "USAGE ON SCHEMA pg_catalog",
            "SELECT ON ALL TABLES IN SCHEMA pg_catalog", "SELECT ON information_schema.tables",
            "USAGE ON TYPE pg_catalog.int4", "SELECT ON pg_toast.t", "SELECT ON pg_temp_3.t")),
        ("GRANT USAGE ON LANGUAGE c TO b", "language c is not trusted"),
        ("GRANT DELETE (x) ON s.t TO b", "DELETE is no privilege of a column"),
        ("GRANT TRUNCATE (x), SELECT ON s.t TO b", "TRUNCATE is no privilege of a column"),
        ("GRANT CONNECT ON s.t TO b", "CONNECT is no privilege of a table"),
        ("GRANT SELECT ON SCHEMA s TO b", "SELECT is no privilege of a schema"),
        ("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO postgres", "postgres owns what it"),
        ("SET ROLE b; ALTER DEFAULT PRIVILEGES FOR ROLE a, b GRANT SELECT ON TABLES TO PUBLIC",
         "needs RESET ROLE before it, or FOR ROLE b"),
        ("ALTER DEFAULT PRIVILEGES FOR ROLE a GRANT USAGE ON TABLES TO b", "USAGE is no privilege"),
        (f"{FOR_A} IN SCHEMA s GRANT USAGE ON SCHEMAS TO b", "or SCHEMAS in none"),
        (f"{FOR_A} REVOKE ALL ON TABLES FROM a", "a owns what it makes"),
        (f"{FOR_A} IN SCHEMA s GRANT SELECT ON TABLES TO a", "a owns what it makes"),
        (f"{FOR_A} GRANT SELECT (x) ON TABLES TO b", "a default privilege is on whole tables"),
        (f"{FOR_A} GRANT SELECT ON TABLES TO PUBLIC WITH GRANT OPTION",
         "PUBLIC can have no grant option"),
        ("ALTER DEFAULT PRIVILEGES FOR ROLE nobody GRANT SELECT ON TABLES TO b",
         unmade("role", "nobody")),
    ],
)  # fmt: skip
def test_statement_is_refused_with_its_place(sql: Sql, text: str, why: str) -> None:
    place = LATE if text.startswith("\\connect") else PLACE
    with pytest.raises(RolesSqlError, match=rf"^{place}: ") as e:
        sql(text)
    assert why in str(e.value)


@pytest.mark.parametrize("base", ["postgres", "template1"])
@pytest.mark.parametrize(
    "text", ["CREATE SCHEMA s AUTHORIZATION a", "CREATE EXTENSION x WITH SCHEMA public",
             f"{FOR_A} GRANT SELECT ON TABLES TO b"]
)  # fmt: skip
def test_shared_database_is_not_filled(sql: Sql, base: str, text: str) -> None:
    with pytest.raises(RolesSqlError, match=rf"^{LATE}: database '{base}' is not made before"):
        sql(f"\\connect {base}\n{text}")


@pytest.mark.parametrize("base", ["template0", "nowhere"])
def test_statement_in_a_database_that_is_not_made_is_refused(sql: Sql, base: str) -> None:
    with pytest.raises(RolesSqlError, match=rf"^{LATE}: database '{base}' is not made before"):
        sql(f"\\connect {base}\nCREATE ROLE c")


def test_fraction_in_the_zone_is_refused(sql: Sql) -> None:
    with pytest.raises(RolesSqlError, match=rf"^{PLACE}: VALID UNTIL needs"):
        sql("CREATE ROLE c VALID UNTIL '2030-01-01T00:00:00+00:00:00.5'")


def test_privilege_of_a_later_version_is_refused(sql: Sql) -> None:
    with pytest.raises(RolesSqlError, match="MAINTAIN is no privilege of a table in PostgreSQL 16"):
        sql("GRANT MAINTAIN ON s.t TO b", version=16)


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [("TIME ZONE 'UTC'", "timezone", "UTC"), ("TimeZone = 'UTC'", "timezone", "UTC"),
     ('"DateStyle" = iso, dmy', "datestyle", "iso, dmy"),
     ("intervalstyle = 'iso_8601'", "intervalstyle", "iso_8601")],
)  # fmt: skip
def test_setting_is_named_in_lower_case(sql: Sql, text: str, name: str, value: str) -> None:
    assert sql(f"ALTER ROLE a SET {text}").settings == {Setting("a", "", name): value}


# What oidvectortypes() says of each, seen in PostgreSQL's format_type().
@pytest.mark.parametrize(
    ("said", "spelled"),
    [
        ("text[]", "text[]"),
        ("int[]", "integer[]"),
        ("VARIADIC int[]", "integer[]"),
        ("timestamptz", "timestamp with time zone"),
        ("timestamp", "timestamp without time zone"),
        ("time", "time without time zone"),
        ("char", "character"),
        ('"char"', '"char"'),
        ("bit varying", "bit varying"),
        ("s.color", "s.color"),
        ("s.color[]", "s.color[]"),
        ('s."Color"', 's."Color"'),
    ],
)
def test_argument_is_spelled_as_the_server_does(sql: Sql, said: str, spelled: str) -> None:
    (step,) = sql(f"GRANT EXECUTE ON FUNCTION s.f({said}) TO b").steps
    assert step.target[3:] == ("f", f"({spelled})")


def test_option_of_a_default_privilege_may_be_revoked(sql: Sql) -> None:
    head = "ALTER DEFAULT PRIVILEGES FOR ROLE a"
    want = sql(f"{head} GRANT SELECT ON TABLES TO b WITH GRANT OPTION; "
               f"{head} REVOKE GRANT OPTION FOR SELECT ON TABLES FROM b")  # fmt: skip
    assert defaults(want) == {Default("d", "a", "", "table", "b", "SELECT"): False}


def test_role_of_a_later_version_is_rejected(sql: Sql) -> None:
    with pytest.raises(RolesSqlError, match="pg_maintain came with PostgreSQL 17, and this is 16"):
        sql("GRANT pg_maintain TO b", version=16)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("GRANT a TO b WITH INHERIT FALSE", "need PostgreSQL 16 or newer, and this is 15"),
        ("GRANT a TO b WITH ADMIN FALSE", "need PostgreSQL 16 or newer, and this is 15"),
        ("GRANT a TO b GRANTED BY a", "GRANTED BY a needs PostgreSQL 16 or newer"),
        ("CREATE DATABASE e OWNER a TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER builtin",
         "LOCALE_PROVIDER builtin needs PostgreSQL 17 or newer, and this is 15"),
    ],
)  # fmt: skip
def test_what_15_does_not_know_is_rejected(sql: Sql, text: str, why: str) -> None:
    with pytest.raises(RolesSqlError, match=why):
        sql(text, version=15)


def test_set_for_nothing_is_rejected_before_a_connect(sql: Sql) -> None:
    with pytest.raises(RolesSqlError, match=rf"^{PLACE}: SET JIT lasts for a session only"):
        sql("SET jit = off;\n\\connect d\nALTER ROLE a SET jit = on")


def test_server_is_asked_about_each_value_once(sql: Sql) -> None:
    want = sql("ALTER ROLE a SET jit = off;\nALTER ROLE b SET jit = off; ALTER ROLE b RESET JIT")
    assert want.asked == {Asked("jit", "off"): PLACE, Asked("jit", None): LATE}


def test_set_role_ends_with_its_session(sql: Sql) -> None:
    with pytest.raises(RolesSqlError, match="needs SET ROLE owner before it"):
        sql("SET ROLE a;\n\\connect d\nCREATE TABLE IF NOT EXISTS s.t (i int)")
