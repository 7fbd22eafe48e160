"""What a client sees: each role's login, over verify-full, and the certificate that is served."""

import hashlib
import os
import socket
import ssl
import struct
from collections.abc import Iterator, Set
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Any

from deploys.target import Target
from deploys.tunnel import tunnel
from howdah.conninfo import security
from howdah.found import Found
from howdah.options import Address
from howdah.pg_hba.rules import REPLICATION
from howdah.secrets.verifiers import LOGINS

Login = tuple[str, str]  # (database, role)

SSL_REQUEST = struct.pack("!ii", 8, 80877103)
TIMEOUT = 10  # seconds, for a server on the same host
IPV6 = 6
# A role that the server rejects for want of room could have logged in otherwise.
FULL = (
    "too many connections",
    "too many clients",
    "connection slots are reserved",
    "exceeds max_wal_senders",
)


def known(target: Target) -> set[Login]:
    """The logins that can be tried: their role's password is in the store."""
    there = set()
    for login in target.logins:
        if _password(target, login) is not None:
            there.add(login)
    return there


def rejected(
    target: Target,
    found: Found,
    tried: Set[Login],
) -> dict[Login, str]:
    """Those of ``tried`` that do not succeed, each with the server's words.

    A rejected one costs half a second (auth_delay). None is tried where this machine's address is
    in no allowed network.
    """
    address = reached(found, target)
    if not address or not found.running:
        return {}
    reasons = {}
    try:
        with _clean_environment(), tunnel(str(address), found.process.port or 0) as near:
            for login in sorted(tried):
                why = _answer(target, near, address, login)
                if why:
                    reasons[login] = why
    except ConnectionRefusedError as e:
        return dict.fromkeys(tried, str(e))
    return reasons


def entering(
    target: Target,
    found: Found,
    tried: Set[Login],
) -> set[Login]:
    """Those of ``tried`` that succeed."""
    if not found.running or not reached(found, target):
        return set()
    out = rejected(target, found, tried)
    return set(tried - out.keys())


def reached(found: Found, target: Target) -> Address | None:
    """Where the running server listens and allows this machine; None: nowhere."""
    for listened in target.runtime.listens(found):
        address = _near(listened)
        is_allowed = any(address in network for network in target.cluster.networks)
        if address.is_loopback or is_allowed:
            return address
    return None


def _near(address: Address) -> Address:
    """The one to connect to, from the host itself."""
    if not address.is_unspecified:
        return address
    if address.version == IPV6:
        return ip_address("::1")
    return ip_address("127.0.0.1")


def served(found: Found, address: Address) -> str:
    """The sha256, in hex, of the certificate that the server shows, as a file of it has it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with (
        tunnel(str(address), found.process.port or 0) as near,
        socket.create_connection(near, timeout=TIMEOUT) as raw,
    ):
        raw.sendall(SSL_REQUEST)
        if raw.recv(1) != b"S":
            return ""
        with context.wrap_socket(raw) as secured:
            shown = secured.getpeercert(binary_form=True) or b""
    pem = ssl.DER_cert_to_PEM_cert(shown)
    return hashlib.sha256(pem.encode()).hexdigest()


def of_the_store(target: Target) -> set[str]:
    """The roles whose passwords the store has, or will have."""
    return set(_variables(target))


def _variables(target: Target) -> dict[str, str]:
    """Role: the variable of its verifier in roles-sql."""
    variables = {}
    for variable, login in LOGINS.items():
        role = login.role(target.cluster)
        variables[role] = variable
    return variables


def _password(target: Target, login: Login) -> str | None:
    _, role = login
    variable = _variables(target).get(role)
    if not variable:
        return None
    return target.store.password(variable)


def _answer(
    target: Target,
    near: tuple[str, int],
    address: Address,
    login: Login,
) -> str:
    """Why it does not succeed; empty when it does."""
    import psycopg  # noqa: PLC0415 a converged run does without

    conninfo = _conninfo(target, near, address, login)
    try:
        psycopg.connect(**conninfo).close()
    except psycopg.OperationalError as e:
        lines = [line for line in str(e).splitlines() if line and not line.startswith("\t")]
        why = lines[-1]  # what is set in is libpq's guess
        is_full = any(words in why for words in FULL)
        if not is_full:
            return why
    return ""


def _conninfo(
    target: Target,
    near: tuple[str, int],
    address: Address,
    login: Login,
) -> dict[str, Any]:
    database, role = login
    conninfo = {
        "host": str(address),
        "hostaddr": near[0],
        "port": near[1],
        "user": role,
        "password": _password(target, login),
        **security(target.cluster, str(target.store.path("ca.crt"))),
        "gssencmode": "disable",
        "sslcertmode": "disable",
        "connect_timeout": TIMEOUT,
        "application_name": "howdah",
    }
    # A physical standby's connection is to no database.
    if database == REPLICATION:
        conninfo["replication"] = "true"
    else:
        conninfo["dbname"] = database
    return conninfo


@contextmanager
def _clean_environment() -> Iterator[None]:
    """Without what libpq would take from it."""
    kept = {}
    for name in list(os.environ):
        if name.startswith("PG"):
            kept[name] = os.environ.pop(name)
    try:
        yield
    finally:
        os.environ.update(kept)
