"""The passphrase of the repositories: made once, and never changed. Without it no backup is read.

A bucket's keys are files beside it, which an operator writes.
"""

import base64
import secrets
from collections.abc import Iterator
from typing import TYPE_CHECKING

from howdah.backup import KEY, s3_keys
from howdah.cluster import Cluster
from howdah.errors import HowdahError

if TYPE_CHECKING:  # cryptography's import is for while the host answers
    from howdah.secrets.store import Store

BYTES = 32


def due(store: "Store", cluster: Cluster) -> Iterator[str]:
    """What `make` would do, a line each. Raises HowdahError for a bucket's key that is missing."""
    for name in s3_keys(cluster):
        if not store.content(name):
            path = store.path(name)
            raise HowdahError(f"{path} is missing: write the bucket's key into it")
    if store.content(KEY) is None:
        yield f"make {store.path(KEY)}: keep a copy elsewhere, no backup is read without it"


def make(store: "Store") -> None:
    """Where there is none. Raises OSError, SecretError."""
    if store.content(KEY) is not None:
        return
    key = base64.b64encode(secrets.token_bytes(BYTES))
    store.write_line(KEY, key.decode())
