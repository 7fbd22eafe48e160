"""libpq's connection strings."""

from howdah.cluster import Cluster


def conninfo(cluster: Cluster, ca: str, *hosts: str) -> str:
    """How the application connects: to the first of ``hosts`` that answers."""
    return (
        f"host={','.join(hosts)} port={cluster.port} dbname={cluster.app_database} "
        f"user={cluster.app_role} sslmode=verify-full channel_binding=require "
        f"sslrootcert={_value(ca)}"
    )


def _value(text: str) -> str:
    if text and not set(text) & set(" '\\"):
        return text
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
