"""Verifiers, compared with those libpq makes. libpq needs no server for it."""

import base64
import hashlib
import hmac
from collections.abc import Callable

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from psycopg import pq

from howdah.secrets.scram import PasswordError, VerifierError, check, matches, saslprep, verifier

PHRASE = "correct horse battery"
SALT = base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")  # RFC 7677 section 3

AWKWARD = [
    "pencil",
    "it's",
    'say "yes"',
    "back\\slash\\",
    "$(id)",
    "`id`",
    "100%s %d %(x)s",
    "$1 ${HOME} \\x41",
    "trailing   ",
    "   leading",
    " ",
    "tab\tand\nnewline\r\n",
    "grüße",
    "gru\u0308ße",  # the same, combining
    "пароль",
    "密码",
    "🐘🔑",
    "e\u0340",  # forbidden before normalisation, not after
    "\u0340",
    "I\u00adX",  # soft hyphen, dropped
    "\u2168",  # compatibility form of IX
    "a\u00a0b",  # no-break space
    "a\u200bb",  # in both tables
    "\u00e4\x7f",  # a control character next to non-ASCII
    "\ufe8d1",  # right-to-left that ends otherwise
    "1\ufe8d",
    "\ufe8d1\ufe8d",  # right-to-left that is right
    "\ufe8da\ufe8d",
    # One of each forbidden table, beside a character that would else be normalised.
    "\u2168\x7f",
    "\u2168\u0080",
    "\u2168\ue000",
    "\u2168\ufdd0",
    "\u2168\ufffd",
    "\u2168\u2ff0",
    "\u2168\u200e",
    "\u2168\U000e0001",
    "\u2168\u0221",
    "x" * 1000,
    "ü" * 1000,
]


@pytest.fixture(scope="module")
def libpq() -> Callable[[str], str]:
    connection = pq.PGconn.connect(b"host=/nonexistent")

    def make(password: str) -> str:
        return connection.encrypt_password(password.encode(), b"app", b"scram-sha-256").decode()

    return make


def hmac256(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def keys(text: str) -> tuple[bytes, bytes]:
    stored, server = text.split("$")[2].split(":")
    return base64.b64decode(stored), base64.b64decode(server)


def remade(text: str, *, stored: bytes | None = None, server: bytes | None = None) -> str:
    head, (old_stored, old_server) = text.rpartition("$")[0], keys(text)
    both = [old_stored if stored is None else stored, old_server if server is None else server]
    return f"{head}${':'.join(base64.b64encode(key).decode() for key in both)}"


@pytest.mark.parametrize("password", AWKWARD, ids=ascii)
def test_verifier_of_libpq_matches(libpq: Callable[[str], str], password: str) -> None:
    theirs = libpq(password)
    assert matches(password, theirs)
    assert not matches(password + "x", theirs)


@pytest.mark.parametrize("password", AWKWARD, ids=ascii)
def test_verifier_equals_that_of_libpq_for_its_salt(
    libpq: Callable[[str], str], password: str
) -> None:
    theirs = libpq(password)
    salt = base64.b64decode(theirs.split("$")[1].split(":")[1])
    assert verifier(password, salt=salt) == theirs


# Code points at which the tables of RFC 3454 part, besides anything at all.
EDGES = st.sampled_from("aZ1 \x01\x7f\u00a0\u00ad\u0340\u0341\u0221\u0627\u05d0\u0661\u200b\u200e")
TEXT = st.text(EDGES | st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


@settings(deadline=None, max_examples=300)
@given(TEXT)
@example("\u05d0\u0340")
@example("\u00a8")  # normalises to a space and a combining mark
def test_any_password_agrees_with_libpq(libpq: Callable[[str], str], password: str) -> None:
    theirs = libpq(password)
    try:
        agreed = matches(password, theirs)
    except PasswordError:
        assume(False)
    assert agreed


def test_rfc_7677_exchange_verifies() -> None:
    text = verifier("pencil", salt=SALT)
    stored, server = keys(text)
    message = (
        "n=user,r=rOprNGfwEbeRWgbNEkqO,"
        "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,"
        "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
    )
    proof = base64.b64decode("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")
    signature = hmac256(stored, message)
    client_key = bytes(a ^ b for a, b in zip(proof, signature, strict=True))
    assert hashlib.sha256(client_key).digest() == stored
    signed = base64.b64encode(hmac256(server, message))
    assert signed == b"6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="


def test_salt_is_16_fresh_bytes() -> None:
    salts = {verifier(PHRASE).split("$")[1].split(":")[1] for _ in range(3)}
    assert len(salts) == 3
    assert {len(base64.b64decode(salt)) for salt in salts} == {16}


def test_iterations_are_kept() -> None:
    text = verifier(PHRASE, iterations=5000)
    assert text.startswith("SCRAM-SHA-256$5000:")
    assert matches(PHRASE, text)


def test_either_key_alone_does_not_match() -> None:
    ours, other = verifier(PHRASE, salt=SALT), verifier("other", salt=SALT)
    stored, server = keys(other)
    assert not matches(PHRASE, remade(ours, stored=stored))
    assert not matches(PHRASE, remade(ours, server=server))


@pytest.mark.parametrize(
    ("password", "prepared"),
    [
        ("a b", b"a b"),
        ("a\x01", b"a\x01"),
        ("I\u00adX", b"IX"),
        ("\u00aa", b"a"),
        ("\u2168", b"IX"),
        ("a\u00a0b", b"a b"),
        ("a\u200bb", b"a b"),
        ("ä\x07", "ä\x07".encode()),
        ("\ufe8d1", "\ufe8d1".encode()),
        ("\ufe8d1\ufe8d", "\u06271\u0627".encode()),
        ("\u2168\u0340", "\u2168\u0340".encode()),
        ("\u00ad", "\u00ad".encode()),
    ],
    ids=ascii,
)
def test_saslprep(password: str, prepared: bytes) -> None:
    assert saslprep(password) == prepared


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("", "empty or invisible"),
        ("\u00ad\ufeff", "empty or invisible"),
        (f"{PHRASE}\0", "NUL character"),
        (f"{PHRASE}\udc80", "surrogate code point"),
    ],
    ids=["empty", "invisible", "nul", "surrogate"],
)
def test_password_is_refused(password: str, reason: str) -> None:
    with pytest.raises(PasswordError, match=reason) as refused:
        verifier(password)
    with pytest.raises(PasswordError, match=reason):
        matches(password, verifier(PHRASE))
    assert PHRASE not in repr(refused.value)
    assert refused.value.__context__ is None  # the error of a failed encode() holds the password


def test_saslprep_refuses_a_surrogate_without_showing_the_password() -> None:
    with pytest.raises(PasswordError, match="surrogate code point") as refused:
        saslprep(f"{PHRASE}\ud800")
    assert PHRASE not in repr(refused.value)
    assert refused.value.__context__ is None


@pytest.mark.parametrize("iterations", [-1, 0, 1, 4095, 2**31])
def test_iterations_out_of_range_are_refused(iterations: int) -> None:
    with pytest.raises(VerifierError, match=f"has {iterations} iterations; 4096 to 2147483647"):
        verifier(PHRASE, iterations=iterations)


def test_empty_salt_is_refused() -> None:
    with pytest.raises(VerifierError, match="salt is empty"):
        verifier(PHRASE, salt=b"")


GOOD = verifier(PHRASE, salt=SALT)
HEAD, SALTED, KEYS = GOOD.split("$")
STORED, SERVER = KEYS.split(":")

MALFORMED = {
    "empty": "",
    "a password": PHRASE,
    "md5": "md5" + "0" * 32,
    "other mechanism": GOOD.replace("256", "512"),
    "lower case": GOOD.lower(),
    "space before": " " + GOOD,
    "newline after": GOOD + "\n",
    "text after": GOOD + "$",
    "no server key": f"{HEAD}${SALTED}${STORED}",
    "colon for dollar": f"{HEAD}${SALTED}:{STORED}:{SERVER}",
    "empty salt": f"{HEAD}$4096:${KEYS}",
    "salt without padding": f"{HEAD}${SALTED.rstrip('=')}${KEYS}",
    "salt not base64": f"{HEAD}$4096:W22_aJ0SNY7soEsUEjb6gQ==${KEYS}",
    "leading zero": GOOD.replace("$4096", "$04096"),
    "negative": GOOD.replace("$4096", "$-4096"),
    "no iterations": GOOD.replace("$4096", "$"),
    "other digits": GOOD.replace("$4096", "$\u0664\u0660\u0669\u0666"),
    "endless iterations": GOOD.replace("$4096", "$" + "9" * 5000),
    "stored key of 31 bytes": remade(GOOD, stored=bytes(31)),
    "stored key of 33 bytes": remade(GOOD, stored=bytes(33)),
    "server key of 31 bytes": remade(GOOD, server=bytes(31)),
    "server key of 33 bytes": remade(GOOD, server=bytes(33)),
}


def test_good_verifier_passes() -> None:
    check(GOOD)
    check(remade(GOOD, stored=bytes(32), server=bytes(32)))
    assert matches(PHRASE, GOOD)


@pytest.mark.parametrize("text", MALFORMED.values(), ids=MALFORMED)
def test_malformed_verifier_is_refused(text: str) -> None:
    with pytest.raises(VerifierError, match="verifier is malformed") as refused:
        check(text)
    with pytest.raises(VerifierError, match="verifier is malformed"):
        matches(PHRASE, text)
    assert not any(part in repr(refused.value) for part in (PHRASE, STORED, SERVER, SALTED))


def test_verifier_with_few_iterations_is_refused() -> None:
    with pytest.raises(VerifierError, match="has 4095 iterations; 4096 to") as refused:
        check(GOOD.replace("$4096", "$4095"))
    assert STORED not in repr(refused.value)
