"""Ten refusals, as a user would try them, each beside the attempt that succeeds."""

from pathlib import Path

import pytest

from tests.server import refusals
from tests.server.checkout import Checkout
from verify.attempts import AT_THE_DOOR, ENTER, INSIDE, MAY, Attempt


@pytest.mark.parametrize("attempt", [*ENTER, *MAY], ids=str)
def test_succeeds(deployed: Checkout, attempt: Attempt) -> None:
    refusals.succeeds(deployed, attempt)


@pytest.mark.parametrize("attempt", [*AT_THE_DOOR, *INSIDE], ids=str)
def test_is_rejected(deployed: Checkout, attempt: Attempt) -> None:
    refusals.refused(deployed, attempt)


def test_wrong_ca_is_refused_by_the_client(deployed: Checkout, tmp_path: Path) -> None:
    refusals.refused_by_the_client(deployed, tmp_path / "other.crt")


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
