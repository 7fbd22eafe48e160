"""Certificates and keys as PEM: pairs of them, and what is read of one."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from howdah.errors import HowdahError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

_UNREADABLE_CERTIFICATE = (
    ValueError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
_UNREADABLE_KEY = (
    ValueError,
    UnsupportedAlgorithm,
    TypeError,  # it is encrypted
)
CAKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
Extension = TypeVar("Extension", bound=x509.ExtensionType)


class PairError(HowdahError):
    """A certificate or key that cannot be used."""


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, both PEM; the key is PKCS8 and not encrypted."""

    certificate: bytes
    key: bytes = field(repr=False)


def read_certificate(pem: bytes, what: str) -> x509.Certificate:
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        certificate.public_key(), certificate.extensions  # parsed late
    except _UNREADABLE_CERTIFICATE as e:
        raise PairError(f"{what} is unreadable; a PEM certificate is needed") from e
    return certificate


def read_key(pem: bytes, what: str) -> "PrivateKeyTypes":
    try:
        return serialization.load_pem_private_key(pem, password=None)
    except _UNREADABLE_KEY:
        raise PairError(f"{what} is unreadable; a PEM key without passphrase is needed") from None


def read_ca_key(pem: bytes) -> CAKey:
    key = read_key(pem, "CA key")
    if not isinstance(key, CAKey):
        raise PairError("CA key is neither EC nor RSA; no SCRAM login works below another kind")
    return key


def extension(certificate: x509.Certificate, kind: type[Extension]) -> Extension | None:
    try:
        found = certificate.extensions.get_extension_for_class(kind)
    except x509.ExtensionNotFound:
        return None
    return found.value


def written(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Pair:
    pem = serialization.Encoding.PEM
    key_pem = key.private_bytes(
        encoding=pem,
        format=serialization.PrivateFormat.PKCS8,
        encryption_algorithm=serialization.NoEncryption(),
    )
    return Pair(certificate.public_bytes(pem), key_pem)
