"""SCRAM-SHA-256 verifiers as PostgreSQL stores them in `pg_authid.rolpassword`.

The server takes a finished verifier in place of a password, so the password itself never has to
reach a statement, a log or the host. No message of this module holds a password or a verifier.
"""

import hashlib
import hmac
import os
import re
import stringprep
import unicodedata
from binascii import a2b_base64, b2a_base64

from howdah.errors import HowdahError

SALT_BYTES = 16
MIN_ITERATIONS = 4096  # RFC 7677 section 4, and the server's own default
MAX_ITERATIONS = 2**31 - 1  # the server reads them into a C int

_BASE64 = r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?"
_KEY = r"[A-Za-z0-9+/]{43}="  # 32 bytes
_VERIFIER = re.compile(
    rf"SCRAM-SHA-256\$(?P<iterations>[1-9][0-9]{{0,9}}):(?P<salt>(?=[^$]){_BASE64})\${_KEY}:{_KEY}"
)

# The tables of RFC 4013 section 2.3 and, last, what Unicode 3.2 had not assigned (section 2.5).
# Missing are C.1.2, mapped to a space by then, and C.5, surrogates, which are rejected.
_FORBIDDEN = (
    stringprep.in_table_c21_c22,
    stringprep.in_table_c3,
    stringprep.in_table_c4,
    stringprep.in_table_c6,
    stringprep.in_table_c7,
    stringprep.in_table_c8,
    stringprep.in_table_c9,
    stringprep.in_table_a1,
)


class PasswordError(HowdahError):
    """A password the server would not store, or would store as NULL."""


class VerifierError(HowdahError):
    """Not a verifier: the server would hash it as if it were a password, without complaint."""


def _mapped(password: str) -> str:
    """RFC 4013 section 2.1. U+200B is in both tables; to PostgreSQL it is a space."""
    mapped = ""
    for character in password:
        if stringprep.in_table_c12(character):
            mapped += " "
        elif not stringprep.in_table_b1(character):
            mapped += character
    return mapped


def _bidi_wrong(text: str) -> bool:
    """RFC 3454 section 6: right-to-left text begins and ends so and holds no left-to-right."""
    if not any(map(stringprep.in_table_d1, text)):
        return False
    ends = stringprep.in_table_d1(text[0]) and stringprep.in_table_d1(text[-1])
    return not ends or any(map(stringprep.in_table_d2, text))


def _forbidden(text: str) -> bool:
    return any(table(c) for c in text for table in _FORBIDDEN) or _bidi_wrong(text)


def saslprep(password: str) -> bytes:
    """Prepare a password as `pg_saslprep` does, which is not quite RFC 4013.

    The server looks for forbidden characters before it normalises, and takes a password that has
    one (or of which nothing is left) as it stands, in UTF-8. Raises `PasswordError` for text that
    has no UTF-8, because Python's own error would carry the password along.
    """
    if any(map(stringprep.in_table_c5, password)):
        raise PasswordError("password has a surrogate code point; text that fits UTF-8 is needed")
    if password.isascii():
        return password.encode()
    mapped = _mapped(password)
    if not mapped or _forbidden(mapped):
        return password.encode()
    return unicodedata.normalize("NFKC", mapped).encode()


def check_password(password: str) -> None:
    """Raises PasswordError for one that PostgreSQL would not take as it is."""
    if "\0" in password:
        raise PasswordError("password has a NUL character; PostgreSQL would end it there")
    if not _mapped(password):
        raise PasswordError("password is empty or invisible; at least one character is needed")


def _check_iterations(iterations: int) -> None:
    if not MIN_ITERATIONS <= iterations <= MAX_ITERATIONS:
        raise VerifierError(
            f"verifier has {iterations} iterations; {MIN_ITERATIONS} to {MAX_ITERATIONS} are needed"
        )


def _base64(raw: bytes) -> str:
    return b2a_base64(raw, newline=False).decode()


def _compute(
    password: str,
    iterations: int,
    salt: bytes,
) -> str:
    """StoredKey and ServerKey of RFC 5802 section 3, in PostgreSQL's spelling."""
    check_password(password)
    salted = hashlib.pbkdf2_hmac("sha256", saslprep(password), salt, iterations)
    client = hmac.digest(salted, b"Client Key", "sha256")
    stored = hashlib.sha256(client).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    return f"SCRAM-SHA-256${iterations}:{_base64(salt)}${_base64(stored)}:{_base64(server)}"


def _parse(verifier: str) -> tuple[int, bytes]:
    found = _VERIFIER.fullmatch(verifier)
    if found is None:
        raise VerifierError(
            "verifier is malformed; SCRAM-SHA-256$<iterations>:<salt>$<stored key>:<server key> "
            "is needed, in base64, with keys of 32 bytes"
        )
    iterations = int(found["iterations"])
    _check_iterations(iterations)
    return iterations, a2b_base64(found["salt"])


def verifier(
    password: str,
    *,
    iterations: int = 4096,
    salt: bytes | None = None,
) -> str:
    """Make what `PASSWORD '...'` of CREATE ROLE takes, with a fresh random salt by default.

    Raises `PasswordError` for a password that is empty, invisible or not text, and `VerifierError`
    for iterations or a salt the server would not recognise.
    """
    _check_iterations(iterations)
    if salt is None:
        salt = os.urandom(SALT_BYTES)
    if not salt:
        raise VerifierError(f"salt is empty; {SALT_BYTES} random bytes are needed")
    return _compute(password, iterations, salt)


def check(verifier: str) -> None:
    """Raise `VerifierError` unless the server would store this text as it is."""
    _parse(verifier)


def matches(password: str, verifier: str) -> bool:
    """Tell whether the verifier is of this password, in time that does not depend on the answer.

    Raises `VerifierError` and `PasswordError` as `check` and `verifier` do.
    """
    iterations, salt = _parse(verifier)
    return hmac.compare_digest(_compute(password, iterations, salt), verifier)
