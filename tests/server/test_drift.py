"""What somebody has changed by hand: managed things are put right, others are only told."""

import pytest

from tests.server.checkout import Checkout

# (database, what somebody does, what the dry run shows)
DRIFTS = [
    ("postgres", "ALTER ROLE appuser CREATEDB", " NOCREATEDB"),
    ("postgres", "ALTER ROLE appuser SUPERUSER", "ALTER ROLE appuser NOSUPERUSER"),
    ("postgres", "ALTER ROLE appowner LOGIN", "ALTER ROLE appowner NOLOGIN;"),
    ("postgres", "ALTER ROLE appuser CONNECTION LIMIT 1", " CONNECTION LIMIT 31 "),
    ("postgres", "ALTER ROLE appuser VALID UNTIL '2020-01-01'", "VALID UNTIL 'infinity'"),
    ("postgres", "ALTER ROLE appuser PASSWORD 'other'", "PASSWORD '<app_verifier>'"),
    ("postgres", "ALTER ROLE appuser PASSWORD NULL", "PASSWORD '<app_verifier>'"),
    ("postgres", "SET password_encryption = md5; ALTER ROLE appuser PASSWORD 'x'",
     "PASSWORD '<app_verifier>'"),
    ("postgres", "GRANT pg_read_all_data TO backupuser", "REVOKE pg_read_all_data FROM backupuser"),
    ("postgres", "GRANT appowner TO appuser", "REVOKE appowner FROM appuser"),
    ("postgres", "ALTER ROLE appuser SET statement_timeout = 0",
     "ALTER ROLE appuser SET statement_timeout = '30s'"),
    ("postgres", "ALTER ROLE appuser SET work_mem = '1GB'", "ALTER ROLE appuser RESET work_mem"),
    ("postgres", "ALTER ROLE backupuser RESET ALL", "ALTER ROLE backupuser SET lock_timeout"),
    ("postgres", "ALTER DATABASE appdb SET jit = on", "ALTER DATABASE appdb RESET jit"),
    ("postgres", "ALTER ROLE appuser IN DATABASE appdb SET search_path = public",
     "ALTER ROLE appuser IN DATABASE appdb SET search_path = app"),
    ("postgres", "ALTER DATABASE appdb CONNECTION LIMIT 3", "CONNECTION LIMIT -1"),
    ("postgres", "GRANT CONNECT ON DATABASE temporal TO PUBLIC",
     "REVOKE CONNECT ON DATABASE temporal FROM PUBLIC"),
    ("postgres", "GRANT TEMP ON DATABASE appdb TO appuser",
     "REVOKE TEMPORARY ON DATABASE appdb FROM appuser"),
    ("postgres", "REVOKE CONNECT ON DATABASE appdb FROM backupuser",
     "GRANT CONNECT ON DATABASE appdb TO backupuser"),
    ("postgres", "GRANT ALL ON SCHEMA public TO PUBLIC",
     "REVOKE USAGE, CREATE ON SCHEMA public FROM PUBLIC"),
    ("template1", "GRANT USAGE ON SCHEMA public TO PUBLIC",
     "REVOKE USAGE ON SCHEMA public FROM PUBLIC"),
    ("appdb", "GRANT CREATE ON SCHEMA app TO appuser", "REVOKE CREATE ON SCHEMA app FROM appuser"),
    ("appdb", "GRANT ALL ON SCHEMA public TO PUBLIC",
     "REVOKE USAGE, CREATE ON SCHEMA public FROM PUBLIC"),
    ("appdb", "GRANT TRUNCATE ON app.users TO appuser",
     "REVOKE TRUNCATE ON TABLE app.users FROM appuser"),
    ("appdb", "GRANT UPDATE ON app.alembic_version TO appuser",
     "REVOKE UPDATE ON TABLE app.alembic_version FROM appuser"),
    ("appdb", "REVOKE SELECT ON app.users FROM backupuser",
     "GRANT SELECT ON TABLE app.users TO backupuser"),
    ("appdb", "GRANT UPDATE (email) ON app.users TO backupuser",
     "REVOKE UPDATE (email) ON TABLE app.users FROM backupuser"),
    ("appdb", "GRANT SELECT ON app.users TO appuser WITH GRANT OPTION",
     "REVOKE GRANT OPTION FOR SELECT ON TABLE app.users FROM appuser CASCADE"),
    ("appdb", "GRANT SELECT ON app.users TO appuser WITH GRANT OPTION; SET ROLE appuser;"
     "GRANT SELECT ON app.users TO temporaluser",
     "REVOKE GRANT OPTION FOR SELECT ON TABLE app.users FROM appuser CASCADE"),
    ("appdb", "REVOKE ALL ON app.users FROM appowner", "ON TABLE app.users TO appowner"),
    ("appdb", "ALTER DEFAULT PRIVILEGES FOR ROLE appowner GRANT SELECT ON TABLES TO temporaluser",
     "ALTER DEFAULT PRIVILEGES FOR ROLE appowner REVOKE SELECT ON TABLES FROM temporaluser"),
    ("appdb", "ALTER DEFAULT PRIVILEGES FOR ROLE appowner GRANT EXECUTE ON FUNCTIONS TO PUBLIC",
     "ALTER DEFAULT PRIVILEGES FOR ROLE appowner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC"),
    ("appdb", "ALTER DEFAULT PRIVILEGES FOR ROLE appowner IN SCHEMA app REVOKE SELECT ON TABLES "
     "FROM backupuser", "IN SCHEMA app GRANT SELECT ON TABLES TO backupuser"),
    ("appdb", "GRANT EXECUTE ON FUNCTION lo_create(oid) TO PUBLIC",
     "REVOKE EXECUTE ON ROUTINE pg_catalog.lo_create(oid) FROM PUBLIC"),
    ("appdb", "GRANT EXECUTE ON FUNCTION pg_read_file(text) TO appuser",
     "REVOKE EXECUTE ON ROUTINE pg_catalog.pg_read_file(text) FROM appuser"),
    ("appdb", "GRANT SELECT ON pg_authid TO appuser",
     "REVOKE SELECT ON TABLE pg_catalog.pg_authid FROM appuser"),
    ("appdb", "GRANT SELECT (rolpassword) ON pg_authid TO backupuser",
     "REVOKE SELECT (rolpassword) ON TABLE pg_catalog.pg_authid FROM backupuser"),
    ("postgres", "GRANT ALTER SYSTEM ON PARAMETER archive_command TO appuser",
     "REVOKE ALTER SYSTEM ON PARAMETER archive_command FROM appuser"),
    ("postgres", "ALTER ROLE temporaluser VALID UNTIL '-infinity'", "VALID UNTIL 'infinity'"),
    ("postgres", "GRANT appowner TO pg_monitor", "REVOKE appowner FROM pg_monitor"),
    ("temporal", "DROP EXTENSION btree_gin", "CREATE EXTENSION btree_gin WITH SCHEMA public"),
    ("postgres", "ALTER SYSTEM SET work_mem = '64MB'; SELECT pg_reload_conf()",
     "ALTER SYSTEM RESET work_mem;  -- was '64MB', wanted "),
]  # fmt: skip


def test_every_drift_is_shown_and_put_right(converged: Checkout) -> None:
    """All at once, for they must not get in each other's way either."""
    for database, drift, _ in DRIFTS:
        converged.ask(drift, database)
    shown = converged.shown()
    assert [wanted for _, _, wanted in DRIFTS if wanted not in shown] == []
    converged.deploy()
    assert converged.deploy().changed == []
    assert converged.login("appuser", "appdb", "TABLE users").returncode == 0


@pytest.mark.parametrize("drift", DRIFTS, ids=lambda drift: drift[1][:60])
def test_drift_is_put_right_by_itself(converged: Checkout, drift: tuple[str, str, str]) -> None:
    database, sql, _ = drift
    converged.ask(sql, database)
    changed = converged.dry().changed
    assert changed != []
    assert converged.deploy().changed == changed
    assert converged.dry().changed == []


REPORTS = {
    "CREATE ROLE alice LOGIN": "role alice is not in roles-sql",
    "CREATE DATABASE wiki": "database wiki is not in roles-sql",
    "CREATE SCHEMA reporting": "schema reporting in appdb is not in roles-sql",
    "CREATE EXTENSION citext": "extension citext in appdb is not in roles-sql",
    "CREATE TABLE app.hers (i int)": "table app.hers in appdb belongs to postgres",
    "ALTER SYSTEM SET log_min_messages = 'notice'": "ALTER SYSTEM has set log_min_messages",
}


def test_what_is_not_ours_is_only_told(converged: Checkout) -> None:
    for sql in REPORTS:
        converged.ask(sql, "appdb")
    try:
        shown = converged.shown()
        assert [wanted for wanted in REPORTS.values() if f"reported: {wanted}" not in shown] == []
        assert converged.deploy().changed == []
        assert "No changes" in converged.pyinfra("-y", "deploy.py").output
        assert converged.ask("TABLE app.hers; SHOW log_min_messages", "appdb") == "warning"
    finally:
        for drop in ("DROP ROLE alice", "DROP DATABASE wiki"):
            converged.ask(drop)
        converged.ask("DROP SCHEMA reporting; DROP EXTENSION citext; DROP TABLE app.hers;"
                      "ALTER SYSTEM RESET ALL", "appdb")  # fmt: skip
        converged.ask("ALTER SYSTEM RESET ALL")


def test_database_of_somebody_else_is_left_alone(bare: Checkout) -> None:
    bare.deploy()
    bare.ask("CREATE ROLE alice; ALTER DATABASE temporal OWNER TO alice")
    bare.ask("GRANT CONNECT ON DATABASE temporal TO PUBLIC")
    shown = bare.shown()
    assert "reported: database temporal belongs to alice, not temporalowner: left alone" in shown
    assert bare.deploy().changed == []
