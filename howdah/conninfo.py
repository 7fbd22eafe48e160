"""libpq's connection strings."""

from urllib.parse import quote

from howdah.cluster import Cluster


def conninfo(cluster: Cluster, ca: str, *hosts: str) -> str:
    """How the application connects: to the first of ``hosts`` that answers."""
    return (
        f"host={','.join(hosts)} port={cluster.port} dbname={cluster.app_database} "
        f"user={cluster.app_role} sslmode=verify-full channel_binding=require "
        f"sslrootcert={_value(ca)}"
    )


def uri(cluster: Cluster, ca: str, host: str) -> str:
    """The same as a URI; the password comes from a file."""
    place = f"[{host}]" if ":" in host else host
    return (
        f"postgresql://{quote(cluster.app_role)}@{place}:{cluster.port}/"
        f"{quote(cluster.app_database)}?sslmode=verify-full&channel_binding=require"
        f"&sslrootcert={quote(ca)}"
    )


def _value(text: str) -> str:
    if text and not set(text) & set(" '\\"):
        return text
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
