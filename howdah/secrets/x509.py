"""A private certificate authority and the server certificates it issues, as PEM.

Keys are ECDSA P-256. Never Ed25519, neither the server's key nor the signature upon it: libpq
finds no digest for the channel binding of such a certificate and every SCRAM login fails.
A `now` must carry its time zone; left out, it is the clock of this machine.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from howdah.errors import HowdahError
from howdah.names import is_dns_name
from howdah.secrets.clocks import TOLERANCE
from howdah.secrets.pem import (
    CAKey,
    Pair,
    PairError,
    extension,
    read_ca_key,
    read_certificate,
    read_key,
    written,
)

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
_NOT_SIGNED = (ValueError, TypeError, InvalidSignature)


class SubjectError(HowdahError):
    """Not a name a certificate can carry."""


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
    general_names = map(_general_name, names)
    return list(dict.fromkeys(general_names))


def _key_usage(*allowed: str) -> x509.KeyUsage:
    usages = {}
    for usage in _USAGES:
        usages[usage] = usage in allowed
    return x509.KeyUsage(**usages)


def _now(now: datetime | None) -> datetime:
    return now or datetime.now(UTC)


def _common_name(name: str) -> x509.Name:
    attribute = x509.NameAttribute(NameOID.COMMON_NAME, name)
    return x509.Name([attribute])


def _builder(
    name: x509.Name,
    key: ec.EllipticCurvePublicKey,
    start: datetime,
    end: datetime,
) -> x509.CertificateBuilder:
    number = x509.random_serial_number()
    identifier = x509.SubjectKeyIdentifier.from_public_key(key)
    builder = x509.CertificateBuilder()
    builder = builder.subject_name(name)
    builder = builder.public_key(key)
    builder = builder.serial_number(number)
    builder = builder.not_valid_before(start - BACKDATE)
    builder = builder.not_valid_after(end)
    return builder.add_extension(identifier, critical=False)


def make_ca(environment: str, *, days: int = 3650, now: datetime | None = None) -> Pair:
    """Make an authority named after the environment, which may issue leaves and nothing below."""
    common_name = f"Howdah CA {environment}"
    if not environment or len(common_name.encode()) > CN_LENGTH:
        raise SubjectError(f"environment is {environment!r}; a name of 1 to 54 bytes is needed")
    name = _common_name(common_name)
    start = _now(now)
    end = start + timedelta(days=days)
    key = ec.generate_private_key(ec.SECP256R1())
    public_key = key.public_key()
    constraints = x509.BasicConstraints(ca=True, path_length=0)
    usage = _key_usage("key_cert_sign", "crl_sign")
    aki = x509.AuthorityKeyIdentifier.from_issuer_public_key(public_key)
    builder = _builder(name, public_key, start, end)
    builder = builder.issuer_name(name)
    builder = builder.add_extension(constraints, critical=True)
    builder = builder.add_extension(usage, critical=True)
    builder = builder.add_extension(aki, critical=False)
    certificate = builder.sign(key, hashes.SHA256())
    return written(certificate, key)


def _aki(issuer: x509.Certificate, key: CAKey) -> x509.AuthorityKeyIdentifier:
    ski = extension(issuer, x509.SubjectKeyIdentifier)
    if ski is None:
        public_key = key.public_key()
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(public_key)
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(ski)


def make_leaf(
    ca: Pair,
    names: Sequence[str],
    *,
    days: int = 90,
    now: datetime | None = None,
) -> Pair:
    """Make a server certificate with a new key; it ends with its CA when that ends sooner.

    Raises `SubjectError` for a name no certificate can carry, and `PairError` for a CA with faults.
    """
    alternatives = _general_names(names)
    start = _now(now)
    faults = ca_faults(ca, start)
    if faults:
        raise PairError("; ".join(faults))
    issuer = read_certificate(ca.certificate, "CA certificate")
    ca_key = read_ca_key(ca.key)
    end = min(start + timedelta(days=days), issuer.not_valid_after_utc)
    name = _common_name(names[0][:CN_LENGTH])
    key = ec.generate_private_key(ec.SECP256R1())
    constraints = x509.BasicConstraints(ca=False, path_length=None)
    usage = _key_usage("digital_signature")
    server_auth = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    alternative_name = x509.SubjectAlternativeName(alternatives)
    aki = _aki(issuer, ca_key)
    builder = _builder(name, key.public_key(), start, end)
    builder = builder.issuer_name(issuer.subject)
    builder = builder.add_extension(constraints, critical=True)
    builder = builder.add_extension(usage, critical=True)
    builder = builder.add_extension(server_auth, critical=False)
    builder = builder.add_extension(alternative_name, critical=False)
    builder = builder.add_extension(aki, critical=False)
    certificate = builder.sign(ca_key, hashes.SHA256())
    return written(certificate, key)


def days_left(certificate: bytes, now: datetime | None = None) -> int:
    """Whole days until it ends, rounded down: 0 on the last day, negative once expired."""
    end = read_certificate(certificate, "certificate").not_valid_after_utc
    return (end - _now(now)) // timedelta(days=1)


def fingerprint(certificate: bytes) -> str:
    """SHA-256 of the DER form in lower-case hex, as `openssl x509 -fingerprint` without colons."""
    digest = read_certificate(certificate, "certificate").fingerprint(hashes.SHA256())
    return digest.hex()


def _date_faults(certificate: x509.Certificate, what: str, now: datetime) -> list[str]:
    start = certificate.not_valid_before_utc
    end = certificate.not_valid_after_utc
    if now > end:
        return [f"{what} expired at {end:{_MINUTE}}"]
    if now < start:
        return [f"{what} is not valid before {start:{_MINUTE}}"]
    return []


def _age_faults(certificate: x509.Certificate, days: int, now: datetime) -> list[str]:
    start = certificate.not_valid_before_utc
    end = certificate.not_valid_after_utc
    age = now - start
    life = end - start
    faults = []
    if now <= end and 3 * age >= 2 * life:
        faults.append(f"certificate is past two thirds of its life; it ends at {end:{_MINUTE}}")
    if end > now + timedelta(days=days + 1):
        faults.append(f"certificate lasts until {end:{_MINUTE}}; {days} days are asked for")
    return faults


def _name_faults(certificate: x509.Certificate, names: Sequence[str]) -> list[str]:
    wanted = set[x509.GeneralName](_general_names(names))
    found = set(extension(certificate, x509.SubjectAlternativeName) or ())
    faults = []
    if wanted - found:
        faults.append(f"names are missing: {_listed(wanted - found)}")
    if found - wanted:
        faults.append(f"names are too many: {_listed(found - wanted)}")
    return faults


def _listed(names: set[x509.GeneralName]) -> str:
    values = sorted(str(name.value) for name in names)
    return ", ".join(values)


def _is_signed_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except _NOT_SIGNED:
        return False
    return True


def _kind_faults(certificate: x509.Certificate) -> list[str]:
    faults = []
    key = certificate.public_key()
    curve = None
    if isinstance(key, ec.EllipticCurvePublicKey):
        curve = key.curve
    if not isinstance(curve, ec.SECP256R1):
        faults.append("key is not EC P-256")
    usage = extension(certificate, x509.ExtendedKeyUsage)
    if usage is None or ExtendedKeyUsageOID.SERVER_AUTH not in usage:
        faults.append("extended key usage lacks serverAuth")
    return faults


def leaf_faults(
    leaf: Pair,
    ca: Pair,
    names: Sequence[str],
    *,
    days: int,
    now: datetime | None = None,
) -> list[str]:
    """Why this leaf must be renewed, in a fixed order; empty when it is fit.

    Raises `SubjectError` for a name no certificate can carry.
    """
    _general_names(names)
    try:
        certificate = read_certificate(leaf.certificate, "certificate")
        key = read_key(leaf.key, "key")
        issuer = read_certificate(ca.certificate, "CA certificate")
    except PairError as e:
        return [str(e)]
    faults = _date_faults(certificate, "certificate", _now(now))
    faults += _age_faults(certificate, days, _now(now))
    faults += _name_faults(certificate, names)
    if key.public_key() != certificate.public_key():
        faults.append("key does not match the certificate")
    if not _is_signed_by(certificate, issuer):
        faults.append("certificate is not signed by this CA")
    faults += _kind_faults(certificate)
    return faults


def _authority_faults(certificate: x509.Certificate) -> list[str]:
    constraints = extension(certificate, x509.BasicConstraints)
    usage = extension(certificate, x509.KeyUsage)
    is_ca = constraints is not None and constraints.ca
    may_sign = usage is None or usage.key_cert_sign
    if is_ca and may_sign:
        return []
    return ["CA certificate is not a CA: it may not sign certificates"]


def ca_faults(ca: Pair, now: datetime | None = None) -> list[str]:
    """Why this CA must not sign, in a fixed order; empty when it may."""
    try:
        certificate = read_certificate(ca.certificate, "CA certificate")
        key = read_ca_key(ca.key)
    except PairError as e:
        return [str(e)]
    faults = _authority_faults(certificate)
    faults += _date_faults(certificate, "CA certificate", _now(now))
    if key.public_key() != certificate.public_key():
        faults.append("CA key does not match the CA certificate")
    return faults
