"""Ten refusals, as a user would try them, each beside the attempt that succeeds."""

from pathlib import Path

import pytest

from tests.server.checkout import Checkout


def test_roles_enter_their_own_databases(deployed: Checkout) -> None:
    for role, database in (
        ("appuser", "appdb"),
        ("backupuser", "appdb"),
        ("backupuser", "temporal"),
        ("backupuser", "temporal_visibility"),
        ("temporaluser", "temporal"),
        ("temporaluser", "temporal_visibility"),
    ):
        entered = deployed.login(role, database, "SELECT current_user")
        assert entered.stdout.strip() == role, entered.stderr


@pytest.mark.parametrize(
    ("role", "database", "conninfo", "says"),
    [
        ("appuser", "appdb", {"sslmode": "disable"}, "no encryption"),
        ("appuser", "appdb", {"ssl_max_protocol_version": "TLSv1.1",
                              "ssl_min_protocol_version": "TLSv1.1"}, "protocol version"),
        ("appuser", "appdb", {"password": "wrong"}, "password authentication failed"),
        ("postgres", "postgres", {"password": "any"}, "no pg_hba.conf entry"),
        ("appuser", "temporal", {}, "no pg_hba.conf entry"),
        ("temporaluser", "appdb", {}, "no pg_hba.conf entry"),
        ("appuser", "postgres", {}, "no pg_hba.conf entry"),
    ],
)  # fmt: skip
def test_refused_at_the_door(
    deployed: Checkout, role: str, database: str, conninfo: dict[str, str], says: str
) -> None:
    refused = deployed.login(role, database, **conninfo)
    assert refused.returncode == 2
    assert says in refused.stderr


def test_wrong_ca_is_refused_by_the_client(deployed: Checkout, bare: Checkout) -> None:
    other = bare.folder / "other.crt"
    script = (
        "from howdah.x509 import make_ca; import sys;"
        "sys.stdout.buffer.write(make_ca('other').certificate)"
    )
    other.write_text(bare.run([str(bare.python), "-c", script], env={"PYTHONPATH": "."}).stdout)
    assert other.read_text().startswith("-----BEGIN CERTIFICATE")
    refused = deployed.login("appuser", "appdb", sslrootcert=other)
    assert refused.returncode == 2
    assert "certificate verify failed" in refused.stderr


@pytest.mark.parametrize(
    ("role", "sql", "says"),
    [
        ("appuser", "CREATE TABLE app.mine (i int)", "permission denied for schema app"),
        ("appuser", "CREATE TABLE public.mine (i int)", "permission denied for schema public"),
        ("appuser", "CREATE TEMP TABLE mine (i int)", "permission denied to create temporary"),
        ("appuser", "SELECT lo_create(0)", "permission denied for function lo_create"),
        ("appuser", "SELECT lo_from_bytea(0, '')", "permission denied for function"),
        ("appuser", "UPDATE app.alembic_version SET version_num = 'x'", "permission denied"),
        ("appuser", "ALTER TABLE app.users ADD COLUMN mine int", "must be owner"),
        ("appuser", "SELECT * FROM pg_authid", "permission denied"),
        ("backupuser", "BEGIN READ WRITE; DELETE FROM app.users",
         "permission denied for table users"),
        ("backupuser", "DELETE FROM app.users", "read-only transaction"),
        ("backupuser", "BEGIN READ WRITE; SELECT lo_creat(-1)",
         "permission denied for function"),
        ("backupuser", "SELECT * FROM pg_authid", "permission denied"),
        ("backupuser", "BEGIN READ WRITE; CREATE TABLE app.mine (i int)", "permission denied"),
        ("backupuser", "SET ROLE appowner", "permission denied to set role"),
        ("appuser", "SET ROLE appowner", "permission denied to set role"),
        ("appuser", "COPY (SELECT 1) TO PROGRAM 'true'", "permission denied to COPY"),
    ],
)  # fmt: skip
def test_refused_inside(deployed: Checkout, role: str, sql: str, says: str) -> None:
    refused = deployed.login(role, "appdb", sql)
    assert refused.returncode == 1
    assert says in refused.stderr


@pytest.mark.parametrize(
    "sql",
    ["CREATE SCHEMA mine", "SELECT lo_creat(-1)", "CREATE TEMP TABLE mine (i int)",
     "SET ROLE temporalowner", "SELECT * FROM pg_authid", "CREATE EXTENSION citext"],
)  # fmt: skip
def test_temporal_makes_tables_and_nothing_else(deployed: Checkout, sql: str) -> None:
    refused = deployed.login("temporaluser", "temporal", sql)
    assert refused.returncode == 1
    assert "permission denied" in refused.stderr


def test_application_reads_and_writes(deployed: Checkout) -> None:
    row = "gen_random_uuid(), 'Ada', 'Lovelace'"
    sql = f"INSERT INTO users (id, first_name, last_name) VALUES ({row}); DELETE FROM users"
    written = deployed.login("appuser", "appdb", sql)
    assert written.returncode == 0, written.stderr
    assert deployed.login("appuser", "appdb", "TABLE alembic_version").stdout.strip() != ""


def test_no_path_without_tls_in_pg_hba(deployed: Checkout) -> None:
    """pg_hba.conf as the server itself has parsed it."""
    rules = deployed.ask("SELECT type || ' ' || user_name::text FROM pg_hba_file_rules")
    assert set(rules.splitlines()) == {
        "local {postgres}", "hostssl {appuser}", "hostssl {backupuser}", "hostssl {temporaluser}",
    }  # fmt: skip


def test_sessions_are_scram_over_named_ciphers(deployed: Checkout) -> None:
    sql = "SELECT cipher FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
    old = deployed.login("appuser", "appdb", sql, ssl_max_protocol_version="TLSv1.2")
    assert old.stdout.strip() == "ECDHE-ECDSA-AES256-GCM-SHA384"
    bound = deployed.login("appuser", "appdb", channel_binding="require")
    assert bound.returncode == 0, bound.stderr
    verifiers = deployed.ask("SELECT DISTINCT left(rolpassword, 18) FROM pg_authid WHERE "
                             "rolpassword IS NOT NULL")  # fmt: skip
    assert verifiers == "SCRAM-SHA-256$4096"


def test_dumps_of_all_three_databases(deployed: Checkout, tmp_path: Path) -> None:
    """Temporal's tables are made over temporaluser's own login, after the deploy."""
    table = "CREATE TABLE IF NOT EXISTS executions (id bigserial PRIMARY KEY, state text)"
    for database in ("temporal", "temporal_visibility"):
        made = deployed.login("temporaluser", database, table)
        assert made.returncode == 0, made.stderr
    for database in ("appdb", "temporal", "temporal_visibility"):
        dsn = (f"host=127.0.0.1 port={deployed.port} dbname={database} user=backupuser "
               f"sslmode=verify-full sslrootcert={deployed.secrets / 'ca.crt'}")  # fmt: skip
        dumped = deployed.run([str(deployed.bin / "pg_dump"), "-f", str(tmp_path / database), dsn],
                              env={"PGPASSWORD": deployed.password("backupuser")})  # fmt: skip
        assert dumped.returncode == 0, dumped.stderr
    assert "COPY public.executions" in (tmp_path / "temporal").read_text()
    assert "COPY app.users" in (tmp_path / "appdb").read_text()
