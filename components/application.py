"""The application's login."""

from typing import TYPE_CHECKING

from howdah.component import Component, Login

if TYPE_CHECKING:
    from howdah.cluster import Cluster


def _connections(cluster: "Cluster") -> int:
    return cluster.app_connections


def _share(cluster: "Cluster") -> str:
    one = f"({cluster.pool_size} pool + {cluster.max_overflow} overflow + 1 health)"
    return f"{cluster.app_instances} app_instances × {one}"


LOGIN = Login("app", "postgres_app_user_pw", _connections, _share)
COMPONENT = Component("application", logins=(LOGIN,))
