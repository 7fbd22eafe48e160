"""Dumps of the embedded server, and what comes back from them."""

from pathlib import Path

import pytest

from tests.server.checkout import Checkout
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
    said = make(dumping, "restore", "DATABASE=appdb", f"FROM={last}", "YES=1")
    assert dumping.ask(COUNT, "appdb") == "1000", said
    assert dumping.ask("SELECT to_regclass('app.later')", "appdb") == ""
    assert dumping.login("appuser", "appdb", "SELECT count(*) FROM users").returncode == 0
    assert dumping.deploy().changed == []
    kept = dumping.ask("SELECT datname FROM pg_database WHERE datname LIKE 'appdb_before%'")
    assert f"the database before is {kept}, which nobody enters" in said
    dumping.ask(f"DROP DATABASE {kept}")
