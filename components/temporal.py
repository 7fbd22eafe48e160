"""Temporal's login."""

from typing import TYPE_CHECKING

from howdah.component import Component, Login

if TYPE_CHECKING:
    from howdah.cluster import Cluster


def _connections(cluster: "Cluster") -> int:
    return cluster.temporal_connections


def _share(cluster: "Cluster") -> str:
    return f"{cluster.temporal_connections} Temporal"


LOGIN = Login("temporal", "postgres_temporal_pw", _connections, _share)
COMPONENT = Component("temporal", logins=(LOGIN,))
