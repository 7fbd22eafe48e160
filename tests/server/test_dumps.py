"""Dumps of the embedded server, and what comes back from them."""

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

import psycopg
import pytest

from tests.server.checkout import NOBODY, Checkout
from tests.server.conftest import NewCheckout
from tests.server.test_local import make

PEOPLE = """
INSERT INTO app.users (id, first_name, last_name, email, version, created_at, updated_at)
SELECT gen_random_uuid(), E'a\\nb\\\\', 'b', format('%s@x.example', i), 1, now(), now()
FROM generate_series(1, {}) AS i
"""
COUNT = "SELECT count(*) FROM app.users"


def folder(checkout: Checkout) -> Path:
    return checkout.home / "dumps"


def names(checkout: Checkout) -> list[str]:
    return sorted(each.name for each in folder(checkout).iterdir() if each.is_dir())


@pytest.fixture(scope="module")
def dumping(new_checkout: NewCheckout) -> Checkout:
    """A converged cluster with dumps."""
    checkout = new_checkout()
    checkout.inventory(dumps="on")
    checkout.deploy()
    return checkout


def test_first_deploy_makes_one(dumping: Checkout) -> None:
    assert len(names(dumping)) == 1
    assert dumping.deploy().changed == []
    assert dumping.dry().changed == []
    done = dumping.verify("-k", "dump or rules")
    assert done.returncode == 0, done.stdout


def test_dump_and_restore(dumping: Checkout) -> None:
    """By make; the rows of then come back, rights are right, and the next deploy has nothing."""
    dumping.ask(PEOPLE.format(1000), "appdb")
    said = make(dumping, "dump")
    assert "3 databases, " in said
    last = names(dumping)[-1]
    assert f"{last}  " in make(dumping, "dumps")
    manifest = (folder(dumping) / last / "manifest").read_text()
    assert "rows\tappdb\t1000\tapp.users\n" in manifest
    dumping.ask("DELETE FROM app.users; CREATE TABLE app.later ()", "appdb")
    with dumping.session("appuser", "appdb") as session:
        said = make(dumping, "restore", "DATABASE=appdb", f"FROM={last}", "YES=1")
        with pytest.raises(psycopg.OperationalError, match="terminating connection"):
            session.execute("SELECT 1")
    assert dumping.ask(COUNT, "appdb") == "1000", said
    assert dumping.ask("SELECT to_regclass('app.later')", "appdb") == ""
    assert dumping.login("appuser", "appdb", "SELECT count(*) FROM users").returncode == 0
    assert dumping.deploy().changed == []
    kept = dumping.ask("SELECT datname FROM pg_database WHERE datname LIKE 'appdb_before%'")
    assert f"the database before is {kept}, which nobody enters" in said
    dumping.ask(f"DROP DATABASE {kept}")


def test_damaged_dump_is_rejected(dumping: Checkout) -> None:
    """The sha256 of the manifest, before anything is touched."""
    last = names(dumping)[-1]
    file = folder(dumping) / last / "appdb.dump"
    good = file.read_bytes()
    file.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    before = dumping.ask("SELECT array_agg(oid) FROM pg_database")
    said = make(dumping, "restore", "DATABASE=appdb", "FROM=newest", "YES=1")
    assert "appdb.dump is damaged: its sha256 is not the manifest's" in " ".join(said.split())
    assert dumping.ask("SELECT array_agg(oid) FROM pg_database") == before
    file.write_bytes(good)


@pytest.mark.all
def test_session_that_does_not_end(dumping: Checkout) -> None:
    """The database stays as it is, with its connections; what is beside it goes with the next."""
    number = dumping.ask(COUNT, "appdb")
    session = dumping.session("appuser", "appdb")
    os.kill(session.info.backend_pid, signal.SIGSTOP)
    try:
        run = begun(dumping, "--data", "dump_of=appdb", "deploys.load_dump.load")
        assert run.wait(timeout=120) != 0
    finally:
        os.kill(session.info.backend_pid, signal.SIGCONT)
    session.close()
    assert dumping.ask("SELECT count(*) FROM pg_database WHERE datname ~ '_before'") == "0"
    limit = "SELECT datconnlimit FROM pg_database WHERE datname = 'appdb'"
    assert dumping.ask(limit) == "-1"
    assert dumping.login("appuser", "appdb", "SELECT count(*) FROM users").stdout.strip() == number
    assert dumping.deploy().changed == []
    said = make(dumping, "restore", "DATABASE=appdb", "FROM=newest", "YES=1")
    assert dumping.ask("SELECT count(*) FROM pg_database WHERE datname = 'appdb_new'") == "0", said
    assert dumping.deploy().changed == []


def test_production_asks(dumping: Checkout) -> None:
    """As every restore does: nothing goes ahead without a terminal, or YES=1."""
    assert "needs a terminal, or YES=1" in make(dumping, "restore", "DATABASE=appdb")
    said = make(dumping, "restore", "FROM=newest", "YES=1")
    assert "DATABASE=: needs one of appdb, temporal" in said


def test_ordinary_user(new_checkout: NewCheckout) -> None:
    """Within the checkout, whose path has a space; and by whoever owns it."""
    user = NOBODY if os.geteuid() == 0 else None
    own = new_checkout("a checkout with spaces", user=user)
    own.inventory(dumps="on")
    own.deploy()
    assert own.deploy().changed == []
    own.ask(PEOPLE.format(10), "appdb")
    own.pyinfra("-y", "deploys.dumps.now")
    own.ask("DELETE FROM app.users", "appdb")
    words = ["--data", "dump_of=appdb", "--data", "dump_from=newest", "deploys.load_dump.load"]
    run = own.pyinfra("-y", *words)
    assert run.code == 0, run.output
    own.deploy()
    assert own.ask(COUNT, "appdb") == "10"
    assert own.deploy().changed == []
    assert folder(own).stat().st_mode & 0o777 == 0o700


def begun(checkout: Checkout, *words: str) -> "subprocess.Popen[bytes]":
    """A run in a process group of its own."""
    inventory = f"inventories/{checkout.environment}.py"
    command = [str(checkout.python), "-m", "pyinfra", "-y", *words[:-1], inventory, words[-1]]
    return subprocess.Popen(command, cwd=checkout.folder, start_new_session=True,
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip


def kill(run: "subprocess.Popen[bytes]", after: float) -> None:
    time.sleep(after)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(run.pid, signal.SIGKILL)
    run.wait()


@pytest.mark.all
def test_killed_at_any_moment(dumping: Checkout) -> None:
    """A dump has its name or ends in .partial; a load that is run again does the rest."""
    dumping.ask(f"DELETE FROM app.users; {PEOPLE.format(3000)}", "appdb")
    for turn in range(12):
        kill(begun(dumping, "deploys.dumps.now"), 0.6 + turn * 0.15)
        for name in names(dumping):
            whole = folder(dumping) / name / "manifest"
            assert name.endswith(".partial") or whole.read_text().endswith("end\n")
    make(dumping, "dump")
    assert not any(name.endswith(".partial") for name in names(dumping))
    load = ["--data", "dump_of=appdb", "--data", "dump_from=newest", "deploys.load_dump.load"]
    for turn in range(12):
        kill(begun(dumping, *load), 0.6 + turn * 0.1)
        assert dumping.ask(COUNT, "appdb") == "3000"
    said = make(dumping, "restore", "DATABASE=appdb", "FROM=newest", "YES=1")
    assert dumping.ask(COUNT, "appdb") == "3000", said
    assert dumping.ask("SELECT count(*) FROM pg_database WHERE datname = 'appdb_new'") == "0"
    assert dumping.deploy().changed == []
