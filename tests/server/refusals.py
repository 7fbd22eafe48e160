"""The ten refusals, of a checkout's server: tried by psql."""

from pathlib import Path

from howdah.host_data import read
from howdah.secrets.x509 import make_ca
from tests.server.checkout import Checkout
from verify import attempts
from verify.attempts import AT_THE_DOOR, ENTER, INSIDE, MAY, Attempt

CLUSTER = read({"environment": "any"})
WRITES = ("INSERT INTO users (id, first_name, last_name) "
          "VALUES (gen_random_uuid(), 'Ada', 'Lovelace'); DELETE FROM users")  # fmt: skip


def succeeds(checkout: Checkout, attempt: Attempt) -> None:
    its = attempt.of(CLUSTER)
    done = checkout.login(its.role, its.database, its.script)
    assert done.returncode == 0, done.stderr
    assert attempt.sql != "SELECT current_user" or done.stdout.strip() == its.role


def refused(checkout: Checkout, attempt: Attempt, **conninfo: object) -> None:
    """By the server's door with 2, inside with 1."""
    its = attempt.of(CLUSTER)
    done = checkout.login(its.role, its.database, its.script, **its.conninfo, **conninfo)
    code = 1 if attempt in INSIDE else 2
    assert (done.returncode, its.says in done.stderr) == (code, True), done.stderr


def refused_by_the_client(checkout: Checkout, ca: Path) -> None:
    """One that knows another CA by the same name."""
    ca.write_bytes(make_ca(checkout.environment).certificate)
    refused(checkout, attempts.ANOTHER_CA, sslrootcert=ca)


def reads_and_writes(checkout: Checkout) -> None:
    written = checkout.login("appuser", "appdb", WRITES)
    assert written.returncode == 0, written.stderr
    read = checkout.login("appuser", "appdb", "TABLE alembic_version")
    assert read.stdout.strip(), read.stderr


def holds(checkout: Checkout) -> None:
    """All of it, of one server: a second's work."""
    for attempt in (*ENTER, *MAY):
        succeeds(checkout, attempt)
    for attempt in (*AT_THE_DOOR, *INSIDE):
        refused(checkout, attempt)
    refused_by_the_client(checkout, checkout.folder / "other.crt")
    reads_and_writes(checkout)


def converges(checkout: Checkout) -> None:
    """The next deploy puts everything right, and the one after has nothing to do."""
    checkout.deploy()
    assert (again := checkout.deploy()).changed == [], again.output
    holds(checkout)
