"""A private certificate authority and the server certificates it issues, as PEM.

Keys are ECDSA P-256. Never Ed25519, neither the server's key nor the signature upon it: libpq
finds no digest for the channel binding of such a certificate and every SCRAM login fails.
A `now` must carry its time zone; left out, it is the clock of this machine.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING, TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from howdah.clocks import TOLERANCE
from howdah.errors import HowdahError
from howdah.names import is_dns_name

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

# A client whose clock is late still accepts a new certificate.
BACKDATE = timedelta(seconds=TOLERANCE)
CN_LENGTH = 64  # ub-common-name, RFC 5280 appendix A
_MINUTE = "%Y-%m-%d %H:%M UTC"

_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)
_UNPARSED = (x509.DuplicateExtension, x509.UnsupportedGeneralNameType, UnsupportedAlgorithm)
_CAKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
_Extension = TypeVar("_Extension", bound=x509.ExtensionType)


class SubjectError(HowdahError):
    """Not a name a certificate can carry."""


class PairError(HowdahError):
    """A certificate or key that cannot be used."""


@dataclass(frozen=True)
class Pair:
    """A certificate and its key, both PEM; the key is PKCS8 and not encrypted."""

    certificate: bytes
    key: bytes = field(repr=False)


def _general_name(name: str) -> x509.DNSName | x509.IPAddress:
    try:
        if "%" not in name:  # a zone means something on one host only
            return x509.IPAddress(ip_address(name))
    except ValueError:
        pass
    if not is_dns_name(name):
        raise SubjectError(f"name is {name!r}; a DNS name (RFC 1123) or an IP address is needed")
    return x509.DNSName(name.lower())


def _general_names(names: Sequence[str]) -> list[x509.DNSName | x509.IPAddress]:
    if not names or isinstance(names, str):
        raise SubjectError(f"names are {names!r}; a list of DNS names or IP addresses is needed")
    return list(dict.fromkeys(map(_general_name, names)))


def _read_certificate(pem: bytes, what: str) -> x509.Certificate:
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        certificate.public_key(), certificate.extensions  # parsed late
    except (ValueError, *_UNPARSED) as e:
        raise PairError(f"{what} is unreadable; a PEM certificate is needed") from e
    return certificate


def _read_key(pem: bytes, what: str) -> "PrivateKeyTypes":
    try:
        return serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):  # TypeError: it is encrypted
        raise PairError(f"{what} is unreadable; a PEM key without passphrase is needed") from None


def _read_ca_key(pem: bytes) -> _CAKey:
    key = _read_key(pem, "CA key")
    if not isinstance(key, _CAKey):
        raise PairError("CA key is neither EC nor RSA; no SCRAM login works below another kind")
    return key


def _extension(certificate: x509.Certificate, kind: type[_Extension]) -> _Extension | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _key_usage(*allowed: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{usage: usage in allowed for usage in _USAGES})


def _now(now: datetime | None) -> datetime:
    return now or datetime.now(UTC)


def _common_name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _builder(
    name: x509.Name, key: ec.EllipticCurvePublicKey, start: datetime, end: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start - BACKDATE)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _pair(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Pair:
    pem = serialization.Encoding.PEM
    return Pair(
        certificate.public_bytes(pem),
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    )


def make_ca(environment: str, *, days: int = 3650, now: datetime | None = None) -> Pair:
    """Make an authority named after the environment, which may issue leaves and nothing below."""
    common_name = f"Howdah CA {environment}"
    if not environment or len(common_name.encode()) > CN_LENGTH:
        raise SubjectError(f"environment is {environment!r}; a name of 1 to 54 bytes is needed")
    start, name = _now(now), _common_name(common_name)
    key = ec.generate_private_key(ec.SECP256R1())
    aki = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
    certificate = (
        _builder(name, key.public_key(), start, start + timedelta(days=days))
        .issuer_name(name)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage("key_cert_sign", "crl_sign"), critical=True)
        .add_extension(aki, critical=False)
        .sign(key, hashes.SHA256())
    )
    return _pair(certificate, key)


def _aki(issuer: x509.Certificate, key: _CAKey) -> x509.AuthorityKeyIdentifier:
    ski = _extension(issuer, x509.SubjectKeyIdentifier)
    if ski is None:
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(ski)


def make_leaf(
    ca: Pair, names: Sequence[str], *, days: int = 90, now: datetime | None = None
) -> Pair:
    """Make a server certificate with a new key; it ends with its CA when that ends sooner.

    Raises `SubjectError` for a name no certificate can carry, and `PairError` for a CA with faults.
    """
    alternatives, start = _general_names(names), _now(now)
    if faults := ca_faults(ca, start):
        raise PairError("; ".join(faults))
    issuer, ca_key = _read_certificate(ca.certificate, "CA certificate"), _read_ca_key(ca.key)
    key = ec.generate_private_key(ec.SECP256R1())
    end = min(start + timedelta(days=days), issuer.not_valid_after_utc)
    server_auth = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    certificate = (
        _builder(_common_name(names[0][:CN_LENGTH]), key.public_key(), start, end)
        .issuer_name(issuer.subject)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage("digital_signature"), critical=True)
        .add_extension(server_auth, critical=False)
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(_aki(issuer, ca_key), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    return _pair(certificate, key)


def days_left(certificate: bytes, now: datetime | None = None) -> int:
    """Whole days until it ends, rounded down: 0 on the last day, negative once expired."""
    end = _read_certificate(certificate, "certificate").not_valid_after_utc
    return (end - _now(now)) // timedelta(days=1)


def fingerprint(certificate: bytes) -> str:
    """SHA-256 of the DER form in lower-case hex, as `openssl x509 -fingerprint` without colons."""
    return _read_certificate(certificate, "certificate").fingerprint(hashes.SHA256()).hex()


def _date_faults(certificate: x509.Certificate, what: str, now: datetime) -> list[str]:
    start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if now > end:
        return [f"{what} expired at {end:{_MINUTE}}"]
    if now < start:
        return [f"{what} is not valid before {start:{_MINUTE}}"]
    return []


def _age_faults(certificate: x509.Certificate, days: int, now: datetime) -> list[str]:
    start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    faults = []
    if now <= end and 3 * (now - start) >= 2 * (end - start):
        faults.append(f"certificate is past two thirds of its life; it ends at {end:{_MINUTE}}")
    if end > now + timedelta(days=days + 1):
        faults.append(f"certificate lasts until {end:{_MINUTE}}; {days} days are asked for")
    return faults


def _name_faults(certificate: x509.Certificate, names: Sequence[str]) -> list[str]:
    wanted = set[x509.GeneralName](_general_names(names))
    found = set(_extension(certificate, x509.SubjectAlternativeName) or ())
    missing = sorted(str(name.value) for name in wanted - found)
    extra = sorted(str(name.value) for name in found - wanted)
    faults = [f"names are missing: {', '.join(missing)}"] if missing else []
    return faults + ([f"names are too many: {', '.join(extra)}"] if extra else [])


def _is_signed_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _kind_faults(certificate: x509.Certificate) -> list[str]:
    key, faults = certificate.public_key(), []
    if not (isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)):
        faults.append("key is not EC P-256")
    usage = _extension(certificate, x509.ExtendedKeyUsage)
    if usage is None or ExtendedKeyUsageOID.SERVER_AUTH not in usage:
        faults.append("extended key usage lacks serverAuth")
    return faults


def leaf_faults(
    leaf: Pair, ca: Pair, names: Sequence[str], *, days: int, now: datetime | None = None
) -> list[str]:
    """Why this leaf must be renewed, in a fixed order; empty when it is fit.

    Raises `SubjectError` for a name no certificate can carry.
    """
    _general_names(names)
    try:
        certificate = _read_certificate(leaf.certificate, "certificate")
        key = _read_key(leaf.key, "key")
        issuer = _read_certificate(ca.certificate, "CA certificate")
    except PairError as e:
        return [str(e)]
    matching = key.public_key() == certificate.public_key()
    return [
        *_date_faults(certificate, "certificate", _now(now)),
        *_age_faults(certificate, days, _now(now)),
        *_name_faults(certificate, names),
        *([] if matching else ["key does not match the certificate"]),
        *([] if _is_signed_by(certificate, issuer) else ["certificate is not signed by this CA"]),
        *_kind_faults(certificate),
    ]


def _authority_faults(certificate: x509.Certificate) -> list[str]:
    constraints = _extension(certificate, x509.BasicConstraints)
    usage = _extension(certificate, x509.KeyUsage)
    is_ca = constraints is not None and constraints.ca and (usage is None or usage.key_cert_sign)
    return [] if is_ca else ["CA certificate is not a CA: it may not sign certificates"]


def ca_faults(ca: Pair, now: datetime | None = None) -> list[str]:
    """Why this CA must not sign, in a fixed order; empty when it may."""
    try:
        certificate = _read_certificate(ca.certificate, "CA certificate")
        key = _read_ca_key(ca.key)
    except PairError as e:
        return [str(e)]
    matching = key.public_key() == certificate.public_key()
    return [
        *_authority_faults(certificate),
        *_date_faults(certificate, "CA certificate", _now(now)),
        *([] if matching else ["CA key does not match the CA certificate"]),
    ]
