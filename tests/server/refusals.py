"""Ten refusals, and the attempts that succeed beside them: what holds of any converged server."""

from pathlib import Path
from typing import Any

from howdah.x509 import make_ca
from tests.server.checkout import Checkout

ENTER = (
    ("appuser", "appdb"),
    ("backupuser", "appdb"),
    ("backupuser", "temporal"),
    ("backupuser", "temporal_visibility"),
    ("temporaluser", "temporal"),
    ("temporaluser", "temporal_visibility"),
)
# role, database, conninfo, what the server says
AT_THE_DOOR: list[tuple[str, str, dict[str, Any], str]] = [
    ("appuser", "appdb", {"sslmode": "disable"}, "no encryption"),
    ("appuser", "appdb", {"ssl_max_protocol_version": "TLSv1.1",
                          "ssl_min_protocol_version": "TLSv1.1"}, "protocol version"),
    ("appuser", "appdb", {"password": "wrong"}, "password authentication failed"),
    ("postgres", "postgres", {"password": "any"}, "no pg_hba.conf entry"),
    ("appuser", "temporal", {}, "no pg_hba.conf entry"),
    ("temporaluser", "appdb", {}, "no pg_hba.conf entry"),
    ("appuser", "postgres", {}, "no pg_hba.conf entry"),
]  # fmt: skip
# role, statement, what the server says
INSIDE = [
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
    ("backupuser", "BEGIN READ WRITE; SELECT lo_creat(-1)", "permission denied for function"),
    ("backupuser", "SELECT * FROM pg_authid", "permission denied"),
    ("backupuser", "BEGIN READ WRITE; CREATE TABLE app.mine (i int)", "permission denied"),
    ("backupuser", "SET ROLE appowner", "permission denied to set role"),
    ("appuser", "SET ROLE appowner", "permission denied to set role"),
    ("appuser", "COPY (SELECT 1) TO PROGRAM 'true'", "permission denied to COPY"),
]  # fmt: skip
TEMPORAL = [
    "CREATE SCHEMA mine", "SELECT lo_creat(-1)", "CREATE TEMP TABLE mine (i int)",
    "SET ROLE temporalowner", "SELECT * FROM pg_authid", "CREATE EXTENSION citext",
]  # fmt: skip
WRITES = ("INSERT INTO users (id, first_name, last_name) "
          "VALUES (gen_random_uuid(), 'Ada', 'Lovelace'); DELETE FROM users")  # fmt: skip


def enters(checkout: Checkout, role: str, database: str) -> None:
    entered = checkout.login(role, database, "SELECT current_user")
    assert entered.stdout.strip() == role, entered.stderr


def refused_at_the_door(
    checkout: Checkout, role: str, database: str, conninfo: dict[str, Any], says: str
) -> None:
    refused = checkout.login(role, database, **conninfo)
    assert (refused.returncode, says in refused.stderr) == (2, True), refused.stderr


def refused_inside(checkout: Checkout, role: str, database: str, sql: str, says: str) -> None:
    refused = checkout.login(role, database, sql)
    assert (refused.returncode, says in refused.stderr) == (1, True), refused.stderr


def refused_by_the_client(checkout: Checkout, ca: Path) -> None:
    """One that knows another CA by the same name."""
    ca.write_bytes(make_ca(checkout.environment).certificate)
    refused_at_the_door(checkout, "appuser", "appdb", {"sslrootcert": ca},
                        "certificate verify failed")  # fmt: skip


def reads_and_writes(checkout: Checkout) -> None:
    written = checkout.login("appuser", "appdb", WRITES)
    assert written.returncode == 0, written.stderr
    read = checkout.login("appuser", "appdb", "TABLE alembic_version")
    assert read.stdout.strip(), read.stderr


def holds(checkout: Checkout) -> None:
    """All of it, of one server: a second's work."""
    for role, database in ENTER:
        enters(checkout, role, database)
    for at_the_door in AT_THE_DOOR:
        refused_at_the_door(checkout, *at_the_door)
    for role, sql, says in INSIDE:
        refused_inside(checkout, role, "appdb", sql, says)
    for sql in TEMPORAL:
        refused_inside(checkout, "temporaluser", "temporal", sql, "permission denied")
    refused_by_the_client(checkout, checkout.folder / "other.crt")
    reads_and_writes(checkout)


def converges(checkout: Checkout) -> None:
    """The next deploy puts everything right, and the one after has nothing to do."""
    checkout.deploy()
    assert (again := checkout.deploy()).changed == [], again.output
    holds(checkout)
