"""Ten refusals, as a user would try them, each beside the attempt that succeeds."""

from pathlib import Path
from typing import Any

import pytest

from tests.server import refusals
from tests.server.checkout import Checkout


@pytest.mark.parametrize(("role", "database"), refusals.ENTER)
def test_roles_enter_their_own_databases(deployed: Checkout, role: str, database: str) -> None:
    refusals.enters(deployed, role, database)


@pytest.mark.parametrize(("role", "database", "conninfo", "says"), refusals.AT_THE_DOOR)
def test_refused_at_the_door(
    deployed: Checkout, role: str, database: str, conninfo: dict[str, Any], says: str
) -> None:
    refusals.refused_at_the_door(deployed, role, database, conninfo, says)


def test_wrong_ca_is_refused_by_the_client(deployed: Checkout, tmp_path: Path) -> None:
    refusals.refused_by_the_client(deployed, tmp_path / "other.crt")


@pytest.mark.parametrize(("role", "sql", "says"), refusals.INSIDE)
def test_refused_inside(deployed: Checkout, role: str, sql: str, says: str) -> None:
    refusals.refused_inside(deployed, role, "appdb", sql, says)


@pytest.mark.parametrize("sql", refusals.TEMPORAL)
def test_temporal_makes_tables_and_nothing_else(deployed: Checkout, sql: str) -> None:
    refusals.refused_inside(deployed, "temporaluser", "temporal", sql, "permission denied")


def test_application_reads_and_writes(deployed: Checkout) -> None:
    refusals.reads_and_writes(deployed)


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
    for database in ("temporal", "temporal_visibility"):
        assert deployed.login("temporaluser", database, "DROP TABLE executions").returncode == 0
