"""What the pools may take of max_connections."""

from howdah.cluster import Cluster, ClusterError


def refuse_overdraft(cluster: Cluster) -> None:
    """Raises ClusterError, with the sum, when the pools do not fit max_connections."""
    one = f"({cluster.pool_size} pool + {cluster.max_overflow} overflow + 1 health)"
    parts = (
        cluster.app_connections,
        cluster.temporal_connections,
        cluster.backup_connections,
        cluster.superuser_reserved_connections,
        cluster.spare_connections,
    )
    if sum(parts) > cluster.max_connections:
        raise ClusterError(
            f"max_connections = {cluster.max_connections}: needs {sum(parts)} = "
            f"{cluster.app_instances} app_instances × {one} + {parts[1]} Temporal + "
            f"{parts[2]} backup + {parts[3]} reserved + {parts[4]} spare; raise it, or lower a pool"
        )
