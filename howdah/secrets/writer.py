"""One writer at a time for what lies on the controller."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from howdah.errors import HowdahError
from howdah.secrets.owner import owner

WAIT = 30  # seconds: a store is written in one, and a fleet's hosts take turns


@contextmanager
def alone(lock: Path, wait: float = WAIT) -> Iterator[None]:
    """Nobody else's ``alone`` with the same file is at work meanwhile.

    The lock is the kernel's: gone with this process, however it ends, and nobody ever has to
    remove the file. What it says is who took it last. Raises OSError, and HowdahError that names
    who has it.
    """
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _take(descriptor, lock, time.monotonic() + wait)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, owner().encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _take(
    descriptor: int,
    lock: Path,
    until: float,
) -> None:
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                who = os.pread(descriptor, 500, 0).decode(errors="replace")
                raise HowdahError(f"{lock} is held by {who}; run this one again after it") from None
            time.sleep(0.05)
