"""Somebody without rights who watches a deploy, and what must stay hidden from him."""

import base64
import os
import secrets
import select
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from urllib.parse import quote

from tests.server.checkout import NOBODY, Checkout

# Reads, as long as it runs: every argv, the environments of its own uid (the kernel shows it no
# others), and each file that it may read in the folders, again after each change. A folder of
# everybody may hold a hundred thousand files of others: of its folders, the new ones only. Each
# round is a byte on stderr.
WATCHER = """
import os, stat, sys, time
from pathlib import Path
stop, of_everybody, own = sys.argv[1], sys.argv[2].split(), sys.argv[3:]
seen, known = set(), set()
there = {entry.path for place in of_everybody for entry in os.scandir(place) if entry.is_dir()}
os.set_blocking(2, False)

def read(path):
    try:
        seen.add(Path(path).read_bytes())
    except OSError:
        pass

def look(path):
    try:
        found = os.lstat(path)
    except OSError:
        return
    version = (found.st_dev, found.st_ino, found.st_ctime_ns, found.st_size)
    if stat.S_ISREG(found.st_mode) and found.st_size < 1 << 20 and version not in known:
        known.add(version)
        read(path)

def is_of_interest(folder):
    return folder not in there and not os.path.basename(folder).startswith("pgsql-")  # the wheel's

print("watching", flush=True)
while not Path(stop).exists():
    for pid in filter(str.isdigit, os.listdir("/proc")):
        read(f"/proc/{pid}/cmdline")
        read(f"/proc/{pid}/environ")
    for folder in (*of_everybody, *own):
        for above, below, names in os.walk(folder):
            below[:] = [name for name in below if is_of_interest(os.path.join(above, name))]
            for name in names:
                look(os.path.join(above, name))
    try:
        os.write(2, b".")
    except BlockingIOError:
        pass  # nobody waits for a round
    time.sleep(0.01)
sys.stdout.buffer.write(b"\\0".join(seen))
"""
AS_NOBODY = ["setpriv", f"--reuid={NOBODY}", "--regid=nogroup", "--clear-groups"]
PLACES = ("/tmp", "/dev/shm")


class Watched:
    """What a watcher has seen, when it is over."""

    seen = b""

    def __init__(self, rounds: IO[bytes]) -> None:
        self._rounds = rounds.fileno()

    def wait(self) -> None:
        """Until it has looked everywhere once more, from the beginning."""
        while self._has_ended_one(0):
            assert os.read(self._rounds, 65536), "the watcher has ended"
        for _ in range(2):
            assert self._has_ended_one(60)
            assert os.read(self._rounds, 1), "the watcher has ended"

    def _has_ended_one(self, seconds: float) -> bool:
        return bool(select.select([self._rounds], [], [], seconds)[0])


def folders_of(checkout: Checkout) -> list[str]:
    """Where a deploy might leave something of its own."""
    return [str(checkout.folder.parent), str(checkout.home)]


@contextmanager
def watched(
    checkout: Checkout, folders: Sequence[str], places: Sequence[str] = PLACES
) -> Iterator[Watched]:
    """What somebody without rights has seen meanwhile, in folders and in places of everybody."""
    stop = checkout.folder / ".stop"
    root = os.geteuid() == 0
    python = "/usr/bin/python3" if root else sys.executable
    watcher = [python, "-c", WATCHER, str(stop), " ".join(places), *folders]
    with subprocess.Popen(
        [*(AS_NOBODY if root else []), *watcher], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stderr
        result = Watched(process.stderr)
        process.stdout.readline()
        try:
            yield result
        finally:
            stop.touch()
            result.seen = process.stdout.read()
            stop.unlink()


# -- Secrets ----------------------------------------------------------------------------


def canary() -> str:
    """A password as Howdah makes them, 43 characters, that no other text is like."""
    return f"canary-{secrets.token_urlsafe(32)}"[:43]


def bring_canaries(checkout: Checkout) -> None:
    """Passwords of our own, and nothing else, in the store."""
    shutil.rmtree(checkout.secrets, ignore_errors=True)
    checkout.secrets.mkdir(mode=0o700)
    for name in ("app_user", "app_ro", "temporal"):
        path = checkout.secrets / f"postgres_{name}_pw"
        path.touch(mode=0o600)
        path.write_text(f"{canary()}\n")
    if checkout.user:
        subprocess.run(["chown", "-R", f"{checkout.user}:", checkout.secrets], check=True)


def parts_of(path: Path) -> list[bytes]:
    """A password; a verifier's salt and keys; what is no header and no public part of a key."""
    text = path.read_bytes().strip()
    if path.suffix == ".key":
        first, *lines = text.splitlines()[1:-1]
        return [first[-16:], *lines[:-1]]
    if path.suffix == ".verifier":
        _, salt, keys = text.split(b"$")
        return [salt.partition(b":")[2], *keys.split(b":")]
    return [text]


def secrets_of(checkout: Checkout) -> set[bytes]:
    """All that the store has now."""
    files = [p for p in checkout.secrets.rglob("*") if p.is_file() and p.suffix != ".crt"]
    return {part for path in files for part in parts_of(path)}


def forms(secret: bytes) -> set[bytes]:
    """As it stands, quoted for a URL, and in base64 wherever it begins in what was encoded."""
    found = {secret, quote(secret, safe="").encode()}
    for before, dropped in ((0, 0), (1, 2), (2, 3)):
        coded = base64.b64encode(b"\0" * before + secret)
        found.add(coded[dropped : (before + len(secret)) * 8 // 6])
    return found


def leaks(seen: bytes, hidden: Iterable[bytes]) -> list[bytes]:
    """The secrets that are in it, in whatever form."""
    return [secret for secret in hidden if any(form in seen for form in forms(secret))]
