"""What was there before the first deploy, belongs to somebody else, or fails in the middle."""

import json
from typing import Any

import pytest

from tests.server.checkout import Checkout
from tests.server.test_roles_sql import state

FOREIGN = [
    [
        ("postgres", "ALTER DATABASE temporal OWNER TO alice", "temporalowner",
         "database temporal belongs to alice, not temporalowner: left alone"),
        ("appdb", "ALTER TABLE app.users OWNER TO postgres", "appowner",
         "table app.users in appdb belongs to postgres"),
        ("appdb", "ALTER TABLE app.alembic_version OWNER TO alice", "appowner",
         "table app.alembic_version in appdb belongs to alice"),
    ],
    [("appdb", "ALTER SCHEMA app OWNER TO postgres", "appowner",
      "schema app belongs to postgres, not appowner: left alone")],
    [("postgres", "ALTER DATABASE appdb OWNER TO postgres", "appowner",
      "database appdb belongs to postgres, not appowner: left alone")],
]  # fmt: skip


@pytest.mark.parametrize("foreign", FOREIGN, ids=["objects", "schema", "database"])
def test_owners_are_not_changed(
    converged: Checkout, foreign: list[tuple[str, str, str, str]]
) -> None:
    """F16: what belongs to somebody else, or to the superuser, is reported and left alone."""
    converged.ask("CREATE ROLE alice")
    for database, sql, _, _ in foreign:
        converged.ask(sql, database)
    try:
        there, shown = state(converged), converged.shown()
        assert [line for *_, line in foreign if f"reported: {line}" not in shown] == []
        assert "OWNER TO" not in shown
        assert converged.deploy().changed == []
        assert state(converged) == there
    finally:
        for database, sql, owner, _ in foreign:
            converged.ask(f"{sql.partition(' TO ')[0]} TO {owner}", database)
        converged.ask("DROP ROLE alice")


@pytest.fixture
def roleless(bare: Checkout) -> Checkout:
    """A server that was made and started, by a deploy that died before it made a role."""
    bare.pyinfra("-y", "deploy.py", env={"HOWDAH_KILL_AFTER": "11"})
    bare.pyinfra("-y", "deploys.local.start")
    assert bare.ask("SELECT count(*) FROM pg_roles WHERE rolname !~ '^pg_'") == "1"
    return bare


def of_roles(checkout: Checkout, *without: str) -> list[list[Any]]:
    """Rows about roles, memberships and settings; each checkout has passwords of its own."""
    rows = [json.loads(row) for row in state(checkout)]
    for row in rows:
        if row[0] == "role":
            row[2]["password"], row[2]["salt"] = bool(row[2]["password"]), ""
    return [r for r in rows if r[0] in ("role", "member", "setting") and r[1] not in without]


def test_roles_that_were_there_first(roleless: Checkout, deployed: Checkout) -> None:
    """F15: attributes, memberships and settings are put right; the strangers are reported."""
    roleless.ask(
        "CREATE ROLE alice LOGIN; CREATE ROLE appowner LOGIN SUPERUSER;"
        "CREATE ROLE appuser CREATEDB CREATEROLE INHERIT REPLICATION BYPASSRLS CONNECTION LIMIT 7"
        " NOLOGIN VALID UNTIL '2020-01-01' PASSWORD 'old'; GRANT appowner TO alice, appuser;"
        "GRANT pg_read_all_data TO appuser WITH ADMIN OPTION; GRANT alice TO appuser;"
        "SET ROLE appuser; GRANT pg_read_all_data TO alice; RESET ROLE;"
        "ALTER ROLE appuser SET work_mem = '1GB'; ALTER ROLE appuser SET statement_timeout = 0"
    )
    shown = roleless.shown()
    for wanted in (
        "ALTER ROLE appowner NOSUPERUSER NOINHERIT NOLOGIN CONNECTION LIMIT 0;",
        "ALTER ROLE appuser NOCREATEDB NOCREATEROLE NOINHERIT LOGIN NOREPLICATION NOBYPASSRLS "
        "CONNECTION LIMIT 31 VALID UNTIL 'infinity' PASSWORD '<app_verifier>';",
        "REVOKE alice FROM appuser", "REVOKE appowner FROM alice", "REVOKE appowner FROM appuser",
        "REVOKE pg_read_all_data FROM appuser", "ALTER ROLE appuser RESET work_mem",
        "ALTER ROLE appuser SET statement_timeout = '30s'", "reported: role alice",
    ):  # fmt: skip
        assert wanted in shown
    roleless.deploy()
    assert of_roles(roleless, "alice") == of_roles(deployed)
    assert roleless.deploy().changed == []
    assert roleless.login("appuser", "appdb", "TABLE users").returncode == 0


def test_application_database_that_was_there_first(roleless: Checkout) -> None:
    """F16: no advice that cannot help, for no later run does better."""
    roleless.ask("CREATE DATABASE appdb")
    said = roleless.refused()
    assert "database appdb belongs to postgres, not appowner: left alone" in said
    assert "run the deploy again" not in said


IN_DATABASE = """SELECT nspname FROM pg_namespace WHERE nspname = 'app'
UNION ALL SELECT extname FROM pg_extension WHERE extname <> 'plpgsql'
UNION ALL SELECT 'default privileges' FROM pg_default_acl
UNION ALL SELECT 'rights' FROM pg_database WHERE datname = 'appdb' AND datacl IS NOT NULL"""
FAULTY = [
    pytest.param('\\connect :"app_database"\nCREATE EXTENSION earthdistance WITH SCHEMA public;',
                 'required extension "cube" is not installed', id="extension"),
    pytest.param('\\connect :"app_database"\nSET ROLE :"owner_role";\n'
                 "CREATE TABLE IF NOT EXISTS app.faulty (i nosuch);\nRESET ROLE;",
                 'type "nosuch" does not exist', id="table"),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "says"), FAULTY)
def test_failing_database_is_left_empty(
    bare: Checkout, deployed: Checkout, sql: str, says: str
) -> None:
    """F18: nothing half is left of it, and the next run makes it whole."""
    file = bare.folder / "roles-sql" / "60-faulty.sql"
    file.write_text(sql)
    assert says in bare.refused()
    left = bare.ask(IN_DATABASE, "appdb")
    file.unlink()
    bare.deploy()
    assert bare.deploy().changed == []
    assert of_roles(bare) == of_roles(deployed)
    assert bare.login("appuser", "appdb", "TABLE users").returncode == 0
    assert left == ""


def test_failing_role_leaves_none(bare: Checkout, deployed: Checkout) -> None:
    """F18: no role, no database and no server: its canary is asked about the roles' settings."""
    file = bare.folder / "roles-sql" / "60-faulty.sql"
    file.write_text("ALTER ROLE :\"temporal_role\" SET work_mem = 'plenty';")
    said = bare.refused()
    assert '60-faulty.sql:1: invalid value for parameter "work_mem"' in said
    assert not bare.pid_file.exists()
    file.unlink()
    bare.deploy()
    assert bare.deploy().changed == []
    assert of_roles(bare) == of_roles(deployed)


@pytest.mark.parametrize("database", ["template1", "temporal"])
def test_database_that_takes_no_connection(converged: Checkout, database: str) -> None:
    """Two sessions ask: where one of them fails, nothing that the other has read is taken."""
    converged.ask(f"ALTER DATABASE {database} ALLOW_CONNECTIONS false")
    try:
        said = converged.refused()
    finally:
        converged.ask(f"ALTER DATABASE {database} ALLOW_CONNECTIONS true")
    assert "cannot read the state of" in said
    assert f'database "{database}" is not currently accepting connections' in said
