"""`make verify` of an embedded server; tests/fleet/test_verify.py has hosts over SSH."""

import re
import subprocess
import sys
import traceback
from ipaddress import ip_address
from secrets import token_hex
from typing import Any

import psycopg
import pytest

from tests.server.checkout import ROOT, Checkout
from tests.server.test_local import make
from verify.attempts import Attempt
from verify.client import Client, Secret


def test_converged_server_is_verified(converged: Checkout) -> None:
    said = make(converged, "verify")
    assert "failed" not in said, said
    assert "passed" in said, said


def test_ordinary_users_server_is_verified(of_a_user: Checkout) -> None:
    of_a_user.deploy()
    verified = of_a_user.verify()
    assert verified.returncode == 0, verified.stdout


def test_names_are_the_inventorys(bare: Checkout) -> None:
    bare.inventory(app_role="user", owner_role="shop_owner", backup_role="dumper",
                   temporal_role="flow", temporal_owner_role="flow_owner", app_database="shop",
                   temporal_database="flow", temporal_visibility_database="order")  # fmt: skip
    bare.deploy()
    verified = bare.verify()
    assert verified.returncode == 0, verified.stdout


def test_what_fails_is_named(converged: Checkout) -> None:
    converged.ask("GRANT TEMPORARY ON DATABASE appdb TO PUBLIC; ALTER SYSTEM SET ssl = off")
    said = converged.verify().stdout
    for says in ("REVOKE TEMPORARY ON DATABASE appdb FROM PUBLIC", "'ssl': 'off'",
                 "app_role in app_database: CREATE TEMP TABLE mine"):  # fmt: skip
        assert says in said
    converged.deploy()
    assert converged.verify().returncode == 0


def test_application_that_is_not_importable_is_named_once(converged: Checkout) -> None:
    """Only its schema cannot be verified."""
    converged.inventory(schema="zoo.migrations")
    said = converged.verify("-k", "in_force").stdout
    assert "no package 'zoo' is importable" in said
    last = r"^=+ 1 failed, \d+ passed, (\d+ skipped, )?\d+ deselected in"
    assert re.search(last, said, re.MULTILINE)


def test_server_that_is_down_is_named(converged: Checkout) -> None:
    converged.pyinfra("-y", "deploys.local.stop")
    said = converged.verify().stdout
    assert said.count("\n@local: the server does not run\n") == 1
    assert "@local was not verified: the server does not run" in said
    assert re.search(r"^=+ \d+ skipped, 1 error in", said, re.MULTILINE)
    missing = converged.verify("--inventory", "inventories/nowhere.py").stderr
    assert "--inventory inventories/nowhere.py: there is no such file" in missing


def test_password_is_in_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of an error that nobody has thought of, with all its variables."""

    def connect(**given: Any) -> None:
        words = f"password={given['password']}"
        raise RuntimeError(f"{len(words)} characters there")

    monkeypatch.setattr(psycopg, "connect", connect)
    secret = Secret(token_hex())
    client = Client(ip_address("127.0.0.1"), ("127.0.0.1", 1), {}, {"appuser": secret})
    with pytest.raises(RuntimeError, match="there") as raised:
        client.rejection(Attempt("appuser", "appdb"))
    told = traceback.TracebackException.from_exception(raised.value, capture_locals=True)
    shown = "".join(told.format()) + str(raised.getrepr(showlocals=True))
    assert "rejection" in shown
    assert str(secret) not in shown


def test_without_an_inventory_nothing_begins() -> None:
    """And nothing is patched for gevent."""
    script = ("import pytest, gevent.monkey; code = pytest.main(['-q', 'verify']); "
              "assert not gevent.monkey.saved; raise SystemExit(code)")  # fmt: skip
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True,
                          check=False)  # fmt: skip
    assert done.returncode == pytest.ExitCode.USAGE_ERROR, done.stderr
    assert "needs --inventory inventories/NAME.py" in done.stderr
