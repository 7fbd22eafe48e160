"""One deploy at a time for each host, from its first change to its end.

The lock is the kernel's, on a file of the host, and held by a process there that reads from this
one: when this process ends, however it ends, the other reads the end of its input, and the lock
is gone. What the file says is who took it last; nobody ever has to remove it.
"""

import subprocess
from pathlib import Path

from pyinfra import host

from deploys.runtime import Runtime
from howdah.found import Found
from howdah.owner import owner
from howdah.refusal import Refusal

WAIT = 5  # seconds: a run that is at its end is worth waiting for
_SCRIPT = Path(__file__).with_suffix(".sh")
# The processes that hold, by host.
_held: dict[str, subprocess.Popen[str]] = {}


def held() -> bool:
    """Whether this run has changed something on the host at hand."""
    return host.name in _held


def take(runtime: Runtime, found: Found | None) -> bool:
    """Takes the lock of the host at hand, unless this run has it.

    Returns whether ``found`` still holds: nobody has deployed since it was read. Raises Refusal
    that names who deploys.
    """
    if held():
        return True
    words = ["sh", str(_SCRIPT), runtime.lock_file, runtime.lock_mode, str(WAIT), owner()]
    holder = subprocess.Popen(  # noqa: S603 our own script
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert holder.stdout  # noqa: S101
    answer, _, before = holder.stdout.readline().rstrip("\n").partition("\t")
    if answer != "held":
        raise Refusal(_refusal(answer, before))
    _held[host.name] = holder
    return not found or not (found.locked or found.lock != before)


def _refusal(answer: str, before: str) -> str:
    if answer == "taken":
        return f"another deploy is at work on {host.name}: {before}; run this one again after it"
    return f"cannot lock {host.name}: {answer.strip() or 'no answer'}"
