"""What a client sees: each role's login over verify-full, and the certificate that is served."""

import hashlib
import os
import socket
import ssl
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address

from deploys.target import Target
from howdah.cluster import Address
from howdah.found import Found
from howdah.verifiers import ROLES

Login = tuple[str, str]  # (database, role)

SSL_REQUEST = struct.pack("!ii", 8, 80877103)
TIMEOUT = 10  # seconds, for a server on the same host
# Whom the server refuses for want of room could have logged in otherwise.
FULL = ("too many connections", "too many clients", "connection slots are reserved")


def refused(target: Target, found: Found) -> dict[Login, str]:
    """The logins that do not succeed, each with the server's words.

    Only roles whose password is in the store are tried, and only where this machine's address
    is in an allowed network.
    """
    address = reached(found, target)
    if not address:
        return {}
    answers = {}
    with _clean_environment():
        for database, role, password in _known(target):
            answers[database, role] = _answer(target, found, address, (database, role, password))
    return {login: why for login, why in answers.items() if why}


def entering(target: Target, found: Found) -> set[Login]:
    """The logins that succeed."""
    if not found.running or not reached(found, target):
        return set()
    out = refused(target, found)
    return {(database, role) for database, role, _ in _known(target)} - out.keys()


def reached(found: Found, target: Target) -> Address | None:
    """Where the running server listens and lets this machine in; None: nowhere."""
    for name in found.listen.split(","):
        address = _address(name.strip())
        if address.is_loopback or any(address in n for n in target.cluster.networks):
            return address
    return None


def served(found: Found, address: Address) -> str:
    """The sha256, in hex, of the certificate that the server shows, as a file of it has it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection((str(address), found.port), timeout=TIMEOUT) as raw:
        raw.sendall(SSL_REQUEST)
        if raw.recv(1) != b"S":
            return ""
        with context.wrap_socket(raw) as secured:
            shown = secured.getpeercert(binary_form=True) or b""
    return hashlib.sha256(ssl.DER_cert_to_PEM_cert(shown).encode()).hexdigest()


def _known(target: Target) -> Iterator[tuple[str, str, str]]:
    variables = {getattr(target.cluster, knob): variable for variable, knob in ROLES.items()}
    for database, role in target.logins:
        password = target.store.password(variables[role]) if role in variables else None
        if password is not None:
            yield database, role, password


def _answer(target: Target, found: Found, address: Address, login: tuple[str, str, str]) -> str:
    """Why it does not succeed; empty when it does."""
    import psycopg  # noqa: PLC0415 a converged run does without

    database, role, password = login
    try:
        psycopg.connect(
            host=str(address), hostaddr=str(address), port=found.port, dbname=database, user=role,
            password=password, sslmode="verify-full", sslrootcert=str(target.store.path("ca.crt")),
            channel_binding="require", gssencmode="disable", sslcertmode="disable",
            connect_timeout=TIMEOUT, application_name="howdah",
        ).close()  # fmt: skip
    except psycopg.OperationalError as e:
        why = str(e).strip().splitlines()[-1]
        return "" if any(words in why for words in FULL) else why
    return ""


def _address(name: str) -> Address:
    if name in ("", "*", "localhost"):
        return ip_address("127.0.0.1")
    address = ip_address(name)
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
