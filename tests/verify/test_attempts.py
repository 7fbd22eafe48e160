"""The ten refusals, and what succeeds beside them, over TLS and with the store's passwords."""

from pathlib import Path

import pytest

from howdah.cluster import Cluster
from howdah.x509 import make_ca
from tests.refusals import ANOTHER_CA, AT_THE_DOOR, ENTER, INSIDE, MAY, TAKES_A_LOCK, Attempt
from tests.verify.at_hand import AtHand
from tests.verify.login import Door

# An application's own table, whatever its history calls it.
SOME_TABLE = """
SELECT format('%I.%I', nspname, relname) FROM pg_class JOIN pg_namespace AS n
ON n.oid = relnamespace WHERE nspname = 'app' AND relkind IN ('r', 'p')
AND relname <> 'alembic_version' ORDER BY relname <> 'users', relname LIMIT 1
"""


@pytest.fixture(scope="session")
def table(at_hand: AtHand, cluster: Cluster) -> str:
    return "".join(at_hand.ask(SOME_TABLE, cluster.app_database))


@pytest.fixture
def its(attempt: Attempt, cluster: Cluster, table: str) -> Attempt:
    """The attempt in this cluster's names."""
    if not table and "{table}" in attempt.sql:
        pytest.skip("schema app has no table yet")
    its = attempt.of(cluster, table)
    if attempt.sql == TAKES_A_LOCK and its.role in cluster.advisory_locks:
        pytest.skip(f"advisory_locks has {its.role}")
    return its


@pytest.mark.parametrize("attempt", [*ENTER, *MAY], ids=str)
def test_succeeds(door: Door, its: Attempt, attempt: Attempt) -> None:
    refuses = door.refuses if attempt in ENTER else door.refuses_inside
    assert refuses(its) == ""


@pytest.mark.parametrize("attempt", [*AT_THE_DOOR, *INSIDE], ids=str)
def test_is_refused(door: Door, its: Attempt, attempt: Attempt) -> None:
    refuses = door.refused if attempt in AT_THE_DOOR else door.refuses_inside
    assert its.says in (refuses(its) or "it succeeded")


def test_client_refuses_another_ca(door: Door, cluster: Cluster, tmp_path: Path) -> None:
    other = tmp_path / "ca.crt"
    other.write_bytes(make_ca(cluster.environment).certificate)
    refused = door.refuses(ANOTHER_CA.of(cluster), sslrootcert=str(other))
    assert ANOTHER_CA.says in (refused or "it succeeded")


def test_login_is_bound_to_its_tls_session(door: Door, cluster: Cluster) -> None:
    """SCRAM with channel binding: nobody in the middle."""
    assert door.refuses(ENTER[0].of(cluster), channel_binding="require") == ""
