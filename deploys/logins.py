"""What a client sees: each role's login over verify-full, and the certificate that is served."""

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
from howdah.conninfo import listens_on
from howdah.found import Found
from howdah.options import Address
from howdah.rules import REPLICATION
from howdah.verifiers import LOGINS

Login = tuple[str, str]  # (database, role)

SSL_REQUEST = struct.pack("!ii", 8, 80877103)
TIMEOUT = 10  # seconds, for a server on the same host
# Whom the server refuses for want of room could have logged in otherwise.
FULL = (
    "too many connections",
    "too many clients",
    "connection slots are reserved",
    "exceeds max_wal_senders",
)


def known(target: Target) -> set[Login]:
    """The logins that can be tried: their role's password is in the store."""
    return {login for login in target.logins if _password(target, login) is not None}


def refused(target: Target, found: Found, tried: Set[Login]) -> dict[Login, str]:
    """Those of ``tried`` that do not succeed, each with the server's words.

    A refused one costs half a second (auth_delay). None is tried where this machine's address is
    in no allowed network.
    """
    address = reached(found, target)
    if not address or not found.running:
        return {}
    try:
        with _clean_environment(), tunnel(str(address), found.port or 0) as near:
            answers = {login: _answer(target, near, address, login) for login in sorted(tried)}
    except ConnectionRefusedError as e:
        return dict.fromkeys(tried, str(e))
    return {login: why for login, why in answers.items() if why}


def entering(target: Target, found: Found, tried: Set[Login]) -> set[Login]:
    """Those of ``tried`` that succeed."""
    if not found.running or not reached(found, target):
        return set()
    return {*tried} - refused(target, found, tried).keys()


def reached(found: Found, target: Target) -> Address | None:
    """Where the running server listens and lets this machine in; None: nowhere."""
    for listened in listens_on(found.listen):
        address = _near(listened)
        if address.is_loopback or any(address in n for n in target.cluster.networks):
            return address
    return None


def served(found: Found, address: Address) -> str:
    """The sha256, in hex, of the certificate that the server shows, as a file of it has it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        tunnel(str(address), found.port or 0) as near,
        socket.create_connection(near, timeout=TIMEOUT) as raw,
    ):
        raw.sendall(SSL_REQUEST)
        if raw.recv(1) != b"S":
            return ""
        with context.wrap_socket(raw) as secured:
            shown = secured.getpeercert(binary_form=True) or b""
    return hashlib.sha256(ssl.DER_cert_to_PEM_cert(shown).encode()).hexdigest()


def of_the_store(target: Target) -> set[str]:
    """The roles whose passwords the store has, or will have."""
    return {login.role(target.cluster) for login in LOGINS.values()}


def _password(target: Target, login: Login) -> str | None:
    variables = {login.role(target.cluster): variable for variable, login in LOGINS.items()}
    variable = variables.get(login[1])
    return target.store.password(variable) if variable else None


def _answer(target: Target, near: tuple[str, int], address: Address, login: Login) -> str:
    """Why it does not succeed; empty when it does."""
    import psycopg  # noqa: PLC0415 a converged run does without

    database, role = login
    # A physical standby's connection is to no database.
    where: dict[str, Any] = {"dbname": database}
    if database == REPLICATION:
        where = {"replication": "true"}
    try:
        psycopg.connect(
            host=str(address), hostaddr=near[0], port=near[1], user=role, **where,
            password=_password(target, login), sslmode="verify-full",
            sslrootcert=str(target.store.path("ca.crt")), channel_binding="require",
            gssencmode="disable", sslcertmode="disable", connect_timeout=TIMEOUT,
            application_name="howdah",
        ).close()  # fmt: skip
    except psycopg.OperationalError as e:
        why = str(e).strip().splitlines()[-1]
        return "" if any(words in why for words in FULL) else why
    return ""


def _near(address: Address) -> Address:
    loopback = {4: "127.0.0.1", 6: "::1"}[address.version]
    return ip_address(loopback) if address.is_unspecified else address


@contextmanager
def _clean_environment() -> Iterator[None]:
    """Without what libpq would take from it."""
    kept = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("PG")}
    try:
        yield
    finally:
        os.environ.update(kept)
