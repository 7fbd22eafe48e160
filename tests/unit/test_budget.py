"""The pools fit max_connections, or the sum is shown."""

from typing import Any

import pytest

from howdah.budget import check
from howdah.cluster import Cluster
from howdah.errors import ClusterError
from howdah.host_data import read

# 2 × (10 + 5 + 1) + 8 + 2 + 3 + 4
POOLS = {
    "app_instances": 2,
    "pool_size": 10,
    "max_overflow": 5,
    "temporal_connections": 8,
    "backup_connections": 2,
    "superuser_reserved_connections": 3,
    "spare_connections": 4,
}


def cluster(**data: Any) -> Cluster:
    return read({"environment": "test", **POOLS, **data})


def test_pools_that_fit_exactly_pass() -> None:
    check(cluster(max_connections=49))


def test_one_too_many_is_refused_with_the_sum() -> None:
    with pytest.raises(ClusterError, match="max_connections") as e:
        check(cluster(max_connections=48))
    assert str(e.value) == (
        "max_connections = 48: needs 49 = 2 app_instances × (10 pool + 5 overflow + 1 health) "
        "+ 2 backup + 8 Temporal + 3 reserved + 4 spare; raise it, or lower a pool"
    )


@pytest.mark.parametrize("key", sorted(POOLS))
def test_each_part_counts(key: str) -> None:
    with pytest.raises(ClusterError, match="max_connections = 49: needs "):
        check(cluster(max_connections=49, **{key: POOLS[key] + 1}))


def test_defaults_fit() -> None:
    check(read({"environment": "test"}))
