"""`make verify` of an embedded server; tests/fleet/test_verify.py has hosts over SSH."""

from tests.server.checkout import Checkout
from tests.server.test_local import make


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


def test_server_that_is_down_is_named(converged: Checkout) -> None:
    converged.pyinfra("-y", "deploys.local.stop")
    assert "@local: the server does not run" in converged.verify().stdout
    missing = converged.verify("--inventory", "inventories/nowhere.py").stderr
    assert "--inventory inventories/nowhere.py: there is no such file" in missing
