"""`make verify`: passes after a deploy, and names what is not as it must be."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography import x509

from howdah.secrets.pem import Pair
from howdah.secrets.store import Store
from howdah.secrets.x509 import make_leaf
from tests.fleet.conftest import NewFleet
from tests.fleet.fleet import Fleet

ETC = "/etc/howdah/17-main/current"
AGAIN = "systemctl reload postgresql@17-main"
# In production ALTER SYSTEM is not allowed; its file may have lines all the same.
AUTO = "/var/lib/postgresql/17/main/postgresql.auto.conf"


class Break(NamedTuple):
    """What somebody does to a host as root, or as the superuser, and what is then said."""

    name: str
    says: str
    sql: str = ""
    script: str = ""
    back: str = ""  # where no deploy puts it right


BREAKS = [
    Break("a right", "REVOKE DELETE ON TABLE app.users FROM backupuser",
          "\\c appdb\nGRANT DELETE ON app.users TO backupuser"),
    Break("a column", "'UPDATE ON users'",
          "\\c appdb\nGRANT UPDATE (first_name) ON app.users TO backupuser"),
    Break("a login", 'role "appuser" is not permitted to log in', "ALTER ROLE appuser NOLOGIN"),
    Break("an attribute", "'rolcreatedb'", "ALTER ROLE temporaluser CREATEDB"),
    Break("a member", "backupuser is a member of appowner", "GRANT appowner TO backupuser"),
    Break("an owner", "pg_class in appdb", "\\c appdb\nALTER TABLE app.users OWNER TO appuser",
          "", "cd / && runuser -u postgres -- "
          "psql -qd appdb -c 'ALTER TABLE app.users OWNER TO appowner'"),
    Break("a database", "app_role in postgres", "GRANT CONNECT ON DATABASE postgres TO appuser",
          f"echo 'hostssl postgres appuser 127.0.0.1/32 scram-sha-256' >> {ETC}/pg_hba.conf; "
          f"{AGAIN}"),
    Break("a verifier", "assert ['appuser'] == []",
          "SET password_encryption = md5; ALTER ROLE appuser PASSWORD 'from another time'"),
    Break("a mode", "pg_hba.conf root:postgres 644", "", f"chmod 644 {ETC}/pg_hba.conf"),
    Break("an owner of files", "postgresql.conf postgres:postgres 640", "",
          f"chown postgres {ETC}/postgresql.conf"),
    Break("a folder", "'postgres', '0755'", "", "chmod 755 /var/log/postgresql/17-main"),
    Break("the unit", "'enabled-runtime'", "", "systemctl disable postgresql@17-main"),
    Break("a door", "host all all 0.0.0.0 trust", "",
          f"echo 'host all all 0.0.0.0/0 trust' >> {ETC}/pg_hba.conf; {AGAIN}"),
    Break("a fault", "pg_hba.conf line", "", f"echo nonsense >> {ETC}/pg_hba.conf"),
    Break("a setting", "['max_connections']", "",
          f"echo max_connections = 77 >> {AUTO}; {AGAIN}"),
    Break("a setting in a file", "['max_locks_per_transaction']", "",
          f"echo 'max_locks_per_transaction = 77' >> {ETC}/postgresql.conf"),
    Break("TLS", "'TLSv1'", "", f"echo ssl_min_protocol_version = TLSv1 >> {AUTO}; {AGAIN}"),
]  # fmt: skip


def names_of(pair: Pair) -> list[str]:
    """A certificate's own."""
    certificate = x509.load_pem_x509_certificate(pair.certificate)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    return [str(name.value) for name in names.value]


def secrets(fleet: Fleet) -> list[bytes]:
    files = (fleet.secrets / f"postgres_{name}_pw" for name in ("app_user", "app_ro", "temporal"))
    return [text for path in files for text in (path.read_bytes().strip(), _verifier(path))]


def _verifier(path: Path) -> bytes:
    return path.with_name(f"{path.name}.verifier").read_bytes().strip()


@contextmanager
def watched() -> Iterator[set[bytes]]:
    """Arguments and environments of all processes, the hosts' too: they run on this machine."""
    seen: set[bytes] = set()
    end = threading.Event()

    def watch() -> None:
        while not end.is_set():
            for path in Path("/proc").glob("[0-9]*"):
                for name in ("cmdline", "environ"):
                    try:
                        seen.add((path / name).read_bytes())
                    except OSError:  # it has ended
                        break

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        end.set()
        thread.join()


def test_converged_host_is_verified(deployed: Fleet) -> None:
    with watched() as seen:
        verified = deployed.verify()
    assert verified.returncode == 0, verified.stdout
    skipped = [line for line in verified.stdout.splitlines() if " SKIPPED" in line]
    off = ("verify/test_backups.py", "verify/test_dumps.py")
    assert all(line.startswith(off) for line in skipped), verified.stdout
    everything = b"\n".join(seen)
    assert b"-Upostgres" in everything.replace(b"\0", b"")  # it was looked at
    for secret in secrets(deployed):
        assert secret not in everything + verified.stdout.encode() + verified.stderr.encode()


@pytest.mark.all
def test_older_host_is_verified(new_fleet: NewFleet) -> None:
    fleet = new_fleet("bookworm")
    fleet.deploy()
    verified = fleet.verify()
    assert verified.returncode == 0, verified.stdout


def test_as_a_user_with_sudo(deployed: Fleet) -> None:
    deployed.inventory(ssh_user="ops", _sudo=True)
    verified = deployed.verify()
    deployed.inventory(ssh_user="ops")
    without = deployed.verify()
    given = deployed.verify("--data", "_sudo=True")
    deployed.inventory()
    assert verified.returncode == 0, verified.stdout
    assert "needs root: set _sudo = True" in without.stdout
    assert given.returncode == 0, given.stdout


def named(fleet: Fleet, *breaks: Break) -> None:
    """All of them made, each named by one verification, and nothing of it left."""
    machine = fleet.machines[0]
    for what in breaks:
        machine.ask(what.sql)
        machine.sh(what.script)
    verified = fleet.verify()
    for what in breaks:
        machine.sh(what.back)
    fleet.deploy()
    assert verified.returncode == 1
    for what in breaks:
        assert what.says in verified.stdout, (what.name, verified.stdout)
    for secret in secrets(fleet):
        assert secret.decode() not in verified.stdout + verified.stderr


@pytest.mark.all
@pytest.mark.parametrize("what", BREAKS, ids=lambda b: b.name)
def test_what_is_broken_is_named(deployed: Fleet, what: Break) -> None:
    named(deployed, what)


@pytest.mark.all
def test_several_that_are_broken_are_named(deployed: Fleet) -> None:
    apart = ("a column", "an attribute", "a verifier", "a mode", "a folder", "the unit")
    named(deployed, *(b for b in BREAKS if b.name in apart))


@pytest.mark.all
def test_what_waits_for_a_restart_is_named(deployed: Fleet) -> None:
    """Production loads a changed setting and does not restart for it."""
    deployed.inventory(max_connections=111)
    deployed.deploy()
    waiting = deployed.verify().stdout
    deployed.deploy("--data", "restart=yes")
    verified = deployed.verify()
    deployed.inventory()
    deployed.deploy("--data", "restart=yes")
    waits = "assert ['max_connections', 'max_locks_per_transaction'] == []"
    assert waits in waiting.replace("\n", " ")
    assert verified.returncode == 0, verified.stdout


def test_certificate_near_its_end_is_named(deployed: Fleet) -> None:
    name = deployed.machines[0].name
    store = Store(deployed.secrets)
    ca, leaf = store.ca(), store.leaf(name)
    assert ca
    assert leaf
    old = make_leaf(ca, names_of(leaf), days=10)
    (deployed.secrets / "hosts" / f"{name}.crt").write_bytes(old.certificate)
    (deployed.secrets / "hosts" / f"{name}.key").write_bytes(old.key)
    deployed.deploy()
    said = deployed.verify().stdout
    (deployed.secrets / "hosts" / f"{name}.crt").unlink()
    deployed.deploy()
    assert "make deploy renews it" in said


def test_all_is_well_again(deployed: Fleet) -> None:
    assert deployed.deploy().changed == []
    assert deployed.verify().returncode == 0


def test_host_that_does_not_answer_is_named(deployed: Fleet) -> None:
    machine = deployed.machines[0]
    gone = {"ssh_hostname": "127.0.0.1", "ssh_port": 1}
    deployed.hosts({machine.name: {"ssh_hostname": machine.address}, "gone": gone})
    verified = deployed.verify("-k", "restart")
    deployed.inventory()
    assert "gone: " in verified.stdout
    assert "1 passed" in verified.stdout
