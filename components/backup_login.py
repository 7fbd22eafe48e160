"""The login of what reads everything: dumps, and whoever looks."""

from typing import TYPE_CHECKING

from howdah.component import Component, Login

if TYPE_CHECKING:
    from howdah.cluster import Cluster


def _connections(cluster: "Cluster") -> int:
    return cluster.backup_connections


def _share(cluster: "Cluster") -> str:
    return f"{cluster.backup_connections} backup"


LOGIN = Login("backup", "postgres_app_ro_pw", _connections, _share)
COMPONENT = Component("backup login", logins=(LOGIN,))
