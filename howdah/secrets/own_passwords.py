"""Passwords that roles have set by themselves, and whether their verifiers show them to be weak.

No library of the server's sees more than a verifier. A role of the store gets its own verifier
back; of the others' nobody here knows the password, so that a weak one is only reported.
"""

import hashlib
import re
from binascii import Error, a2b_base64
from collections.abc import Iterator

from howdah.rights.catalog import Catalog, Role
from howdah.roles_sql.wanted import Wanted
from howdah.secrets import scram

WORDS = (
    "password",
    "Password1",
    "passw0rd",
    "postgres",
    "postgresql",
    "admin",
    "root",
    "secret",
    "changeme",
    "change_me",
    "changeit",
    "default",
    "test",
    "demo",
    "guest",
    "user",
    "letmein",
    "welcome",
    "qwerty",
    "123456",
    "12345678",
    "123456789",
    "1234567890",
)
BEHIND = ("", "1", "123", "pw", "_password")  # the role's own name
# A role chooses them, and each guess costs as many.
MOST_ITERATIONS = 100_000


def few_iterations(current: Catalog, want: Wanted) -> Iterator[str]:
    """A line for each role whose password is hashed less often than PostgreSQL does it."""
    for name, role in _of_their_own(current, want):
        number = _iterations(role)
        if number < scram.MIN_ITERATIONS:
            yield (
                f"role {name} has a password with {number} iterations of SCRAM; needs "
                f"{scram.MIN_ITERATIONS} or more: set it anew"
            )


def guessed(current: Catalog, want: Wanted) -> Iterator[str]:
    """A line for each role with a password that anybody would try: a tenth of a second for one."""
    for name, role in _of_their_own(current, want):
        guesses = [name[::-1]]
        for end in BEHIND:
            guesses.append(name + end)
        guesses += want.connlimits
        guesses += WORDS
        if any(_is(guess, role) for guess in guesses):
            yield f"role {name} has a password that is easily guessed: set another"


def _of_their_own(current: Catalog, want: Wanted) -> Iterator[tuple[str, Role]]:
    """Roles of roles-sql whose SCRAM verifier is not the store's, as the server has them."""
    for name, role in want.roles.items():
        now = current.roles.get(name)
        if role.password is None and now and now.salt:
            yield name, now


def _iterations(role: Role) -> int:
    """The server takes whatever begins like a number."""
    text = str(role.iterations)
    if not re.fullmatch("[0-9]{1,10}", text):
        return 0
    return int(text)


def _is(guess: str, role: Role) -> bool:
    """Whether the verifier, known by its sha256 only, is of that password."""
    number = _iterations(role)
    if not scram.MIN_ITERATIONS <= number <= MOST_ITERATIONS:
        return False
    try:
        salt = a2b_base64(role.salt or "")
    except Error:
        return False
    verifier = scram.verifier(guess, iterations=number, salt=salt)
    digest = hashlib.sha256(verifier.encode())
    return digest.hexdigest() == role.password
