"""The log of a packaged server: passwords of roles, where it goes, and how much of it there is."""

import pytest

from tests.fleet.single import Single
from tests.server.checkout import until
from tests.server.test_logs import (  # noqa: F401 tests, for the host here
    test_values_are_not_logged,
)

pytestmark = pytest.mark.all

MB = 1024**2
FLOOD = "DO $$BEGIN FOR i IN 1..{} LOOP RAISE LOG '%', repeat('x', 100000); END LOOP; END$$"


@pytest.fixture
def deployed(converged: Single) -> Single:
    """Instead of a fleet's."""
    return converged


def test_own_password_is_not_logged(converged: Single) -> None:
    """pgaudit has the statement without it, and PostgreSQL logs it not a second time."""
    for role, database in {"appuser": "appdb", "temporaluser": "temporal"}.items():
        with converged.session(role, database) as session:
            session.execute(f"ALTER ROLE {role} PASSWORD 'clear-4711'")
    assert "clear-4711" not in converged.log
    assert "ALTER ROLE appuser PASSWORD <REDACTED>" in converged.log
    with converged.session("temporaluser", "temporal", password="clear-4711") as session:
        session.execute("CREATE TABLE public.audited (i int); DROP TABLE public.audited")
    assert "CREATE TABLE public.audited" in converged.log


def test_flood_stays_within_the_size(converged: Single) -> None:
    """A role writes as fast as it can, and more than a day's share, in no day at all."""
    converged.inventory(log_retention_size="64MB")
    converged.deploy()
    folder = f"/var/log/postgresql/{converged.version}-main"
    size = f"cat {folder}/postgresql* | wc -c"
    with converged.session("appuser", "appdb") as session:
        session.execute("SET statement_timeout = 0")
        for _ in range(4):
            session.execute(FLOOD.format(300))
            until(lambda: int(converged.machine.sh(size)) <= 64 * MB)
    assert int(converged.machine.sh(size)) > 32 * MB
    files = converged.machine.sh(f"ls {folder}").split()
    assert 4 < len(files) <= 20
    assert converged.deploy().changed == []


@pytest.mark.parametrize(("destination", "words"), [("journald", "-u {unit}"),
                                                    ("syslog", "-t postgres")])  # fmt: skip
def test_log_of_the_host(converged: Single, destination: str, words: str) -> None:
    converged.inventory(log_destination=destination)
    converged.deploy("--data", "restart=yes")
    assert converged.deploy().changed == []
    assert "division by zero" in converged.login("appuser", "appdb", "SELECT 1 / 0").stderr
    line = "client=.*,db=appdb,user=appuser,app=.*division by zero"
    shown = f"journalctl -q -o cat {words.format(unit=converged.unit)} | grep '{line}'"
    until(lambda: converged.machine.run(shown).returncode == 0)
    assert "division by zero" not in converged.log
