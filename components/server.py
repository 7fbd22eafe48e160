"""The server itself: where it listens, what it reads, how it encrypts, when it gives up."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from howdah.component import Component, Context, Setting, in_section
from howdah.options import SUPERUSER
from howdah.pg_hba.hba import Record, by_peer
from howdah.settings import quote

if TYPE_CHECKING:
    from howdah.cluster import Cluster

# Forward secret, authenticated encryption (RFC 5288, 5289, 7905).
CIPHERS = (
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-CHACHA20-POLY1305",
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
)

CONNECTION_REASONS = {
    "unix_socket_permissions": (
        "Only the superuser uses the socket, and the server's OS user is the superuser."
    ),
    "max_connections": (
        "The sum of the pools stands in the inventory and is checked before the deploy."
    ),
    "superuser_reserved_connections": (
        "An operator still gets in when the application has taken every other slot."
    ),
    "authentication_timeout": "A client that never finishes its login gives its slot back.",
}
FILE_REASONS = {
    "allow_alter_system": "What ALTER SYSTEM sets wins over this file, and no inventory shows it.",
}
AUTHENTICATION = {
    "password_encryption": quote("scram-sha-256"),
    "auth_delay.milliseconds": "500",
}
AUTHENTICATION_REASONS = {
    "auth_delay.milliseconds": "Half a second after each failed login makes guessing slow.",
}
TLS_REASONS = {
    "ssl_min_protocol_version": (
        "1.0 and 1.1 are deprecated (RFC 8996); 1.2 stays for clients built on older TLS libraries."
    ),
    "ssl_ciphers": (
        "The six of TLS 1.2 that are forward secret and authenticated "
        "(Mozilla's intermediate list)."
    ),
}
PLANNER_REASONS = {
    "random_page_cost": "A random page costs an SSD little more than the next one.",
    "jit": "Compiling costs more than it saves on the short queries of an application.",
}
TIMEOUT_REASONS = {
    "statement_timeout": "A runaway query ends.",
    "idle_in_transaction_session_timeout": (
        "A transaction that nobody continues keeps its locks and holds back vacuum."
    ),
    "lock_timeout": "A statement that waits for a lock makes others wait behind it.",
}
NAME_REASONS = {
    "cluster_name": "For process titles and logs, where a host has several.",
}


def _settings(context: Context) -> Iterator[Setting]:
    yield from in_section("connections", _connections(context), CONNECTION_REASONS)
    yield from in_section("files", _files(context), FILE_REASONS)
    yield from in_section("authentication", AUTHENTICATION, AUTHENTICATION_REASONS)
    yield from in_section("tls", _tls(context), TLS_REASONS)
    yield from in_section("planner", _planner(context.cluster), PLANNER_REASONS)
    yield from in_section("timeouts", _timeouts(context.cluster), TIMEOUT_REASONS)
    if context.layout.name:
        names = {"cluster_name": quote(context.layout.name)}
        yield from in_section("names", names, NAME_REASONS)


def _records(_: "Cluster") -> Iterator[Record]:
    reason = "The superuser: only from this host, only as the server's OS user, into any database."
    yield by_peer(SUPERUSER, reason)


def _connections(context: Context) -> dict[str, str]:
    cluster = context.cluster
    addresses = ", ".join(map(str, cluster.listen_addresses))
    return {
        "listen_addresses": quote(addresses),
        "port": f"{cluster.port}",
        "unix_socket_directories": quote(context.layout.socket),
        "unix_socket_permissions": "0700",
        "max_connections": f"{cluster.max_connections}",
        "superuser_reserved_connections": f"{cluster.superuser_reserved_connections}",
        "authentication_timeout": quote(cluster.authentication_timeout),
    }


def _files(context: Context) -> dict[str, str]:
    current = context.layout.current
    values = {
        "data_directory": quote(context.layout.data),
        "hba_file": quote(f"{current}/pg_hba.conf"),
        "ident_file": quote(f"{current}/pg_ident.conf"),
    }
    allowed = context.cluster.alter_system
    if allowed is not None:
        values["allow_alter_system"] = quote(allowed)
    return values


def _tls(context: Context) -> dict[str, str]:
    current = context.layout.current
    ciphers = ":".join(CIPHERS)
    return {
        "ssl": quote(context.cluster.tls),
        "ssl_cert_file": quote(f"{current}/server.crt"),
        "ssl_key_file": quote(f"{current}/server.key"),
        "ssl_min_protocol_version": quote("TLSv1.2"),
        "ssl_max_protocol_version": quote("TLSv1.3"),
        "ssl_ciphers": quote(ciphers),
        "ssl_prefer_server_ciphers": "on",
    }


def _planner(cluster: "Cluster") -> dict[str, str]:
    return {
        "random_page_cost": f"{cluster.random_page_cost}",
        "effective_io_concurrency": f"{cluster.effective_io_concurrency}",
        "jit": quote(cluster.jit),
    }


def _timeouts(cluster: "Cluster") -> dict[str, str]:
    idle = cluster.idle_in_transaction_session_timeout
    return {
        "statement_timeout": quote(cluster.statement_timeout),
        "idle_in_transaction_session_timeout": quote(idle),
        "lock_timeout": quote(cluster.lock_timeout),
    }


COMPONENT = Component(
    "server",
    settings=_settings,
    records=_records,
    libraries=("auth_delay",),
)
