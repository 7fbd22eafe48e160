"""Each statement that roles-sql may have: psql on a bare server and Howdah's plan do the same."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploys.grant import script
from deploys.sql import pgoptions
from howdah import found
from howdah.queries import questions
from howdah.rights import planning
from howdah.rights.change import Plan
from howdah.rights.membership import ROLES_SINCE
from howdah.roles_sql import sqlfiles
from howdah.roles_sql.statements import wanted
from howdah.roles_sql.wanted import Wanted
from tests.server.checkout import Checkout
from tests.server.plain import PlainServer

DEBIANS = Path("/usr/lib/postgresql/15/bin")
BASE = """
CREATE ROLE owner NOLOGIN;
CREATE ROLE ada LOGIN;
CREATE DATABASE d OWNER owner TEMPLATE template0 ENCODING 'UTF8';
"""
WITHIN = BASE + "\\connect d\nCREATE SCHEMA s AUTHORIZATION owner;\n"

ALIKE = {
    "roles in roles": """
CREATE ROLE team; CREATE ROLE lead NOINHERIT;
CREATE ROLE one IN ROLE team, pg_monitor ROLE lead ADMIN ada;
CREATE ROLE two NOINHERIT IN ROLE one;
CREATE USER three IN ROLE two, one ADMIN lead;
GRANT team TO lead WITH ADMIN OPTION;
GRANT team TO lead;
GRANT team TO ada GRANTED BY CURRENT_USER;
ALTER ROLE lead INHERIT;
GRANT team TO CURRENT_USER;
""",
    "settings": """
ALTER ROLE ada SET work_mem = '8MB';
ALTER ROLE ada SET jit = off;
ALTER ROLE ada RESET work_mem;
ALTER ROLE owner SET work_mem = '8MB';
ALTER ROLE owner IN DATABASE d SET work_mem = '9MB';
ALTER ROLE owner RESET ALL;
ALTER DATABASE d SET jit = off;
ALTER DATABASE d RESET jit;
ALTER DATABASE d SET search_path = app$x, public, "$user", 1, 2.5, "A-b", "select", "größe",
    json, merge_action;
ALTER ROLE ada SET search_path = 1;
ALTER ROLE ada IN DATABASE d SET TimeZone TO DEFAULT;
ALTER ROLE ada IN DATABASE d SET DateStyle = iso, dmy;
ALTER ROLE ada SET my.thing = 1.5;
ALTER ROLE ada SET role = owner;
ALTER ROLE ada SET default_tablespace = none_yet;
ALTER ROLE ada SET temp_tablespaces = none_yet, "B";
ALTER ROLE ada SET default_text_search_config = 'none.yet';
ALTER ROLE ada SET session_preload_libraries = 'none yet';
ALTER ROLE ada RESET my.other;
""",
    "settings from the session": """
SET search_path = app$x, "B";
SET work_mem = '64MB';
SET statement_timeout = 0;
ALTER ROLE ada SET search_path FROM CURRENT;
ALTER ROLE ada IN DATABASE d SET work_mem FROM CURRENT;
ALTER DATABASE d SET statement_timeout FROM CURRENT;
RESET work_mem;
""",
    "databases": """
ALTER DATABASE d CONNECTION LIMIT 7;
ALTER DATABASE d OWNER TO ada;
REVOKE ALL ON DATABASE d FROM PUBLIC;
GRANT CONNECT ON DATABASE d TO owner GRANTED BY postgres;
CREATE DATABASE e OWNER owner TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8';
CREATE DATABASE f OWNER owner TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER libc
    LC_COLLATE 'C' LC_CTYPE 'C.UTF-8';
CREATE DATABASE g OWNER postgres TEMPLATE template0 ENCODING 'UTF8';
""",
    "comments": """
COMMENT ON ROLE ada IS 'reads \\ the "books", it''s said';
COMMENT ON DATABASE d IS 'the data
of two lines';
COMMENT ON ROLE owner IS NULL;
\\connect d
CREATE SCHEMA s AUTHORIZATION owner;
COMMENT ON SCHEMA s IS 'ours';
COMMENT ON SCHEMA public IS NULL;
CREATE EXTENSION pg_trgm WITH SCHEMA s;
COMMENT ON EXTENSION pg_trgm IS 'for words';
CREATE EXTENSION citext WITH SCHEMA s;
COMMENT ON EXTENSION citext IS '';
SET ROLE owner;
CREATE TABLE IF NOT EXISTS s.t (i int) WITH (fillfactor = 70, autovacuum_enabled = off);
COMMENT ON TABLE s.t IS 'numbers';
COMMENT ON SCHEMA s IS 'still ours';
""",
    "as the owner": """
\\connect d
CREATE SCHEMA s AUTHORIZATION owner;
CREATE SCHEMA r AUTHORIZATION CURRENT_ROLE;
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO ada;
ALTER DEFAULT PRIVILEGES IN SCHEMA r GRANT USAGE ON SEQUENCES TO ada;
SET ROLE owner;
ALTER DEFAULT PRIVILEGES GRANT INSERT ON TABLES TO ada;
ALTER DEFAULT PRIVILEGES FOR ROLE owner IN SCHEMA s GRANT EXECUTE ON FUNCTIONS TO ada;
ALTER DEFAULT PRIVILEGES FOR ROLE CURRENT_USER REVOKE USAGE ON TYPES FROM PUBLIC;
CREATE TABLE IF NOT EXISTS s.t (i int);
GRANT UPDATE ON TABLE s.t TO ada GRANTED BY CURRENT_USER;
GRANT USAGE ON SCHEMA s TO ada WITH GRANT OPTION;
REVOKE INSERT ON TABLE s.t FROM ada GRANTED BY owner;
RESET ROLE;
""",
    "quoted names": """
CREATE ROLE "Ada-Λ.x y" LOGIN IN ROLE owner CONNECTION LIMIT 3;
CREATE ROLE "ada@example.org" LOGIN;
CREATE ROLE "select";
CREATE ROLE a$b;
GRANT "select" TO "Ada-Λ.x y", a$b;
ALTER ROLE "Ada-Λ.x y" SET jit = off;
CREATE DATABASE "Größe-2 x" OWNER "Ada-Λ.x y" TEMPLATE template0 ENCODING 'UTF8';
ALTER ROLE "select" IN DATABASE "Größe-2 x" SET jit = off;
REVOKE ALL ON DATABASE "Größe-2 x" FROM PUBLIC;
GRANT CONNECT ON DATABASE "Größe-2 x" TO "ada@example.org";
COMMENT ON DATABASE "Größe-2 x" IS 'x';
\\connect "Größe-2 x"
CREATE SCHEMA "日本-S" AUTHORIZATION "ada@example.org";
CREATE SCHEMA "null" AUTHORIZATION "select";
GRANT USAGE ON SCHEMA "日本-S", "null" TO "Ada-Λ.x y" WITH GRANT OPTION;
COMMENT ON SCHEMA "null" IS 'x';
ALTER DEFAULT PRIVILEGES FOR ROLE "select" IN SCHEMA "null" GRANT SELECT ON TABLES TO a$b;
CREATE EXTENSION pg_trgm WITH SCHEMA "日本-S";
SET ROLE "ada@example.org";
CREATE TABLE IF NOT EXISTS "日本-S"."T" ("I" int);
RESET ROLE;
GRANT UPDATE ("I") ON TABLE "日本-S"."T" TO "select";
""",
    "what an extension brings along": """
\\connect d
CREATE SCHEMA x AUTHORIZATION postgres;
CREATE EXTENSION earthdistance WITH SCHEMA x CASCADE;
""",
}
WITH_ICU = {  # Debian's
    "a locale of ICU": """
CREATE DATABASE e OWNER owner TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER icu
    ICU_LOCALE 'en-US' LOCALE 'C.UTF-8';
""",
}
SINCE_16 = {
    "options of memberships": """
CREATE ROLE team; CREATE ROLE lead; CREATE ROLE quiet NOINHERIT;
GRANT team TO lead WITH ADMIN TRUE;
GRANT team TO lead WITH SET FALSE;
GRANT team TO quiet WITH INHERIT TRUE;
GRANT team TO quiet;
ALTER ROLE lead NOINHERIT;
GRANT team TO lead WITH ADMIN OPTION;
CREATE ROLE late IN ROLE team;
ALTER ROLE late NOINHERIT;
GRANT team TO late WITH SET TRUE;
""",
    "memberships by the word of others": """
CREATE ROLE team; CREATE ROLE lead; CREATE ROLE second;
GRANT team TO lead WITH ADMIN OPTION;
GRANT team TO second WITH ADMIN OPTION GRANTED BY lead;
GRANT team TO ada WITH INHERIT FALSE GRANTED BY second;
GRANT team TO ada GRANTED BY lead;
GRANT team TO ada;
""",
}
SINCE_17 = {
    "a locale of PostgreSQL's own": """
CREATE DATABASE e OWNER owner TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER builtin
    BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C';
GRANT pg_maintain TO ada;
""",
}
# (what the server does not take, in its words); nothing of it is in force afterwards
REFUSED = [
    ("ALTER ROLE ada SET work_mem = 'lots'", 'invalid value for parameter "work_mem": "lots"'),
    ("ALTER ROLE ada IN DATABASE d SET jit = maybe", 'parameter "jit" requires a Boolean value'),
    ("ALTER DATABASE d SET wrok_mem = '4MB'", 'unrecognized configuration parameter "wrok_mem"'),
    ("ALTER DATABASE d SET jit = off; ALTER DATABASE d RESET wrok_mem",
     'unrecognized configuration parameter "wrok_mem"'),
    ("ALTER ROLE ada SET shared_buffers = '1GB'",
     'parameter "shared_buffers" cannot be changed without restarting the server'),
    ("ALTER ROLE postgres SET DateStyle = iso, odd",
     'invalid value for parameter "DateStyle": "iso, odd"'),
    ("ALTER ROLE ada SET statement_timeout = '5 parsecs'; ALTER ROLE ada SET statement_timeout = 5",
     'invalid value for parameter "statement_timeout": "5 parsecs"'),
    ("SET search_path = 'it''s', \"B\"; ALTER ROLE ada SET search_path FROM CURRENT;"
     "ALTER ROLE ada RESET \"jit\"; ALTER ROLE ada SET default_tablespace = 'none yet'", ""),
]  # fmt: skip
CASES = [(version, name) for version in (15, 17) for name in ALIKE]
CASES += [(15, name) for name in WITH_ICU]
CASES += [(17, name) for name in (*SINCE_16, *SINCE_17)]
CLEAR = """
SELECT format('DROP DATABASE %I', datname) FROM pg_database
WHERE datname NOT IN ('postgres', 'template0', 'template1') \\gexec
ALTER ROLE postgres RESET ALL;
-- memberships by their word too
SELECT format('DROP OWNED BY %I', rolname) FROM pg_roles
WHERE oid >= 16384 \\gexec
SELECT format('DROP ROLE %I', rolname) FROM pg_roles
WHERE oid >= 16384 \\gexec
"""


class Bare:
    """A server without anything of roles-sql."""

    def __init__(self, version: int, binaries: Path) -> None:
        self.version = version
        self.plain = PlainServer(binaries, prepared="")
        self._options = pgoptions(version)

    def reads(self, want: Wanted) -> found.Found:
        sql = "\n".join(("\\set files 0", *questions(want, "d")))
        return found.read(self.plain.ask(sql, pgoptions=self._options).splitlines())

    def rows(self, want: Wanted) -> list[str]:
        return sorted(map(str, self.reads(want).rows))

    def plan(self, want: Wanted) -> Plan:
        return planning.plan(self.reads(want).catalog(), want, {})

    def apply(self, plan: Plan) -> None:
        self.plain.ask(script(plan.changes, {}), pgoptions=self._options)

    def clear(self) -> None:
        self.plain.ask(CLEAR)


@pytest.fixture(scope="module")
def servers(deployed: Checkout) -> Iterator[dict[int, Bare]]:
    made: dict[int, Bare] = {17: Bare(17, deployed.bin)}
    if DEBIANS.exists():
        made[15] = Bare(15, DEBIANS)
    yield made
    for one in made.values():
        one.plain.remove()


@pytest.fixture
def bare_server(request: pytest.FixtureRequest, servers: dict[int, Bare]) -> Iterator[Bare]:
    version = request.param
    if version not in servers:
        pytest.skip(f"no {DEBIANS}: apt-get install postgresql-{version}")
    yield servers[version]
    servers[version].clear()


def read(folder: Path, text: str, version: int) -> Wanted:
    (folder / "60-team.sql").write_text(text)
    return wanted(sqlfiles.read(folder, {}), version)


@pytest.mark.parametrize(("bare_server", "name"), CASES, indirect=["bare_server"])
def test_psql_and_the_plan_do_the_same(bare_server: Bare, name: str, tmp_path: Path) -> None:
    text = BASE + (ALIKE | WITH_ICU | SINCE_16 | SINCE_17)[name]
    want = read(tmp_path, text, bare_server.version)
    bare_server.plain.ask(text)
    by_psql = bare_server.rows(want)
    assert bare_server.reads(want).settings.rejected == ()
    assert bare_server.plan(want).changes == []
    bare_server.clear()
    assert bare_server.reads(want).settings.rejected == ()
    bare_server.apply(bare_server.plan(want))
    assert bare_server.rows(want) == by_psql
    again = bare_server.plan(want)
    assert again.changes == []
    expected = re.compile("schema public in .* is not in roles-sql")
    assert [line for line in again.reports if not expected.match(line)] == []


@pytest.mark.parametrize("bare_server", [15, 17], indirect=True)
def test_roles_of_its_own_are_those_of_the_version(bare_server: Bare) -> None:
    there = bare_server.plain.ask("SELECT rolname FROM pg_roles WHERE rolname ~ '^pg_' ORDER BY 1")
    version = bare_server.version
    assert there.splitlines() == [r for r, since in ROLES_SINCE.items() if since <= version]


@pytest.mark.parametrize("bare_server", [15, 17], indirect=True)
def test_what_the_server_does_not_take_is_known_before(bare_server: Bare, tmp_path: Path) -> None:
    bare_server.plain.ask(BASE)
    for statement, words in REFUSED:
        want = read(tmp_path, f"{BASE}{statement};\n", bare_server.version)
        known = bare_server.reads(want)
        wanted = [f"{tmp_path.name}/60-team.sql:5: {words}"] if words else []
        assert list(known.settings.rejected) == wanted
        if words:
            with pytest.raises(AssertionError, match=f"(?i)ERROR:  {re.escape(words)}"):
                bare_server.plain.ask(f"BEGIN; {statement};")
        assert [row for row in known.rows if row[0] == "setting"] == []


DRIFTS = [
    "GRANT team TO ada WITH INHERIT FALSE GRANTED BY lead",
    "REVOKE team FROM lead CASCADE",
    "REVOKE ADMIN OPTION FOR team FROM second GRANTED BY lead CASCADE",
    "GRANT team TO owner WITH ADMIN OPTION GRANTED BY second; GRANT team TO team2 GRANTED BY owner",
    "GRANT team TO lead WITH ADMIN FALSE",
    # lead grants by the word of somebody else: what is wanted hangs on what is not
    "REVOKE team FROM lead CASCADE; GRANT team TO owner WITH ADMIN OPTION; GRANT team TO lead WITH "
    "ADMIN OPTION GRANTED BY owner; GRANT team TO second WITH ADMIN OPTION GRANTED BY lead",
    "GRANT team2 TO ada WITH ADMIN OPTION; GRANT team2 TO second GRANTED BY ada",
]


@pytest.mark.parametrize("bare_server", [17], indirect=True)
def test_memberships_by_the_word_of_others_are_put_right(bare_server: Bare, tmp_path: Path) -> None:
    text = BASE + SINCE_16["memberships by the word of others"] + "CREATE ROLE team2;"
    want = read(tmp_path, text, bare_server.version)
    bare_server.plain.ask(text)
    wanted_rows = bare_server.rows(want)
    for drift in DRIFTS:
        bare_server.plain.ask(f"{drift};")
        assert bare_server.rows(want) != wanted_rows, drift
        bare_server.apply(bare_server.plan(want))
        assert bare_server.rows(want) == wanted_rows, drift
        assert bare_server.plan(want).changes == [], drift


@pytest.mark.parametrize("bare_server", [15, 17], indirect=True)
def test_locale_and_extensions_of_a_database_are_only_reported(
    bare_server: Bare, tmp_path: Path
) -> None:
    made = BASE.replace("'UTF8'", "'UTF8' LOCALE 'C.UTF-8'")
    bare_server.plain.ask(made + "\\connect d\nCREATE EXTENSION cube; CREATE EXTENSION hstore;")
    text = made.replace("C.UTF-8", "C") + (
        "\\connect d\nCREATE SCHEMA s AUTHORIZATION postgres;\n"
        "CREATE EXTENSION earthdistance WITH SCHEMA s CASCADE;\nCOMMENT ON TABLE s.later IS 'x';\n"
    )
    want = read(tmp_path, text, bare_server.version)
    bare_server.apply(bare_server.plan(want))
    plan = bare_server.plan(want)
    assert plan.changes == []
    assert [line for line in plan.reports if " public " not in line] == [
        "database d has lc_collate C.UTF-8, not C: left alone",
        "database d has lc_ctype C.UTF-8, not C: left alone",
        "extension hstore in d is not in roles-sql",
        f"{tmp_path.name}/60-team.sql:8: table later is not there yet",
    ]


EARLY_AND_LATE = """
\\connect d
CREATE SCHEMA x AUTHORIZATION postgres;
ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO ada WITH GRANT OPTION;
ALTER DEFAULT PRIVILEGES IN SCHEMA x GRANT EXECUTE ON FUNCTIONS TO owner;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
CREATE EXTENSION pg_trgm WITH SCHEMA x;
ALTER DEFAULT PRIVILEGES REVOKE ALL ON FUNCTIONS FROM ada;
ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO owner;
"""
BORN = """\\connect d
SELECT count(*), proacl FROM pg_proc WHERE pronamespace = 'x'::regnamespace GROUP BY proacl;
"""


@pytest.mark.parametrize("bare_server", [15, 17], indirect=True)
def test_extension_is_born_with_the_default_privileges_of_its_line(
    bare_server: Bare, tmp_path: Path
) -> None:
    text = BASE + EARLY_AND_LATE
    want = read(tmp_path, text, bare_server.version)
    bare_server.plain.ask(text)
    by_psql = (bare_server.rows(want), bare_server.plain.ask(BORN))
    assert "ada=X*/postgres" in by_psql[1]
    bare_server.clear()
    bare_server.apply(bare_server.plan(want))
    assert (bare_server.rows(want), bare_server.plain.ask(BORN)) == by_psql
    assert bare_server.plan(want).changes == []
