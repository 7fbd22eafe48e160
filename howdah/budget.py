"""What the pools may take of max_connections."""

from components import logins
from howdah.cluster import Cluster
from howdah.errors import ClusterError


def check(cluster: Cluster) -> None:
    """Raises ClusterError, with the sum, when the logins' connections do not fit."""
    connections = cluster.superuser_reserved_connections + cluster.spare_connections
    shares = []
    for login in logins():
        connections += login.connections(cluster)
        shares.append(login.share(cluster))
    shares.append(f"{cluster.superuser_reserved_connections} reserved")
    shares.append(f"{cluster.spare_connections} spare")
    if connections > cluster.max_connections:
        raise ClusterError(
            f"max_connections = {cluster.max_connections}: needs {connections} = "
            f"{' + '.join(shares)}; raise it, or lower a pool"
        )
