"""The passphrase of a repository: made once, and never changed. Without it no backup is read."""

import base64
import secrets
from collections.abc import Iterator
from typing import TYPE_CHECKING

from howdah.backup import KEY

if TYPE_CHECKING:  # cryptography's import is for while the host answers
    from howdah.secrets.store import Store

BYTES = 32


def due(store: "Store") -> Iterator[str]:
    """What `make` would do, a line each. Raises SecretError."""
    if store.content(KEY) is None:
        yield f"make {store.path(KEY)}: keep a copy elsewhere, no backup is read without it"


def make(store: "Store") -> None:
    """Where there is none. Raises OSError, SecretError."""
    if store.content(KEY) is not None:
        return
    key = base64.b64encode(secrets.token_bytes(BYTES))
    store.write_line(KEY, key.decode())
