"""libpq's connection strings."""

import contextlib
from ipaddress import ip_address
from urllib.parse import quote

from howdah.cluster import Cluster
from howdah.options import Address

LISTEN = {"*": "0.0.0.0", "": "127.0.0.1", "localhost": "127.0.0.1"}  # noqa: S104 to be read


def listens_on(listen_addresses: str) -> list[Address]:
    """A running server's listen_addresses. Names that only its host can resolve are left out."""
    found = []
    for name in listen_addresses.split(","):
        with contextlib.suppress(ValueError):
            found.append(ip_address(LISTEN.get(name.strip(), name.strip())))
    return found


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
