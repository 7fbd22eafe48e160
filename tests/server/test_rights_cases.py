"""Rights that a deploy once missed, failed on, or never finished: each with one plan, then none."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from howdah.errors import HowdahError
from howdah.rights.change import Plan
from howdah.roles_sql.sqlfiles import RolesSqlError
from tests.server.fuzz.engine import Engine, as_psql
from tests.server.fuzz.server import BareServer, binaries

# The application's part of roles-sql, in short.
BASE = """
CREATE ROLE appowner NOINHERIT;
CREATE ROLE appuser NOINHERIT LOGIN PASSWORD :'app_verifier';
CREATE ROLE backupuser NOINHERIT LOGIN;
CREATE ROLE temporaluser NOINHERIT LOGIN;
CREATE DATABASE appdb OWNER appowner TEMPLATE template0 ENCODING 'UTF8';
REVOKE ALL ON DATABASE appdb FROM PUBLIC;
GRANT CONNECT ON DATABASE appdb TO appuser, backupuser;
\\connect appdb
REVOKE ALL ON SCHEMA public FROM PUBLIC;
CREATE SCHEMA app AUTHORIZATION appowner;
GRANT USAGE ON SCHEMA app TO appuser, backupuser;
ALTER DEFAULT PRIVILEGES FOR ROLE appowner IN SCHEMA app GRANT SELECT, INSERT ON TABLES TO appuser;
ALTER DEFAULT PRIVILEGES FOR ROLE appowner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
SET ROLE appowner;
CREATE TABLE IF NOT EXISTS app.alembic_version (version_num varchar(32) NOT NULL);
RESET ROLE;
"""
MIGRATED = "\\connect appdb\nSET ROLE appowner; CREATE TABLE app.users (id int, email text);\n"


class Situation:
    """A converged server, to which a team adds a file, and somebody a change by hand."""

    def __init__(self, server: BareServer, folder: Path) -> None:
        self.server, self.folder = server, folder
        (folder / "10-base.sql").write_text(BASE)
        server.must(as_psql([BASE]) + MIGRATED)

    def team(self, text: str) -> None:
        (self.folder / "60-team.sql").write_text(text)

    def by_hand(self, sql: str) -> None:
        self.server.must(f"\\connect appdb\n{sql}")

    def engine(self) -> Engine:
        return Engine(self.server, self.folder)

    def deploy(self) -> list[str]:
        """One plan, after which there is nothing left to do: its statements."""
        engine = self.engine()
        plan = engine.plan()
        errors = engine.send(plan.changes).errors
        assert not errors, "\n".join([errors, *map(str, plan.changes)])
        assert engine.plan().changes == []
        return [change.sql for change in plan.changes]

    def dry(self) -> Plan:
        return self.engine().plan()

    def rejected(self, text: str) -> str:
        """What is said of a team's file, with the file's line."""
        self.team(text)
        with pytest.raises(RolesSqlError) as rejection:
            self.engine()
        place, _, why = str(rejection.value).partition(": ")
        assert place == "roles-sql/60-team.sql:2"
        return why

    def ask(self, query: str) -> str:
        return self.server.must(f"\\connect appdb\n{query}").strip()

    def acl(self, table: str) -> str:
        return self.ask(f"SELECT relacl FROM pg_class WHERE oid = '{table}'::regclass")

    def may(self, role: str, privilege: str, table: str = "app.users") -> bool:
        answer = self.ask(f"SELECT has_table_privilege('{role}', '{table}', '{privilege}')")
        return answer == "t"


@pytest.fixture(scope="module")
def bare_servers() -> Iterator[dict[int, BareServer]]:
    made: dict[int, BareServer] = {}
    yield made
    for server in made.values():
        server.remove()


@pytest.fixture(params=[17])
def at_first(
    request: pytest.FixtureRequest, bare_servers: dict[int, BareServer], tmp_path: Path
) -> Iterator[Situation]:
    version = request.param
    where = binaries(version)
    if not where:
        pytest.skip(f"no PostgreSQL {version} here")
    if version not in bare_servers:
        bare_servers[version] = BareServer(version, where)
    folder = tmp_path / "roles-sql"
    folder.mkdir()
    yield Situation(bare_servers[version], folder)
    bare_servers[version].wipe()


both_versions = pytest.mark.parametrize("at_first", [15, 17], indirect=True)
BOB = """
CREATE ROLE bob;
GRANT USAGE ON SCHEMA app TO bob;
GRANT SELECT ON app.users TO bob WITH GRANT OPTION;
"""

# -- 21 and 22: whoever granted it takes it back ---------------------------------------------


@both_versions
def test_21_a_column_granted_by_a_holder_of_the_table(at_first: Situation) -> None:
    at_first.by_hand(f"{BOB} SET ROLE bob; GRANT SELECT (email) ON app.users TO PUBLIC;")
    assert any("SELECT (email)" in sql and "PUBLIC" in sql for sql in at_first.deploy())
    of_email = "attrelid = 'app.users'::regclass AND attname = 'email'"
    assert at_first.ask(f"SELECT attacl FROM pg_attribute WHERE {of_email}") == ""
    asked = "SELECT has_column_privilege('temporaluser', 'app.users', 'email', 'SELECT')"
    assert at_first.ask(asked) == "f"


def test_21_the_same_where_roles_sql_gives_the_option(at_first: Situation) -> None:
    option = "GRANT SELECT ON TABLE app.users TO appuser WITH GRANT OPTION;"
    at_first.team(f"\\connect appdb\n{option}")
    at_first.deploy()
    at_first.by_hand("SET ROLE appuser; GRANT SELECT (email) ON app.users TO PUBLIC;")
    at_first.deploy()
    assert (
        at_first.ask(
            "SELECT count(*) FROM pg_attribute WHERE attacl IS NOT NULL "
            "AND attrelid = 'app.users'::regclass"
        )
        == "0"
    )
    assert "appuser=ar*/appowner" in at_first.acl("app.users")


@both_versions
@pytest.mark.parametrize(
    "afterwards",
    [
        "ALTER ROLE bob SUPERUSER;",
        "ALTER ROLE bob SUPERUSER; REVOKE SELECT ON app.users FROM bob CASCADE;",
        "ALTER ROLE bob SUPERUSER; REVOKE SELECT ON app.users FROM bob CASCADE; "
        "ALTER ROLE bob NOSUPERUSER;",
        "GRANT appowner TO bob; REVOKE SELECT ON app.users FROM bob CASCADE; "
        "REVOKE appowner FROM bob;",
    ],
    ids=["a superuser", "a superuser without it", "no superuser any more", "a member once"],
)
def test_22_a_grantor_who_is_something_else_now(at_first: Situation, afterwards: str) -> None:
    granted = "SET ROLE bob; GRANT SELECT ON app.users TO PUBLIC; RESET ROLE;"
    at_first.by_hand(f"{BOB}{granted}{afterwards}")
    at_first.deploy()
    assert at_first.acl("app.users") == at_first.acl("app.users").replace("=r/bob", "")
    assert not at_first.may("temporaluser", "SELECT")


def test_22_a_grantor_by_membership(at_first: Situation) -> None:
    option = "GRANT SELECT ON TABLE app.users TO g WITH GRANT OPTION;"
    at_first.team(
        f"CREATE ROLE g; CREATE ROLE u; GRANT g TO u;\n\\connect appdb\n{option}\n"
        "GRANT USAGE ON SCHEMA app TO u;"
    )
    at_first.deploy()
    at_first.by_hand("SET ROLE u; GRANT SELECT ON app.users TO PUBLIC;")
    at_first.deploy()
    assert not at_first.may("temporaluser", "SELECT")
    assert at_first.may("u", "SELECT")


def test_22_two_chains_that_hold_each_other_up(at_first: Situation) -> None:
    at_first.by_hand(
        f"""{BOB} CREATE ROLE eve; GRANT USAGE ON SCHEMA app TO eve;
        GRANT SELECT ON app.users TO eve WITH GRANT OPTION;
        SET ROLE bob; GRANT SELECT ON app.users TO eve WITH GRANT OPTION;
        SET ROLE eve; GRANT SELECT ON app.users TO bob WITH GRANT OPTION;
        GRANT SELECT ON app.users TO PUBLIC; RESET ROLE;"""
    )
    before = at_first.acl("app.users")
    assert "=r/eve" in before
    at_first.deploy()
    assert at_first.acl("app.users") == "{appowner=arwdDxtm/appowner,appuser=ar/appowner}"


# -- 23 and 24: a grantor who cannot any more ---------------------------------------------------

LEAD_OWNS = "CREATE ROLE lead NOLOGIN;\nGRANT appowner TO lead;\n"
GRANTED_BY_LEAD = """
GRANT USAGE ON SCHEMA app TO lead;
GRANT SELECT ON app.users TO lead WITH GRANT OPTION;
SET ROLE lead; GRANT SELECT ON app.users TO temporaluser; RESET ROLE;
REVOKE SELECT ON app.users FROM lead CASCADE;
"""


@both_versions
def test_23_a_grantor_with_the_owners_rights(at_first: Situation) -> None:
    at_first.team(LEAD_OWNS)
    at_first.deploy()
    at_first.by_hand(GRANTED_BY_LEAD)
    at_first.deploy()
    assert not at_first.may("temporaluser", "SELECT")


def test_23_beside_a_grant_of_roles_sql(at_first: Situation) -> None:
    at_first.team(f"{LEAD_OWNS}\\connect appdb\nGRANT SELECT ON TABLE app.users TO temporaluser;")
    at_first.deploy()
    before = at_first.acl("app.users")
    at_first.by_hand(GRANTED_BY_LEAD)
    at_first.deploy()
    assert at_first.acl("app.users") == before
    assert at_first.may("temporaluser", "SELECT")


@pytest.mark.parametrize("lead", ["CREATE ROLE lead;\n", LEAD_OWNS], ids=["alone", "as a member"])
def test_24_a_grantor_without_usage_of_the_schema(at_first: Situation, lead: str) -> None:
    table = "app.alembic_version"
    option = f"GRANT SELECT ON TABLE {table} TO lead WITH GRANT OPTION;"
    at_first.team(f"{lead}\\connect appdb\n{option}")
    at_first.deploy()
    before = at_first.acl(table)
    usage = "GRANT USAGE ON SCHEMA app TO lead;"
    at_first.by_hand(f"{usage} SET ROLE lead; GRANT SELECT ON {table} TO temporaluser;")
    at_first.deploy()
    assert at_first.acl(table) == before
    assert (
        at_first.ask(
            "SELECT count(*) FROM pg_namespace, aclexplode(nspacl) "
            "WHERE nspname = 'app' AND grantee = 'lead'::regrole"
        )
        == "0"
    )


# -- 25 to 27: what is made, and in which order --------------------------------------------------


def test_25_a_column_that_a_migration_adds_later(at_first: Situation) -> None:
    at_first.team("\\connect appdb\nGRANT UPDATE (nickname) ON TABLE app.users TO backupuser;")
    assert at_first.deploy() == []
    (report,) = [line for line in at_first.dry().reports if "not there yet" in line]
    assert "nickname" in report
    assert "60-team.sql:2" in report
    at_first.by_hand("SET ROLE appowner; ALTER TABLE app.users ADD nickname text;")
    assert len(at_first.deploy()) == 1
    asked = "SELECT has_column_privilege('backupuser', 'app.users', 'nickname', 'UPDATE')"
    assert at_first.ask(asked) == "t"
    at_first.by_hand("ALTER TABLE app.users DROP nickname;")
    assert at_first.deploy() == []


def test_26_tables_in_the_order_of_the_files(at_first: Situation) -> None:
    at_first.team(
        """\\connect appdb
SET ROLE appowner;
CREATE TABLE IF NOT EXISTS app.parent (id int PRIMARY KEY);
CREATE TABLE IF NOT EXISTS app.child (id int REFERENCES app.parent);
RESET ROLE;
"""
    )
    at_first.deploy()
    owners = "SELECT DISTINCT relowner::regrole FROM pg_class WHERE relname IN ('parent', 'child')"
    assert at_first.ask(owners) == "appowner"


def test_27_a_table_of_a_role_that_may_create(at_first: Situation) -> None:
    at_first.team(
        """CREATE ROLE reporter NOLOGIN;
\\connect appdb
GRANT USAGE, CREATE ON SCHEMA app TO reporter;
SET ROLE appowner;
CREATE TABLE IF NOT EXISTS app.fact (id int PRIMARY KEY);
RESET ROLE;
GRANT REFERENCES ON TABLE app.fact TO reporter;
SET ROLE reporter;
CREATE TABLE IF NOT EXISTS app.report (id serial, fact int REFERENCES app.fact);
RESET ROLE;
"""
    )
    at_first.deploy()
    owners = "SELECT relowner::regrole FROM pg_class WHERE relname LIKE 'report%' ORDER BY relname"
    assert at_first.ask(owners) == "reporter\nreporter"


# -- 28 to 30: PostgreSQL's own -----------------------------------------------------------------


@both_versions
def test_28_a_table_of_postgresqls_own_is_closed(at_first: Situation) -> None:
    at_first.team("\\connect appdb\nREVOKE SELECT ON TABLE pg_catalog.pg_roles FROM PUBLIC;")
    assert at_first.deploy() == ["REVOKE SELECT ON TABLE pg_catalog.pg_roles FROM PUBLIC CASCADE;"]
    assert not at_first.may("temporaluser", "SELECT", "pg_catalog.pg_roles")


@both_versions
def test_29_a_function_that_initdb_has_closed(at_first: Situation) -> None:
    function = "pg_catalog.pg_read_file(text)"
    at_first.team(f"\\connect appdb\nREVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC;")
    assert at_first.deploy() == []


@pytest.mark.parametrize(
    "right",
    [
        "GRANT USAGE ON SCHEMA information_schema TO appuser;",
        "GRANT USAGE ON SCHEMA pg_catalog TO appuser;",
        "GRANT SELECT ON ALL TABLES IN SCHEMA pg_catalog TO appuser;",
        "REVOKE SELECT ON information_schema.tables FROM PUBLIC;",
    ],
)
def test_30_schemas_of_postgresqls_own_are_rejected(at_first: Situation, right: str) -> None:
    why = at_first.rejected(f"\\connect appdb\n{right}")
    assert "information_schema" in why or "pg_catalog" in why


# -- 31 and 32: options that are given in two places ---------------------------------------------


@pytest.mark.parametrize("first", [0, 1])
def test_31_one_of_two_scopes_gives_the_option(at_first: Situation, first: int) -> None:
    scopes = ["", " IN SCHEMA app"]
    option = f"{scopes[first]} GRANT SELECT ON TABLES TO lead WITH GRANT OPTION;"
    plain = f"{scopes[1 - first]} GRANT SELECT ON TABLES TO lead;"
    create = "SET ROLE appowner;\nCREATE TABLE IF NOT EXISTS app.t (id int);\nRESET ROLE;"
    whose = "ALTER DEFAULT PRIVILEGES FOR ROLE appowner"
    at_first.team(f"CREATE ROLE lead;\n\\connect appdb\n{whose}{option}\n{whose}{plain}\n{create}")
    at_first.deploy()
    at_first.by_hand("SET ROLE appowner; CREATE TABLE app.later (id int);")
    assert at_first.deploy() == []
    for table in ("app.t", "app.later", "app.users"):
        assert "lead=r*/appowner" in at_first.acl(table)


TWICE = "CREATE ROLE lead NOLOGIN;\nCREATE ROLE team NOLOGIN;\n"
ADMIN_AND_SET = "GRANT team TO lead WITH ADMIN TRUE;\nGRANT team TO lead WITH SET FALSE;\n"
OPTIONS = """SELECT admin_option, inherit_option, set_option FROM pg_auth_members
    WHERE roleid = 'team'::regrole"""


def test_32_a_second_grant_keeps_what_it_does_not_name(at_first: Situation) -> None:
    at_first.team(TWICE + ADMIN_AND_SET)
    at_first.deploy()
    assert at_first.ask(OPTIONS) == "t|t|f"


def test_32_inherit_is_kept_too(at_first: Situation) -> None:
    again = "ALTER ROLE lead NOINHERIT;\nGRANT team TO lead WITH ADMIN TRUE;\n"
    at_first.team(f"{TWICE}GRANT team TO lead;\n{again}")
    at_first.deploy()
    assert at_first.ask(OPTIONS) == "t|t|t"


@pytest.mark.parametrize("at_first", [15], indirect=True)
def test_32_before_16_the_option_is_rejected(at_first: Situation) -> None:
    why = at_first.rejected(
        "CREATE ROLE lead; CREATE ROLE team;\nGRANT team TO lead WITH SET FALSE;"
    )
    assert "need PostgreSQL 16 or newer, and this is 15" in why


# -- 33 and 34: names ---------------------------------------------------------------------------


@both_versions
@pytest.mark.parametrize("value", ["app$x, public", "1", '"A b", "$user"', "''"])
def test_33_a_search_path_is_set_once(at_first: Situation, value: str) -> None:
    statement = f"ALTER ROLE appuser SET search_path = {value};"
    at_first.team(statement)
    assert len(at_first.deploy()) == 1
    stored = "SELECT setconfig FROM pg_db_role_setting WHERE setrole = 'appuser'::regrole"
    by_plan = at_first.ask(stored)
    at_first.by_hand(f"ALTER ROLE appuser RESET ALL; {statement}")
    assert at_first.ask(stored) == by_plan


@both_versions
@pytest.mark.parametrize("name", ["it's", "a,b", "null", "{}", 'a"b', "`id`", "\\x", "a b", "é"])
def test_34_schemas_by_any_name(at_first: Situation, name: str) -> None:
    quoted = '"' + name.replace('"', '""') + '"'
    at_first.by_hand(f"CREATE SCHEMA {quoted} AUTHORIZATION temporaluser;")
    at_first.team(f"\\connect appdb\nGRANT USAGE ON SCHEMA {quoted} TO appuser;")
    assert len(at_first.deploy()) == 1
    at_first.by_hand(f"REVOKE USAGE ON SCHEMA {quoted} FROM appuser;")
    assert len(at_first.deploy()) == 1


# -- 35 and 36: what an object is ---------------------------------------------------------------


@both_versions
def test_35_a_function_beside_a_procedure_with_out(at_first: Situation) -> None:
    at_first.by_hand(
        """SET ROLE appowner;
        CREATE FUNCTION app.p(a int, b int) RETURNS int LANGUAGE sql AS 'SELECT 1';
        CREATE PROCEDURE app.p(a int, OUT b int) LANGUAGE sql AS 'SELECT 1';
        RESET ROLE;
        GRANT EXECUTE ON FUNCTION app.p(int, int) TO PUBLIC;"""
    )
    assert len(at_first.deploy()) == 1
    asked = "SELECT bool_or(has_function_privilege('temporaluser', oid, 'EXECUTE')) FROM pg_proc"
    assert at_first.ask(f"{asked} WHERE proname = 'p'") == "f"
    at_first.by_hand("GRANT EXECUTE ON PROCEDURE app.p(int) TO PUBLIC;")
    assert len(at_first.deploy()) == 1
    assert at_first.ask(f"{asked} WHERE proname = 'p'") == "f"


def test_36_a_sequence_by_the_word_table(at_first: Situation) -> None:
    at_first.by_hand("SET ROLE appowner; CREATE TABLE app.t (id serial);")
    at_first.deploy()
    at_first.team("\\connect appdb\nGRANT SELECT ON TABLE app.t_id_seq TO appuser;")
    with pytest.raises(HowdahError, match=r"60-team.sql:2: .*t_id_seq is a sequence: needs ON SEQ"):
        at_first.dry()


def test_36_the_type_of_a_tables_row(at_first: Situation) -> None:
    at_first.team("\\connect appdb\nREVOKE USAGE ON TYPE app.users FROM PUBLIC;")
    with pytest.raises(HowdahError, match=r"60-team.sql:2: app\.users is a table: needs ON TABLE"):
        at_first.dry()


def test_36_a_schema_that_no_file_names(at_first: Situation) -> None:
    at_first.by_hand("CREATE SCHEMA other AUTHORIZATION temporaluser; CREATE TABLE other.t ();")
    why = at_first.rejected("\\connect appdb\nGRANT SELECT ON TABLE other.t TO appuser;")
    assert "schema other" in why


# -- Found by test_rights_fuzz_*.py ----------------------------------------------------------------

EXTENSION = """\\connect appdb
CREATE SCHEMA ext AUTHORIZATION postgres;
CREATE EXTENSION citext WITH SCHEMA ext;
"""


@both_versions
@pytest.mark.parametrize(
    ("right", "closed"),
    [
        ("EXECUTE ON ALL FUNCTIONS IN SCHEMA ext", "proacl IS NOT NULL"),
        ("EXECUTE ON FUNCTION ext.citext_eq(ext.citext, ext.citext)", "proname = 'citext_eq'"),
        ("EXECUTE ON ROUTINE ext.citext_eq", "proname = 'citext_eq'"),
    ],
)
def test_what_an_extension_brings_is_as_roles_sql_says(
    at_first: Situation, right: str, closed: str
) -> None:
    at_first.team(EXTENSION)
    at_first.deploy()
    at_first.team(f"{EXTENSION}REVOKE {right} FROM PUBLIC; GRANT {right} TO appuser;")
    assert len(at_first.deploy()) >= 2
    theirs = f"FROM pg_proc WHERE pronamespace = 'ext'::regnamespace AND {closed}"
    assert at_first.ask(f"SELECT bool_or(proacl::text ~ '[{{,]=') {theirs}") == "f"
    assert at_first.ask(f"SELECT bool_and(proacl::text ~ 'appuser=X') {theirs}") == "t"
    at_first.by_hand("GRANT EXECUTE ON FUNCTION ext.citext_eq TO temporaluser;")
    before = at_first.ask(f"SELECT count(*) {theirs}")
    assert len(at_first.deploy()) == 1
    assert at_first.ask(f"SELECT count(*) {theirs}") == before


@both_versions
def test_a_type_that_an_extension_brings_is_as_roles_sql_says(at_first: Situation) -> None:
    at_first.team(EXTENSION)
    at_first.deploy()
    at_first.team(f"{EXTENSION}REVOKE USAGE ON TYPE ext.citext FROM PUBLIC;")
    assert at_first.deploy() == ["REVOKE USAGE ON TYPE ext.citext FROM PUBLIC CASCADE;"]
