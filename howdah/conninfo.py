"""libpq's connection strings."""

import contextlib
from ipaddress import ip_address
from urllib.parse import quote, urlencode

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


def security(cluster: Cluster, ca: str) -> dict[str, str]:
    """What a client asks of the server, in libpq's words."""
    if not cluster.tls:
        return {"sslmode": "disable"}
    return {"sslmode": "verify-full", "channel_binding": "require", "sslrootcert": ca}


def conninfo(cluster: Cluster, ca: str, *hosts: str) -> str:
    """How the application connects: to the first of ``hosts`` that answers."""
    words = [
        f"host={','.join(hosts)} port={cluster.port} dbname={cluster.app_database}",
        f"user={cluster.app_role}",
    ]
    for name, value in security(cluster, ca).items():
        words.append(f"{name}={_value(value)}")
    return " ".join(words)


def uri(cluster: Cluster, ca: str, host: str) -> str:
    """The same as a URI; the password comes from a file."""
    place = f"[{host}]" if ":" in host else host
    asked = urlencode(security(cluster, ca), safe="/", quote_via=quote)
    return (
        f"postgresql://{quote(cluster.app_role)}@{place}:{cluster.port}/"
        f"{quote(cluster.app_database)}?{asked}"
    )


def _value(text: str) -> str:
    if text and not set(text) & set(" '\\"):
        return text
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
