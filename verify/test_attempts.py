"""The ten forbidden attempts, and the allowed ones, over TLS with the store's passwords."""

from pathlib import Path

import pytest

from howdah.cluster import Cluster
from howdah.secrets.x509 import make_ca
from verify.attempts import ANOTHER_CA, AT_THE_DOOR, ENTER, INSIDE, MAY, TAKES_A_LOCK, Attempt
from verify.client import Client
from verify.current_host import CurrentHost

# An application's own table, whatever its history calls it.
SOME_TABLE = """
SELECT format('%I.%I', nspname, relname) FROM pg_class JOIN pg_namespace AS n
ON n.oid = relnamespace WHERE nspname = 'app' AND relkind IN ('r', 'p')
AND relname <> 'alembic_version' ORDER BY relname <> 'users', relname LIMIT 1
"""


@pytest.fixture(scope="session")
def table(current: CurrentHost, cluster: Cluster) -> str:
    return "".join(current.ask(SOME_TABLE, cluster.app_database))


@pytest.fixture
def its(attempt: Attempt, cluster: Cluster, table: str) -> Attempt:
    """The attempt in this cluster's names."""
    if not table and "{table}" in attempt.sql:
        pytest.skip("schema app has no table yet")
    its = attempt.of(cluster, table)
    if attempt.sql == TAKES_A_LOCK and its.role in cluster.advisory_locks:
        pytest.skip(f"advisory_locks has {its.role}")
    return its


@pytest.mark.parametrize("attempt", ENTER, ids=str)
def test_role_enters(client: Client, its: Attempt) -> None:
    assert client.rejection(its) == ""


@pytest.mark.parametrize("attempt", MAY, ids=str)
def test_succeeds(client: Client, its: Attempt) -> None:
    assert client.rejection_inside(its) == ""


@pytest.mark.parametrize("attempt", AT_THE_DOOR, ids=str)
def test_is_rejected_at_the_door(client: Client, cluster: Cluster, its: Attempt) -> None:
    if its.is_of_tls and not cluster.tls:
        pytest.skip("tls = False")
    rejection = client.known_rejection(its) or "it succeeded"
    assert its.says in rejection


@pytest.mark.parametrize("attempt", INSIDE, ids=str)
def test_is_rejected(client: Client, its: Attempt) -> None:
    rejection = client.rejection_inside(its) or "it succeeded"
    assert its.says in rejection


@pytest.mark.usefixtures("tls")
def test_client_rejects_another_ca(client: Client, cluster: Cluster, tmp_path: Path) -> None:
    other = tmp_path / "ca.crt"
    other.write_bytes(make_ca(cluster.environment).certificate)
    rejection = client.rejection(ANOTHER_CA.of(cluster), sslrootcert=str(other)) or "it succeeded"
    assert ANOTHER_CA.says in rejection


@pytest.mark.usefixtures("tls")
def test_login_is_bound_to_its_tls_session(client: Client, cluster: Cluster) -> None:
    """SCRAM with channel binding: nothing stands in the middle."""
    attempt = ENTER[0].of(cluster)
    assert client.rejection(attempt, channel_binding="require") == ""
