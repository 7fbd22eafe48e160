"""Certificates made for real, read back and verified as a client would."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from ipaddress import ip_address
from ssl import PEM_cert_to_DER_cert

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from howdah.secrets.pem import Pair, PairError
from howdah.secrets.x509 import (
    SubjectError,
    ca_faults,
    days_left,
    fingerprint,
    leaf_faults,
    make_ca,
    make_leaf,
)

NOW = datetime(2030, 5, 6, 7, 8, 9, tzinfo=UTC)
DAY, MINUTE, SECOND = timedelta(days=1), timedelta(minutes=1), timedelta(seconds=1)
NAMES = ["db1.example.com", "10.0.0.5", "localhost", "2001:db8::1"]
JUNK = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey
Extensions = list[x509.Extension[x509.ExtensionType]]


@pytest.fixture(scope="module")
def ca() -> Pair:
    return make_ca("test", now=NOW)


@pytest.fixture(scope="module")
def leaf(ca: Pair) -> Pair:
    return make_leaf(ca, NAMES, now=NOW)


def read(pair: Pair) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pair.certificate)


def read_key(pair: Pair) -> Key:
    key = serialization.load_pem_private_key(pair.key, password=None)
    assert isinstance(key, Key)
    return key


def key_pem(key: Key, passphrase: bytes | None = None) -> bytes:
    cipher = serialization.BestAvailableEncryption(passphrase) if passphrase else None
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        cipher or serialization.NoEncryption(),
    )


def reissue(
    pair: Pair, signer: Pair, *, key: Key | None = None, extensions: Extensions | None
) -> Pair:
    """Sign the certificate anew by another tool's hand, with another key or other extensions."""
    old, ca_key, key = read(pair), read_key(signer), key or read_key(pair)
    builder = x509.CertificateBuilder(
        subject_name=old.subject,
        issuer_name=old.subject if signer is pair else read(signer).subject,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=old.not_valid_before_utc.replace(tzinfo=None),
        not_valid_after=old.not_valid_after_utc.replace(tzinfo=None),
        extensions=list(old.extensions) if extensions is None else extensions,
    )
    digest = None if isinstance(ca_key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    made = builder.sign(ca_key, digest)
    return Pair(made.public_bytes(serialization.Encoding.PEM), key_pem(key))


def without(pair: Pair, kind: type[x509.ExtensionType]) -> Extensions:
    return [e for e in read(pair).extensions if not isinstance(e.value, kind)]


def shown(pair: Pair) -> dict[str, tuple[bool, x509.ExtensionType]]:
    return {type(e.value).__name__: (e.critical, e.value) for e in read(pair).extensions}


def key_usage(*allowed: str) -> x509.KeyUsage:
    names = (
        "digital_signature content_commitment key_encipherment data_encipherment key_agreement "
        "key_cert_sign crl_sign encipher_only decipher_only"
    )
    return x509.KeyUsage(**{name: name in allowed for name in names.split()})


def common_name(name: x509.Name) -> str:
    return str(name.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)


def verify(leaf: Pair, ca: Pair, name: str, at: datetime = NOW) -> None:
    try:
        subject: x509.DNSName | x509.IPAddress = x509.IPAddress(ip_address(name))
    except ValueError:
        subject = x509.DNSName(name)
    policy = PolicyBuilder().store(Store([read(ca)])).time(at)
    policy.build_server_verifier(subject).verify(read(leaf), [])


def faults(
    leaf: Pair, ca: Pair, *, names: Sequence[str] = NAMES, days: int = 90, now: datetime = NOW
) -> list[str]:
    return leaf_faults(leaf, ca, names, days=days, now=now)


# -- What is made ------------------------------------------------------------------------


def test_ca_carries_exactly_these_extensions(ca: Pair) -> None:
    public = read(ca).public_key()
    ski = x509.SubjectKeyIdentifier.from_public_key(public)
    assert shown(ca) == {
        "BasicConstraints": (True, x509.BasicConstraints(ca=True, path_length=0)),
        "KeyUsage": (True, key_usage("key_cert_sign", "crl_sign")),
        "SubjectKeyIdentifier": (False, ski),
        "AuthorityKeyIdentifier": (
            False,
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(ski),
        ),
    }


def test_leaf_carries_exactly_these_extensions(leaf: Pair, ca: Pair) -> None:
    ca_ski = x509.SubjectKeyIdentifier.from_public_key(read(ca).public_key())
    assert shown(leaf) == {
        "BasicConstraints": (True, x509.BasicConstraints(ca=False, path_length=None)),
        "KeyUsage": (True, key_usage("digital_signature")),
        "ExtendedKeyUsage": (False, x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])),
        "SubjectAlternativeName": (
            False,
            x509.SubjectAlternativeName(
                [
                    x509.DNSName("db1.example.com"),
                    x509.IPAddress(ip_address("10.0.0.5")),
                    x509.DNSName("localhost"),
                    x509.IPAddress(ip_address("2001:db8::1")),
                ]
            ),
        ),
        "SubjectKeyIdentifier": (
            False,
            x509.SubjectKeyIdentifier.from_public_key(read(leaf).public_key()),
        ),
        "AuthorityKeyIdentifier": (
            False,
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(ca_ski),
        ),
    }


def test_keys_are_p256_signed_with_sha256_in_plain_pkcs8(ca: Pair, leaf: Pair) -> None:
    for pair in (ca, leaf):
        key = read_key(pair)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        assert isinstance(key.curve, ec.SECP256R1)
        assert key.public_key() == read(pair).public_key()
        assert isinstance(read(pair).signature_hash_algorithm, hashes.SHA256)
        assert pair.key.startswith(b"-----BEGIN PRIVATE KEY-----\n")


def test_names_and_dates(ca: Pair, leaf: Pair) -> None:
    assert common_name(read(ca).subject) == common_name(read(ca).issuer) == "Howdah CA test"
    assert common_name(read(leaf).subject) == "db1.example.com"
    assert read(leaf).issuer == read(ca).subject
    for pair, days in ((ca, 3650), (leaf, 90)):
        assert read(pair).not_valid_before_utc == NOW - 5 * MINUTE
        assert read(pair).not_valid_after_utc == NOW + days * DAY


def test_now_is_the_clock_when_left_out() -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    ca = make_ca("test")
    leaf = make_leaf(ca, NAMES)
    assert before <= read(leaf).not_valid_before_utc + 5 * MINUTE <= datetime.now(UTC)
    assert days_left(leaf.certificate) == 89
    assert leaf_faults(leaf, ca, NAMES, days=90) == ca_faults(ca) == []


def test_serials_and_keys_are_new_each_time(ca: Pair) -> None:
    pairs = [make_leaf(ca, NAMES, now=NOW) for _ in range(3)] + [make_ca("test"), ca]
    assert len({read(pair).serial_number for pair in pairs}) == 5
    assert len({pair.key for pair in pairs}) == 5
    assert all(read(pair).serial_number.bit_length() > 100 for pair in pairs)


def test_leaf_never_outlives_its_ca() -> None:
    ca = make_ca("test", days=30, now=NOW)
    leaf = make_leaf(ca, NAMES, days=90, now=NOW)
    assert read(leaf).not_valid_after_utc == read(ca).not_valid_after_utc
    assert faults(leaf, ca) == []


def test_common_name_is_cut_at_64_and_the_full_name_kept(ca: Pair) -> None:
    name = ".".join(["a" * 40, "b" * 40, "example"])
    leaf = make_leaf(ca, [name], now=NOW)
    assert common_name(read(leaf).subject) == name[:64]
    verify(leaf, ca, name)


def test_repeated_and_upper_case_names_are_folded(ca: Pair) -> None:
    leaf = make_leaf(ca, ["DB.example.com", "db.example.com", "::1", "0:0::1"], now=NOW)
    san = read(leaf).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert list(san) == [x509.DNSName("db.example.com"), x509.IPAddress(ip_address("::1"))]
    assert faults(leaf, ca, names=["Db.Example.Com", "::1"]) == []


def test_repr_hides_the_key(leaf: Pair) -> None:
    assert "BEGIN CERTIFICATE" in repr(leaf)
    assert "PRIVATE" not in repr(leaf)


# -- What a client says ------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_chain_verifies_for_each_name(leaf: Pair, ca: Pair, name: str) -> None:
    verify(leaf, ca, name)


@pytest.mark.parametrize("name", ["db2.example.com", "example.com", "10.0.0.6", "::1"])
def test_client_refuses_another_name(leaf: Pair, ca: Pair, name: str) -> None:
    with pytest.raises(VerificationError, match="subject"):
        verify(leaf, ca, name)


def test_client_refuses_another_ca_of_the_same_name(leaf: Pair) -> None:
    with pytest.raises(VerificationError, match="signature"):
        verify(leaf, make_ca("test", now=NOW), NAMES[0])


@pytest.mark.parametrize("at", [NOW - 6 * MINUTE, NOW + 90 * DAY + SECOND])
def test_client_refuses_it_outside_its_dates(leaf: Pair, ca: Pair, at: datetime) -> None:
    with pytest.raises(VerificationError, match="not valid at validation time"):
        verify(leaf, ca, NAMES[0], at)


def test_client_with_a_late_clock_accepts_it(leaf: Pair, ca: Pair) -> None:
    verify(leaf, ca, NAMES[0], NOW - 5 * MINUTE)


# -- Names -------------------------------------------------------------------------------

LONGEST = ".".join(["a" * 63, "b" * 63, "c" * 63, "d" * 61])


@pytest.mark.parametrize("name", ["a", "3com.example", "xn--p1ai", "a-b.c1", LONGEST])
def test_dns_name_is_taken(ca: Pair, name: str) -> None:
    verify(make_leaf(ca, [name], now=NOW), ca, name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "a b",
        "a\n",
        "-a",
        "a-",
        "a..b",
        ".a",
        "a.",
        "*.example.com",
        "my_db",
        "grüße.example",
        "\u212aelvin",  # KELVIN SIGN, which lower() makes an ASCII k
        "a/b",
        "10.0.0.256",
        "10.0.0",
        "10.0.0.0/24",
        "fe80::1%eth0",
        "[::1]",
        "db:5432",
        "a" * 64,
        LONGEST + "d",
    ],
)
def test_other_name_is_refused(ca: Pair, leaf: Pair, name: str) -> None:
    with pytest.raises(SubjectError, match=r"a DNS name .* or an IP address is needed"):
        make_leaf(ca, ["localhost", name], now=NOW)
    with pytest.raises(SubjectError, match=r"a DNS name .* or an IP address is needed"):
        faults(leaf, ca, names=["localhost", name])


@pytest.mark.parametrize("names", [[], (), "localhost"])
def test_no_list_of_names_is_refused(ca: Pair, leaf: Pair, names: list[str]) -> None:
    with pytest.raises(SubjectError, match="a list of DNS names or IP addresses is needed"):
        make_leaf(ca, names, now=NOW)
    with pytest.raises(SubjectError, match="a list of DNS names or IP addresses is needed"):
        faults(leaf, ca, names=names)


@pytest.mark.parametrize("environment", ["", "x" * 55, "ü" * 28])
def test_environment_that_makes_no_common_name_is_refused(environment: str) -> None:
    with pytest.raises(SubjectError, match="a name of 1 to 54 bytes is needed"):
        make_ca(environment)


@pytest.mark.parametrize("environment", ["x" * 54, "ü" * 27])
def test_longest_environment_is_taken(environment: str) -> None:
    assert common_name(read(make_ca(environment)).subject) == f"Howdah CA {environment}"


# -- Reading -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "days"),
    [
        (NOW, 90),
        (NOW + SECOND, 89),
        (NOW + 90 * DAY - SECOND, 0),
        (NOW + 90 * DAY, 0),
        (NOW + 90 * DAY + SECOND, -1),
        (NOW + 91 * DAY + SECOND, -2),
    ],
)
def test_days_left_is_rounded_down(leaf: Pair, at: datetime, days: int) -> None:
    assert days_left(leaf.certificate, at) == days


def test_fingerprint_is_sha256_of_the_der_form(leaf: Pair) -> None:
    der = PEM_cert_to_DER_cert(leaf.certificate.decode())
    assert fingerprint(leaf.certificate) == sha256(der).hexdigest()


@pytest.mark.parametrize("pem", [b"", b"\xff", JUNK])
def test_unreadable_certificate_is_refused(pem: bytes) -> None:
    with pytest.raises(PairError, match="certificate is unreadable"):
        days_left(pem)
    with pytest.raises(PairError, match="certificate is unreadable"):
        fingerprint(pem)


# -- When a leaf must be renewed ---------------------------------------------------------

LIFE = 90 * DAY + 5 * MINUTE
TWO_THIRDS = NOW - 5 * MINUTE + LIFE * 2 / 3


def test_fit_leaf_has_no_faults(leaf: Pair, ca: Pair) -> None:
    assert faults(leaf, ca) == []
    assert faults(leaf, ca, names=NAMES[::-1]) == []


def test_leaf_is_renewed_at_two_thirds_and_not_before(leaf: Pair, ca: Pair) -> None:
    reason = "certificate is past two thirds of its life; it ends at 2030-08-04 07:08 UTC"
    assert faults(leaf, ca, now=TWO_THIRDS - timedelta(microseconds=1)) == []
    assert faults(leaf, ca, now=TWO_THIRDS) == [reason]
    assert faults(leaf, ca, now=NOW + 90 * DAY) == [reason]


def test_expired_leaf(leaf: Pair, ca: Pair) -> None:
    reason = "certificate expired at 2030-08-04 07:08 UTC"
    assert faults(leaf, ca, now=NOW + 90 * DAY + SECOND) == [reason]


def test_leaf_not_yet_valid(leaf: Pair, ca: Pair) -> None:
    reason = "certificate is not valid before 2030-05-06 07:03 UTC"
    assert faults(leaf, ca, now=NOW - 5 * MINUTE) == []
    assert faults(leaf, ca, now=NOW - 5 * MINUTE - SECOND) == [reason]


def test_leaf_that_lasts_longer_than_asked_for(leaf: Pair, ca: Pair) -> None:
    reason = "certificate lasts until 2030-08-04 07:08 UTC; 88 days are asked for"
    assert faults(leaf, ca, days=89) == []
    assert faults(leaf, ca, days=88) == [reason]
    assert faults(leaf, ca, days=365) == []


def test_leaf_with_other_names(leaf: Pair, ca: Pair) -> None:
    others = ["z", "e", "d", "::1", "c", "b"]
    missing, extra = (
        "names are missing: ::1, b, c, d, e, z",
        "names are too many: 10.0.0.5, localhost",
    )
    assert faults(leaf, ca, names=[*NAMES, *others]) == [missing]
    assert faults(leaf, ca, names=[NAMES[0], NAMES[3]]) == [extra]
    assert faults(leaf, ca, names=[NAMES[3], *others, NAMES[0]]) == [missing, extra]


def test_leaf_without_alternative_names(leaf: Pair, ca: Pair) -> None:
    bare = reissue(leaf, ca, extensions=without(leaf, x509.SubjectAlternativeName))
    assert faults(bare, ca, names=["localhost"]) == ["names are missing: localhost"]


def test_leaf_with_the_address_as_dns_name(leaf: Pair, ca: Pair) -> None:
    san = x509.SubjectAlternativeName([x509.DNSName("10.0.0.5")])
    others = without(leaf, x509.SubjectAlternativeName)
    wrong = reissue(leaf, ca, extensions=[*others, x509.Extension(san.oid, False, san)])
    assert faults(wrong, ca, names=["10.0.0.5"]) == [
        "names are missing: 10.0.0.5",
        "names are too many: 10.0.0.5",
    ]


def test_key_of_another_leaf(leaf: Pair, ca: Pair) -> None:
    other = replace(leaf, key=make_leaf(ca, NAMES, now=NOW).key)
    assert faults(other, ca) == ["key does not match the certificate"]


def test_leaf_of_another_ca(leaf: Pair) -> None:
    reason = "certificate is not signed by this CA"
    assert faults(leaf, make_ca("test", now=NOW)) == [reason]  # same name, other key
    assert faults(leaf, make_ca("other", now=NOW)) == [reason]


@pytest.mark.parametrize(
    "key",
    [
        ec.generate_private_key(ec.SECP384R1()),
        rsa.generate_private_key(65537, 2048),
        ed25519.Ed25519PrivateKey.generate(),
    ],
    ids=["P-384", "RSA", "Ed25519"],
)
def test_leaf_with_another_kind_of_key(leaf: Pair, ca: Pair, key: Key) -> None:
    assert faults(reissue(leaf, ca, key=key, extensions=None), ca) == ["key is not EC P-256"]


def test_leaf_that_may_not_serve(leaf: Pair, ca: Pair) -> None:
    reason = "extended key usage lacks serverAuth"
    others = without(leaf, x509.ExtendedKeyUsage)
    client = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
    extension = x509.Extension(client.oid, False, client)
    assert faults(reissue(leaf, ca, extensions=[*others, extension]), ca) == [reason]
    assert faults(reissue(leaf, ca, extensions=others), ca) == [reason]
    both = x509.ExtendedKeyUsage([*client, ExtendedKeyUsageOID.SERVER_AUTH])
    extension = x509.Extension(both.oid, False, both)
    assert faults(reissue(leaf, ca, extensions=[*others, extension]), ca) == []


@pytest.mark.parametrize("pem", [b"", b"\xff", JUNK])
def test_unreadable_leaf(leaf: Pair, ca: Pair, pem: bytes) -> None:
    certificate = "is unreadable; a PEM certificate is needed"
    key = "key is unreadable; a PEM key without passphrase is needed"
    assert faults(replace(leaf, certificate=pem), ca) == [f"certificate {certificate}"]
    assert faults(leaf, replace(ca, certificate=pem)) == [f"CA certificate {certificate}"]
    assert faults(replace(leaf, key=pem), ca) == [key]


def test_certificate_with_an_extension_twice_is_unreadable(leaf: Pair, ca: Pair) -> None:
    extensions = list(read(leaf).extensions)
    twice = reissue(leaf, ca, extensions=[*extensions, extensions[0]])
    assert faults(twice, ca) == ["certificate is unreadable; a PEM certificate is needed"]


def test_bad_name_is_refused_even_when_the_leaf_is_unreadable(leaf: Pair, ca: Pair) -> None:
    with pytest.raises(SubjectError, match="name is 'my_db'"):
        faults(replace(leaf, certificate=JUNK), ca, names=["my_db"])


def test_encrypted_key_is_unreadable(leaf: Pair, ca: Pair) -> None:
    locked = replace(leaf, key=key_pem(read_key(leaf), b"passphrase"))
    assert faults(locked, ca) == ["key is unreadable; a PEM key without passphrase is needed"]


def test_all_faults_come_in_a_fixed_order(leaf: Pair) -> None:
    other = make_ca("other", now=NOW)
    wrong = replace(
        reissue(
            leaf,
            make_ca("test", now=NOW),
            key=ed25519.Ed25519PrivateKey.generate(),
            extensions=without(leaf, x509.ExtendedKeyUsage),
        ),
        key=leaf.key,
    )
    assert faults(wrong, other, names=["b", "localhost"], now=TWO_THIRDS, days=1) == [
        "certificate is past two thirds of its life; it ends at 2030-08-04 07:08 UTC",
        "certificate lasts until 2030-08-04 07:08 UTC; 1 days are asked for",
        "names are missing: b",
        "names are too many: 10.0.0.5, 2001:db8::1, db1.example.com",
        "key does not match the certificate",
        "certificate is not signed by this CA",
        "key is not EC P-256",
        "extended key usage lacks serverAuth",
    ]


# -- When a CA must not sign -------------------------------------------------------------


def refused(ca: Pair, reason: str, now: datetime = NOW) -> None:
    assert ca_faults(ca, now) == [reason]
    with pytest.raises(PairError, match=reason):
        make_leaf(ca, NAMES, now=now)


def test_fit_ca_has_no_faults(ca: Pair) -> None:
    assert ca_faults(ca, NOW - 5 * MINUTE) == []
    assert ca_faults(ca, NOW + 3650 * DAY) == []


def test_ca_outside_its_dates(ca: Pair) -> None:
    expired = "CA certificate expired at 2040-05-03 07:08 UTC"
    refused(ca, expired, NOW + 3650 * DAY + SECOND)
    early = "CA certificate is not valid before 2030-05-06 07:03 UTC"
    refused(ca, early, NOW - 5 * MINUTE - SECOND)


def test_leaf_is_not_a_ca(leaf: Pair) -> None:
    refused(leaf, "CA certificate is not a CA: it may not sign certificates")


def test_ca_that_may_not_sign_certificates(ca: Pair) -> None:
    reason = "CA certificate is not a CA: it may not sign certificates"
    usage = key_usage("crl_sign")
    others = without(ca, x509.KeyUsage)
    refused(reissue(ca, ca, extensions=[*others, x509.Extension(usage.oid, True, usage)]), reason)
    others = without(ca, x509.BasicConstraints)
    refused(reissue(ca, ca, extensions=others), reason)
    leaf_like = x509.BasicConstraints(ca=False, path_length=None)
    extension = x509.Extension(leaf_like.oid, True, leaf_like)
    refused(reissue(ca, ca, extensions=[*others, extension]), reason)


def test_ca_with_another_key(ca: Pair) -> None:
    other = replace(ca, key=make_ca("test", now=NOW).key)
    refused(other, "CA key does not match the CA certificate")


def test_ca_of_ed25519(ca: Pair) -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    signer = replace(ca, key=key_pem(key))
    made = reissue(ca, signer, key=key, extensions=None)
    refused(made, "CA key is neither EC nor RSA; no SCRAM login works below another kind")


@pytest.mark.parametrize("pem", [b"", b"\xff", JUNK])
def test_unreadable_ca(ca: Pair, pem: bytes) -> None:
    certificate = "CA certificate is unreadable; a PEM certificate is needed"
    refused(replace(ca, certificate=pem), certificate)
    key = "CA key is unreadable; a PEM key without passphrase is needed"
    refused(replace(ca, key=pem), key)


def test_authority_key_identifier_is_the_one_the_ca_gave_itself(ca: Pair) -> None:
    ski = x509.SubjectKeyIdentifier(b"chosen by its maker")
    others = without(ca, x509.SubjectKeyIdentifier)
    foreign = reissue(ca, ca, extensions=[*others, x509.Extension(ski.oid, False, ski)])
    leaf = make_leaf(foreign, NAMES, now=NOW)
    aki = read(leaf).extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    assert aki.key_identifier == ski.digest


def test_ca_of_another_tool_signs(ca: Pair) -> None:
    """One with an RSA key and without identifiers or key usage, as older tools make them."""
    key = rsa.generate_private_key(65537, 2048)
    only = [e for e in read(ca).extensions if isinstance(e.value, x509.BasicConstraints)]
    foreign = reissue(ca, replace(ca, key=key_pem(key)), key=key, extensions=only)
    leaf = make_leaf(foreign, NAMES, now=NOW)
    assert faults(leaf, foreign) == ca_faults(foreign, NOW) == []
    aki = read(leaf).extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    assert aki == x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
