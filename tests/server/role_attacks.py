"""What the roles' own logins try against the server: the same on a checkout's own and on a host."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from howdah.secrets import scram
from tests.server.checkout import Checkout, until

LOGINS = {"appuser": "appdb", "backupuser": "appdb", "temporaluser": "temporal"}
VARIABLES = {
    "app_verifier": "appuser", "backup_verifier": "backupuser", "temporal_verifier": "temporaluser",
}  # fmt: skip
BASES = ("appdb", "temporal", "temporal_visibility")

# Exact matches win over PostgreSQL's own, where schema public is on the search_path.
TRAPS = """
CREATE FUNCTION public.lower(name) RETURNS text LANGUAGE plpgsql AS
$$BEGIN ALTER ROLE temporaluser SUPERUSER; RETURN 'x'; END$$;
CREATE FUNCTION public.join(name, name) RETURNS text LANGUAGE plpgsql AS
$$BEGIN ALTER ROLE temporaluser SUPERUSER; RETURN 'x'; END$$;
CREATE OPERATOR public.|| (LEFTARG = name, RIGHTARG = name, FUNCTION = public.join)
"""
UNTRAP = "DROP OPERATOR public.|| (name, name); DROP FUNCTION public.lower, public.join"
ORDINARY = ("SELECT lower(datname) FROM pg_database", "SELECT datname || datname FROM pg_database")
IS_SUPERUSER = "SELECT rolsuper FROM pg_roles WHERE rolname = 'temporaluser'"

TAKE_ALL = "SELECT count({function}(i)) FROM generate_series(1::bigint, 100000) AS i"
TAKING = "proname ~ 'advisory' AND proname !~ 'unlock'"
WHO_TAKES = f"""
SELECT DISTINCT rolname FROM pg_proc AS p CROSS JOIN pg_roles AS r
WHERE {TAKING} AND NOT rolsuper AND has_function_privilege(r.oid, p.oid, 'EXECUTE') ORDER BY 1
"""
UNLOCK = """
SELECT pg_advisory_unlock_all(), pg_advisory_unlock(1), pg_advisory_unlock(1, 2),
    pg_advisory_unlock_shared(1), pg_advisory_unlock_shared(1, 2)
"""
MIGRATES = "SELECT pg_try_advisory_lock(hashtext('howdah.migrate'))"
NESTED = ("SAVEPOINT s; INSERT INTO app.users (id, first_name, last_name) "
          "VALUES (gen_random_uuid(), 'Ann', 'Smith')").split("; ")  # fmt: skip


@contextmanager
def session(checkout: Checkout, role: str, database: str) -> Iterator[psycopg.Connection[Any]]:
    """A client of the role's, outside of a transaction until it begins one."""
    machines = getattr(checkout, "machines", ())
    address = machines[0].address if machines else "127.0.0.1"
    with psycopg.connect(
        host=address, port=checkout.port, dbname=database, user=role, autocommit=True,
        password=checkout.password(role), sslmode="verify-full",
        sslrootcert=str(checkout.secrets / "ca.crt"), connect_timeout=10,
    ) as client:  # fmt: skip
        yield client


# -- A trap in schema public -----------------------------------------------------------------


def trap_in_public(checkout: Checkout) -> None:
    """An operator's ordinary query calls PostgreSQL's functions, whatever a role has put there."""
    made = checkout.login("temporaluser", "temporal", TRAPS)
    assert made.returncode == 0, made.stderr
    try:
        for query in ORDINARY:
            checkout.ask(query, "temporal")
            assert checkout.ask(IS_SUPERUSER) == "f", query
            checkout.ask(f"SET search_path = public; {query}", "temporal")
            assert checkout.ask(IS_SUPERUSER) == "t", f"no trap: {query}"
            checkout.ask("ALTER ROLE temporaluser NOSUPERUSER")
    finally:
        checkout.ask(f"ALTER ROLE temporaluser NOSUPERUSER; SET search_path = public; {UNTRAP}",
                     "temporal")  # fmt: skip


def search_path_of_a_renamed_database(checkout: Checkout) -> None:
    """As after a restore: what is set for a role in a database goes with that database."""
    checkout.ask("CREATE DATABASE restored TEMPLATE temporal")
    try:
        for base in (*BASES, "postgres", "template1", "restored"):
            assert checkout.ask("SHOW search_path", base) == "pg_catalog", base
    finally:
        checkout.ask("DROP DATABASE restored")


# -- The table of locks ----------------------------------------------------------------------


def nobody_takes_advisory_locks(checkout: Checkout) -> None:
    """13,000 of them keep everybody out. Letting go stays everybody's: drivers do at each reset."""
    for role, base in LOGINS.items():
        names = checkout.ask(f"SELECT DISTINCT proname FROM pg_proc WHERE {TAKING}", base)
        assert len(names.split()) == 8, names
        for name in names.split():
            tried = checkout.login(role, base, TAKE_ALL.format(function=name))
            assert f"permission denied for function {name}" in tried.stderr, (role, tried.stdout)
        pair = checkout.login(role, base, "SELECT pg_try_advisory_xact_lock_shared(1, 2)")
        assert "permission denied for function" in pair.stderr
        let_go = checkout.login(role, base, f"SET client_min_messages = error; {UNLOCK}")
        assert let_go.returncode == 0, let_go.stderr
    for base in BASES:
        assert checkout.ask(WHO_TAKES, base) == "appowner"


def migration_lock_is_the_owners(checkout: Checkout) -> None:
    """Whoever holds it stops every deploy."""
    tried = checkout.login("appuser", "appdb", MIGRATES)
    assert "permission denied for function pg_try_advisory_lock" in tried.stderr
    assert checkout.ask(f"SET ROLE appowner; {MIGRATES}", "appdb") == "t"


def nested_savepoints_fill_the_table(checkout: Checkout) -> str:
    """What stays open: nobody enters until the transaction ends, and then everybody does.

    Returns what a login was refused with meanwhile.
    """
    with session(checkout, "appuser", "appdb") as client:
        client.execute("BEGIN")
        with pytest.raises(psycopg.errors.OutOfMemory):
            while True:
                _nest(client, 500)
        refused = checkout.login("backupuser", "appdb")
        assert refused.returncode != 0
    until(lambda: checkout.login("backupuser", "appdb").returncode == 0)
    return refused.stderr


def _nest(client: psycopg.Connection[Any], count: int) -> None:
    with client.pipeline():
        for _ in range(count):
            for statement in NESTED:
                client.execute(statement)


def long_transaction_ends(checkout: Checkout) -> None:
    """transaction_timeout of PostgreSQL 17, of a role that does not SET it."""
    with session(checkout, "appuser", "appdb") as client:
        client.execute("BEGIN")
        _nest(client, 10)
        with pytest.raises(psycopg.errors.TransactionTimeout, match="terminating connection"):
            client.execute("SELECT pg_sleep(20)")


# -- Passwords of their own ------------------------------------------------------------------

OWN = {
    "appuser": "SET password_encryption = 'md5'; ALTER ROLE appuser PASSWORD 'appuser'",
    "backupuser": "SET transaction_read_only = off; ALTER ROLE backupuser PASSWORD NULL",
    "temporaluser": "ALTER ROLE temporaluser PASSWORD 'temporaluser'",
}
PUT_BACK = "ALTER ROLE {role} PASSWORD '<{variable}>';"


def own_passwords_are_put_back(checkout: Checkout) -> None:
    """A role may set its own to md5, to none or to a weak one; verify fails, a deploy repairs."""
    for role, statement in OWN.items():
        done = checkout.login(role, LOGINS[role], statement)
        assert done.returncode == 0, done.stderr
        assert checkout.login(role, LOGINS[role]).returncode != 0
    said = checkout.verify("-k", "nothing_differs or every_verifier").stdout
    assert "test_every_verifier_is_scram" in said
    for variable, role in VARIABLES.items():
        assert PUT_BACK.format(role=role, variable=variable) in said, said
    assert checkout.deploy().changed == ["Set roles and rights"]
    for role, base in LOGINS.items():
        assert checkout.login(role, base).returncode == 0


REPORTING = """CREATE ROLE reporting LOGIN CONNECTION LIMIT 2;
GRANT CONNECT ON DATABASE :"app_database" TO reporting;
"""
STRONG = "k3x-9Qw_zz81-hunter"
CHECKS = "easily_guessed or often_enough or every_role_that"


@contextmanager
def role_of_a_team(checkout: Checkout) -> Iterator[None]:
    """A role whose password is set by hand, and in no store."""
    file = checkout.folder / "roles-sql" / "60-reporting.sql"
    file.write_text(REPORTING)
    checkout.deploy()
    checkout.ask(f"ALTER ROLE reporting PASSWORD '{STRONG}'")
    try:
        yield
    finally:
        file.unlink()
        checkout.ask("REVOKE ALL ON DATABASE appdb FROM reporting; DROP ROLE reporting")


def _own(checkout: Checkout, password: str, statement: str) -> None:
    done = checkout.login("reporting", "appdb", statement, password=password)
    assert done.returncode == 0, done.stderr


def own_passwords_of_a_team_are_found(checkout: Checkout) -> None:
    """Nobody here knows the password, so that it is named and not repaired."""
    with role_of_a_team(checkout):
        _own(checkout, STRONG, "ALTER ROLE reporting PASSWORD 'reporting1'")
        assert "role reporting has a password that is easily guessed" in _verified(checkout)
        few = scram._compute(STRONG, 1, b"salt")  # the server takes it
        _own(checkout, "reporting1", f"ALTER ROLE reporting PASSWORD '{few}'")
        assert "password with 1 iterations of SCRAM" in _verified(checkout)
        assert "password with 1 iterations of SCRAM" in _one_line(checkout.shown())
        _own(checkout, STRONG, "ALTER ROLE reporting PASSWORD NULL")
        assert "role reporting cannot log in: no password" in _verified(checkout)
        checkout.ask(f"ALTER ROLE reporting PASSWORD '{STRONG}'")
        md5 = "SET password_encryption = 'md5'; ALTER ROLE reporting PASSWORD 'x'"
        _own(checkout, STRONG, md5)
        assert "role reporting is stored as md5" in _one_line(checkout.refused())


def _one_line(output: str) -> str:
    return " ".join(output.split())


def _verified(checkout: Checkout) -> str:
    """What it says of a cluster that it fails."""
    done = checkout.verify("-k", CHECKS)
    assert done.returncode == 1, done.stdout
    return done.stdout
