"""Attacks over each role's own login, on the embedded server."""

from tests.server import role_attacks
from tests.server.checkout import Checkout


def test_trap_in_schema_public(deployed: Checkout) -> None:
    role_attacks.trap_in_public(deployed)


def test_search_path_of_the_superuser_in_every_database(deployed: Checkout) -> None:
    role_attacks.search_path_of_a_renamed_database(deployed)


def test_advisory_locks_are_nobodys(deployed: Checkout) -> None:
    role_attacks.nobody_takes_advisory_locks(deployed)


def test_migration_lock_is_the_owners(deployed: Checkout) -> None:
    role_attacks.migration_lock_is_the_owners(deployed)


def test_locks_for_roles_that_the_inventory_names(converged: Checkout) -> None:
    converged.inventory(advisory_locks=["appuser"])
    assert converged.deploy().changed == ["Set roles and rights"]
    taken = converged.login("appuser", "appdb", role_attacks.MIGRATES)
    assert taken.stdout.strip() == "t", taken.stderr
    verified = converged.verify("-k", "4711")
    assert "2 passed, 1 skipped" in verified.stdout, verified.stdout
    assert converged.deploy().changed == []
    converged.inventory()
    assert converged.deploy().changed == ["Set roles and rights"]
    role_attacks.migration_lock_is_the_owners(converged)


def test_role_of_advisory_locks_must_be_made(converged: Checkout) -> None:
    converged.inventory(advisory_locks=["nobody"])
    said = converged.refused()
    assert "roles-sql/90-advisory-locks.sql:" in said
    assert "role 'nobody' is not made before this line" in said


def test_long_transaction_ends(converged: Checkout) -> None:
    converged.inventory(transaction_timeout="1s")
    converged.deploy()
    role_attacks.long_transaction_ends(converged)


def test_nested_savepoints_fill_the_table_of_locks(deployed: Checkout) -> None:
    """Not stopped: PostgreSQL has no limit for it. It ends with the transaction."""
    assert "out of shared memory" in role_attacks.nested_savepoints_fill_the_table(deployed)


def test_passwords_that_roles_set_for_themselves(converged: Checkout) -> None:
    role_attacks.own_passwords_are_put_back(converged)


def test_own_passwords_that_nobody_knows(converged: Checkout) -> None:
    role_attacks.own_passwords_of_a_team_are_found(converged)


def test_connection_limit_of_the_superuser(converged: Checkout) -> None:
    """PostgreSQL holds no superuser to it."""
    file = converged.folder / "roles-sql" / "60-limit.sql"
    file.write_text("ALTER ROLE postgres CONNECTION LIMIT 10;\n")
    limit = "SELECT rolconnlimit FROM pg_roles WHERE rolname = 'postgres'"
    assert converged.deploy().changed == ["Set roles and rights"]
    assert converged.ask(limit) == "10"
    file.unlink()
    converged.ask("ALTER ROLE postgres CONNECTION LIMIT -1")
