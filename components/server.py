"""The server itself: where it listens, what it reads, how it encrypts, when it gives up."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from howdah.component import Component, Context, Setting
from howdah.hba import Record
from howdah.options import SUPERUSER
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

OLD_VERSIONS = (
    "1.0 and 1.1 are deprecated (RFC 8996); 1.2 stays for clients built on older TLS libraries."
)
SIX_CIPHERS = (
    "The six of TLS 1.2 that are forward secret and authenticated (Mozilla's intermediate list)."
)


def _settings(context: Context) -> Iterator[Setting]:
    yield from _connections(context)
    yield from _files(context)
    yield from _authentication()
    yield from _tls(context)
    yield from _planner(context)
    yield from _timeouts(context)
    if context.layout.name:
        reason = "For process titles and logs, where a host has several."
        yield Setting("names", "cluster_name", quote(context.layout.name), (reason,))


def _records(_: "Cluster") -> Iterator[Record]:
    reason = "The superuser: only from this host, only as the server's OS user, into any database."
    options = "map=howdah"
    yield Record("all", SUPERUSER, "", "local", method="peer", options=options, reason=reason)


def _connections(context: Context) -> Iterator[Setting]:
    cluster = context.cluster
    addresses = ", ".join(map(str, cluster.listen_addresses))
    yield Setting("connections", "listen_addresses", quote(addresses))
    yield Setting("connections", "port", f"{cluster.port}")
    yield Setting("connections", "unix_socket_directories", quote(context.layout.socket))
    reason = "Only the superuser uses the socket, and the server's OS user is the superuser."
    yield Setting("connections", "unix_socket_permissions", "0700", (reason,))
    reason = "The sum of the pools stands in the inventory and is checked before the deploy."
    yield Setting("connections", "max_connections", f"{cluster.max_connections}", (reason,))
    reason = "An operator still gets in when the application has taken every other slot."
    reserved = f"{cluster.superuser_reserved_connections}"
    yield Setting("connections", "superuser_reserved_connections", reserved, (reason,))
    reason = "A client that never finishes its login gives its slot back."
    limit = quote(cluster.authentication_timeout)
    yield Setting("connections", "authentication_timeout", limit, (reason,))


def _files(context: Context) -> Iterator[Setting]:
    current = context.layout.current
    yield Setting("files", "data_directory", quote(context.layout.data))
    yield Setting("files", "hba_file", quote(f"{current}/pg_hba.conf"))
    yield Setting("files", "ident_file", quote(f"{current}/pg_ident.conf"))
    if context.cluster.alter_system is not None:
        reason = "What ALTER SYSTEM sets wins over this file, and no inventory shows it."
        allowed = quote(context.cluster.alter_system)
        yield Setting("files", "allow_alter_system", allowed, (reason,))


def _authentication() -> Iterator[Setting]:
    yield Setting("authentication", "password_encryption", quote("scram-sha-256"))
    reason = "Half a second after each failed login makes guessing slow."
    yield Setting("authentication", "auth_delay.milliseconds", "500", (reason,))


def _tls(context: Context) -> Iterator[Setting]:
    current = context.layout.current
    yield Setting("tls", "ssl", "on")
    yield Setting("tls", "ssl_cert_file", quote(f"{current}/server.crt"))
    yield Setting("tls", "ssl_key_file", quote(f"{current}/server.key"))
    yield Setting("tls", "ssl_min_protocol_version", quote("TLSv1.2"), (OLD_VERSIONS,))
    yield Setting("tls", "ssl_max_protocol_version", quote("TLSv1.3"))
    yield Setting("tls", "ssl_ciphers", quote(":".join(CIPHERS)), (SIX_CIPHERS,))
    yield Setting("tls", "ssl_prefer_server_ciphers", "on")


def _planner(context: Context) -> Iterator[Setting]:
    cluster = context.cluster
    reason = "A random page costs an SSD little more than the next one."
    yield Setting("planner", "random_page_cost", f"{cluster.random_page_cost}", (reason,))
    yield Setting("planner", "effective_io_concurrency", f"{cluster.effective_io_concurrency}")
    reason = "Compiling costs more than it saves on the short queries of an application."
    yield Setting("planner", "jit", quote(cluster.jit), (reason,))


def _timeouts(context: Context) -> Iterator[Setting]:
    cluster = context.cluster
    reason = "A runaway query ends."
    yield Setting("timeouts", "statement_timeout", quote(cluster.statement_timeout), (reason,))
    reason = "A transaction that nobody continues keeps its locks and holds back vacuum."
    idle = quote(cluster.idle_in_transaction_session_timeout)
    yield Setting("timeouts", "idle_in_transaction_session_timeout", idle, (reason,))
    reason = "A statement that waits for a lock makes others wait behind it."
    yield Setting("timeouts", "lock_timeout", quote(cluster.lock_timeout), (reason,))


COMPONENT = Component("server", settings=_settings, records=_records, libraries=("auth_delay",))
