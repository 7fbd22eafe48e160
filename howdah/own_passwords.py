"""Passwords that roles have set by themselves, and whether their verifiers show them to be weak.

No library of the server's sees more than a verifier. A role of the store gets its own verifier
back; of the others' nobody here knows the password, so that a weak one is only reported.
"""

import hashlib
import re
from binascii import Error, a2b_base64
from collections.abc import Iterator, Mapping
from typing import Any

from howdah import scram
from howdah.catalog import Catalog
from howdah.wanted import Wanted

WORDS = (
    "password", "Password1", "passw0rd", "postgres", "postgresql", "admin", "root", "secret",
    "changeme", "change_me", "changeit", "default", "test", "demo", "guest", "user", "letmein",
    "welcome", "qwerty", "123456", "12345678", "123456789", "1234567890",
)  # fmt: skip
BEHIND = ("", "1", "123", "pw", "_password")  # the role's own name
# A role chooses them, and each guess costs as many.
MOST_ITERATIONS = 100_000


def few_iterations(found: Catalog, want: Wanted) -> Iterator[str]:
    """A line for each role whose password is hashed less often than PostgreSQL does it."""
    for role, attributes in _of_their_own(found, want):
        number = _iterations(attributes)
        if number < scram.MIN_ITERATIONS:
            yield (f"role {role} has a password with {number} iterations of SCRAM; needs "
                   f"{scram.MIN_ITERATIONS} or more: set it anew")  # fmt: skip


def guessed(found: Catalog, want: Wanted) -> Iterator[str]:
    """A line for each role with a password that anybody would try: a tenth of a second for one."""
    for role, attributes in _of_their_own(found, want):
        own = [role[::-1], *(f"{role}{end}" for end in BEHIND)]
        if any(_is(guess, attributes) for guess in (*own, *want.connlimits, *WORDS)):
            yield f"role {role} has a password that is easily guessed: set another"


def _of_their_own(found: Catalog, want: Wanted) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Roles of roles-sql whose SCRAM verifier is not the store's, and what is known of each."""
    for role, attributes in want.roles.items():
        now = found.roles.get(role, {})
        if attributes["password"] is None and now.get("salt"):
            yield role, now


def _iterations(attributes: Mapping[str, Any]) -> int:
    """The server takes whatever begins like a number."""
    text = str(attributes["iterations"])
    return int(text) if re.fullmatch("[0-9]{1,10}", text) else 0


def _is(guess: str, attributes: Mapping[str, Any]) -> bool:
    """Whether the verifier, known by its sha256 only, is of that password."""
    number = _iterations(attributes)
    if not scram.MIN_ITERATIONS <= number <= MOST_ITERATIONS:
        return False
    try:
        salt = a2b_base64(attributes["salt"])
    except Error:
        return False
    verifier = scram.verifier(guess, iterations=number, salt=salt)
    digest: str = attributes["password"]
    return hashlib.sha256(verifier.encode()).hexdigest() == digest
