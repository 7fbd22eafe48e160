"""Attacks over each role's own login, on Debian 12 and 13."""

import pytest

from tests.fleet.single import Single
from tests.server import role_attacks

pytestmark = pytest.mark.all


def test_trap_in_schema_public(single: Single) -> None:
    role_attacks.trap_in_public(single)
    role_attacks.search_path_of_a_renamed_database(single)


def test_advisory_locks_are_nobodys(single: Single) -> None:
    role_attacks.nobody_takes_advisory_locks(single)
    role_attacks.migration_lock_is_the_owners(single)


def test_long_transaction_ends(converged: Single) -> None:
    if converged.version == "15":
        pytest.skip("transaction_timeout came with PostgreSQL 17")
    converged.inventory(transaction_timeout="1s")
    converged.deploy()
    role_attacks.long_transaction_ends(converged)


def test_nested_savepoints_fill_the_table_of_locks(single: Single) -> None:
    """Not stopped: PostgreSQL has no limit for it. It ends with the transaction."""
    assert "out of shared memory" in role_attacks.nested_savepoints_fill_the_table(single)


def test_passwords_that_roles_set_for_themselves(converged: Single) -> None:
    role_attacks.own_passwords_are_put_back(converged)


def test_own_passwords_that_nobody_knows(converged: Single) -> None:
    role_attacks.own_passwords_of_a_team_are_found(converged)
