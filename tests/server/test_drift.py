"""What somebody has changed by hand: managed things are put right, others are only told."""

import re
import subprocess
from collections.abc import Iterator

import pytest

from tests.matrix import sampled
from tests.server.checkout import Checkout
from tests.server.rights import Rights
from tests.server.test_roles_sql import state

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
     "ALTER ROLE appuser IN DATABASE appdb SET search_path = app, extensions"),
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
     "REVOKE EXECUTE ON FUNCTION pg_catalog.lo_create(oid) FROM PUBLIC"),
    ("appdb", "GRANT EXECUTE ON FUNCTION pg_read_file(text) TO appuser",
     "REVOKE EXECUTE ON FUNCTION pg_catalog.pg_read_file(text) FROM appuser"),
    ("appdb", "GRANT SELECT ON pg_authid TO appuser",
     "REVOKE SELECT ON TABLE pg_catalog.pg_authid FROM appuser"),
    ("appdb", "GRANT SELECT (rolpassword) ON pg_authid TO backupuser",
     "REVOKE SELECT (rolpassword) ON TABLE pg_catalog.pg_authid FROM backupuser"),
    ("postgres", "GRANT ALTER SYSTEM ON PARAMETER archive_command TO appuser",
     "REVOKE ALTER SYSTEM ON PARAMETER archive_command FROM appuser"),
    ("postgres", "ALTER ROLE temporaluser VALID UNTIL '-infinity'", "VALID UNTIL 'infinity'"),
    ("postgres", "GRANT appowner TO pg_monitor", "REVOKE appowner FROM pg_monitor"),
    ("temporal", "DROP EXTENSION btree_gin", "CREATE EXTENSION btree_gin WITH SCHEMA public"),
    ("appdb", "GRANT SELECT ON pg_authid TO PUBLIC",
     "REVOKE SELECT ON TABLE pg_catalog.pg_authid FROM PUBLIC"),
    ("appdb", "GRANT EXECUTE ON FUNCTION pg_read_file(text) TO PUBLIC",
     "REVOKE EXECUTE ON FUNCTION pg_catalog.pg_read_file(text) FROM PUBLIC"),
    ("postgres", "GRANT ALTER SYSTEM ON PARAMETER archive_command TO PUBLIC",
     "REVOKE ALTER SYSTEM ON PARAMETER archive_command FROM PUBLIC"),
    ("postgres", "ALTER ROLE appuser IN DATABASE postgres SET geqo = off",
     "ALTER ROLE appuser IN DATABASE postgres RESET geqo"),
    ("appdb", "GRANT CREATE ON SCHEMA public TO appowner WITH GRANT OPTION; SET ROLE appowner;"
     "GRANT CREATE ON SCHEMA public TO appuser",
     "SET ROLE appowner; REVOKE CREATE ON SCHEMA public FROM appuser CASCADE; RESET ROLE;"),
    ("postgres", "ALTER SYSTEM SET work_mem = '64MB'; SELECT pg_reload_conf()",
     "/postgresql.auto.conf: take out work_mem = '64MB', wanted "),
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


RIGHTS = [drift for drift in DRIFTS if "ALTER SYSTEM SET" not in drift[1]]


@pytest.fixture
def engine(deployed: Checkout) -> Iterator[Rights]:
    """As wanted, and again after the test."""
    made = Rights(deployed)
    yield made
    made.apply(made.plan().changes)


@pytest.mark.parametrize("drift", sampled(RIGHTS, RIGHTS[::4]), ids=lambda drift: drift[1][:60])
def test_drift_is_put_right_by_itself(
    deployed: Checkout, engine: Rights, drift: tuple[str, str, str]
) -> None:
    """Below pyinfra; all of them at once, by a deploy, are the test above."""
    database, sql, wanted = drift
    assert engine.plan().changes == []
    deployed.ask(sql, database)
    changes = engine.plan().changes
    assert wanted.strip().rstrip(";") in "\n".join(map(str, changes))
    engine.apply(changes)
    assert engine.plan().changes == []


def test_setting_of_alter_system_is_put_right_by_itself(converged: Checkout) -> None:
    database, sql, wanted = DRIFTS[-1]
    converged.ask(sql, database)
    assert wanted in converged.shown()
    assert converged.deploy().changed != []
    assert converged.dry().changed == []


# (database, what is not of roles-sql, how it goes again, what is told)
REPORTS = [
    ("postgres", "CREATE ROLE alice LOGIN", "DROP ROLE alice", "role alice is not in roles-sql"),
    ("postgres", "CREATE DATABASE wiki", "DROP DATABASE wiki", "database wiki is not in roles-sql"),
    ("appdb", "CREATE SCHEMA reporting", "DROP SCHEMA reporting",
     "schema reporting in appdb is not in roles-sql"),
    ("appdb", "CREATE EXTENSION citext WITH SCHEMA public", "DROP EXTENSION citext",
     "extension citext in appdb is not in roles-sql"),
    ("temporal", "CREATE SCHEMA aside; ALTER EXTENSION btree_gin SET SCHEMA aside",
     "ALTER EXTENSION btree_gin SET SCHEMA public; DROP SCHEMA aside",
     "extension btree_gin in temporal is in schema aside, not public"),
    ("appdb", "CREATE TABLE app.hers (i int)", "DROP TABLE app.hers",
     "table app.hers in appdb belongs to postgres"),
    ("appdb", "CREATE SEQUENCE app.counter", "DROP SEQUENCE app.counter",
     "sequence app.counter in appdb belongs to postgres"),
    ("appdb", "CREATE FUNCTION app.f(int[]) RETURNS int LANGUAGE sql AS 'SELECT 1'",
     "DROP FUNCTION app.f", "function app.f(integer[]) in appdb belongs to postgres"),
    ("appdb", "CREATE TYPE app.mood AS ENUM ('good')", "DROP TYPE app.mood",
     "type app.mood in appdb belongs to postgres"),
    ("appdb", "CREATE TYPE app.pair AS (a int, b int)", "DROP TYPE app.pair",
     "type app.pair in appdb belongs to postgres"),
    ("postgres", "ALTER ROLE ALL SET geqo = off", "ALTER ROLE ALL RESET geqo",
     "ALTER ROLE ALL has set geqo = 'off'"),
    ("postgres", "ALTER SYSTEM SET log_min_messages = 'notice'", "ALTER SYSTEM RESET ALL",
     "ALTER SYSTEM has set log_min_messages = 'notice'"),
    ("appdb", "ALTER TABLE app.users OWNER TO appuser", "ALTER TABLE app.users OWNER TO appowner",
     "table app.users in appdb belongs to appuser"),
    ("appdb", "ALTER SCHEMA public OWNER TO appuser",
     "ALTER SCHEMA public OWNER TO pg_database_owner", "schema public in appdb belongs to appuser"),
    ("postgres", "ALTER DATABASE postgres OWNER TO backupuser",
     "ALTER DATABASE postgres OWNER TO postgres", "database postgres belongs to backupuser"),
    ("postgres", "CREATE ROLE ann; CREATE ROLE bob; GRANT bob TO ann", "DROP ROLE ann, bob",
     "role ann is a member of bob"),
    ("postgres", "CREATE ROLE eve; GRANT postgres TO eve", "DROP ROLE eve",
     "role eve is a member of postgres"),
    ("postgres", "ALTER DATABASE postgres SET geqo_effort = 3", "ALTER DATABASE postgres RESET ALL",
     "ALTER DATABASE postgres has set geqo_effort = '3'"),
    ("postgres", "ALTER ROLE postgres PASSWORD 'x'", "ALTER ROLE postgres PASSWORD NULL",
     "role postgres has a password, and enters by peer over the socket only"),
]  # fmt: skip


# What belongs to an extension, or was made for a type, goes with it: (database, SQL, undo).
NO_REPORTS = [
    ("appdb", "CREATE EXTENSION tablefunc WITH SCHEMA app; CREATE SCHEMA cron; "
     "CREATE TABLE cron.job (i int); ALTER EXTENSION tablefunc ADD SCHEMA cron; "
     "ALTER EXTENSION tablefunc ADD TABLE cron.job",
     "ALTER EXTENSION tablefunc DROP TABLE cron.job; ALTER EXTENSION tablefunc DROP SCHEMA cron; "
     "DROP SCHEMA cron CASCADE; DROP EXTENSION tablefunc"),
    ("appdb", "SET ROLE appowner; CREATE TYPE app.span AS RANGE (subtype = float8); "
     "CREATE TYPE app.couple AS (a int, b int); CREATE DOMAIN app.few AS int CHECK (VALUE < 3); "
     "CREATE TABLE app.spans (i int GENERATED ALWAYS AS IDENTITY, span app.span[], few app.few)",
     "DROP TABLE app.spans; DROP TYPE app.span, app.couple; DROP DOMAIN app.few"),
]  # fmt: skip


def test_what_belongs_to_an_extension_or_a_type_is_no_report(converged: Checkout) -> None:
    for database, sql, _ in NO_REPORTS:
        converged.ask(sql, database)
    try:
        assert converged.dry().plan["hosts"]["@local"]["reported"] == [
            "extension tablefunc in appdb is not in roles-sql"
        ]
    finally:
        for database, _, undo in NO_REPORTS:
            converged.ask(undo, database)


def test_what_is_not_ours_is_only_told(converged: Checkout) -> None:
    (converged.folder / "roles-sql" / "70-later.sql").write_text(
        '\\connect :"app_database"\nGRANT SELECT ON TABLE app.later TO :"app_role";\n'
    )
    for database, sql, _, _ in REPORTS:
        converged.ask(sql, database)
    try:
        there, told = state(converged), [f"reported: {line}" for *_, line in REPORTS]
        told.append("reported: roles-sql/70-later.sql:2: table later is not there yet")
        shown = converged.shown()
        assert [line for line in told if line not in shown] == []
        run = converged.pyinfra("-y", "deploy.py")
        assert [line for line in told if line not in run.output] == []
        assert "No changes" in run.output
        assert converged.deploy().changed == []
        assert state(converged) == there
        assert converged.ask("SHOW log_min_messages") == "warning"
        assert "notice" in (converged.home / "data" / "postgresql.auto.conf").read_text()
    finally:
        (converged.folder / "roles-sql" / "70-later.sql").unlink()
        for database, _, undo, _ in REPORTS:
            converged.ask(undo, database)


@pytest.mark.parametrize(
    "shell", ["chmod 666 pg_hba.conf", "cp -a pg_hba.conf x; ln -sf x pg_hba.conf"]
)
def test_file_is_named_when_only_its_mode_differs(converged: Checkout, shell: str) -> None:
    subprocess.run(shell, shell=True, check=True, cwd=converged.home / "etc" / "current")
    assert "pg_hba.conf" in converged.shown()


def test_folder_that_everybody_may_write_to(converged: Checkout) -> None:
    folder = (converged.home / "etc" / "current").resolve()
    folder.chmod(0o777)
    try:
        assert converged.deploy().changed != []
    finally:
        folder.chmod(0o750)


def test_setting_whose_line_is_gone_is_reset_too(converged: Checkout) -> None:
    conf = converged.home / "etc" / "current" / "postgresql.conf"
    conf.write_text(re.sub("(?m)^work_mem = .*\n", "", conf.read_text()))
    converged.ask("ALTER SYSTEM SET work_mem = '64MB'")
    converged.deploy()
    assert converged.deploy().changed == []


def test_database_of_somebody_else_is_left_alone(bare: Checkout) -> None:
    bare.deploy()
    bare.ask("CREATE ROLE alice; ALTER DATABASE temporal OWNER TO alice")
    bare.ask("GRANT CONNECT ON DATABASE temporal TO PUBLIC")
    shown = bare.shown()
    assert "reported: database temporal belongs to alice, not temporalowner: left alone" in shown
    assert bare.deploy().changed == []
