"""One deploy at a time for each host, from its first change to its end.

The lock is the kernel's, on a file of the host, and held by a process there that hears from this
one: when this process ends, however it ends, or is cut off, the other hears no more, and the lock
is gone. The file names who took it last; it never has to be removed.
"""

import contextlib

import gevent
from pyinfra import host

from deploys.connection import BROKEN, LOST, is_lost
from deploys.process import Process
from deploys.runtime import Runtime
from howdah.errors import HowdahError
from howdah.found import Found
from howdah.secrets.owner import owner

WAIT = 5  # seconds: a run that is at its end is worth waiting for
BEAT = 10  # seconds between two signs of life
SILENCE = 60  # seconds without one, after which this run counts as gone
# The processes that hold, by host.
_held: dict[str, Process] = {}


def held() -> bool:
    """Whether this run has changed something on the current host."""
    return host.name in _held


def take(runtime: Runtime, found: Found | None) -> bool:
    """Takes the lock of the current host, unless this run has it.

    Returns whether ``found`` still holds: no other run has deployed since it was read. Raises
    HowdahError that names who deploys.
    """
    if held():
        if not _held[host.name].alive:
            raise HowdahError(_lost())
        return True
    variables = {
        "lock_file": runtime.lock_file,
        "lock_mode": runtime.lock_mode,
        "wait": str(WAIT),
        "silence": str(SILENCE),
        "taker": owner(),
    }
    try:
        holder = Process("lock", variables)
        why = holder.begin()
    except BROKEN:
        raise HowdahError(LOST) from None
    if why:
        raise HowdahError(f"cannot lock {host.name}: {why}")
    answer, _, before = holder.readline().rstrip("\n").partition("\t")
    if answer != "held":
        raise HowdahError(_cause(answer, before))
    _held[host.name] = holder
    gevent.spawn(_beat, holder)
    if not found:
        return True
    return found.lock.by == before and not found.lock.held


def _beat(holder: Process) -> None:
    with contextlib.suppress(OSError):
        while True:
            gevent.sleep(BEAT)
            holder.write("\n")


def _lost() -> str:
    if is_lost():
        return LOST
    return (
        f"the lock of {host.name} is lost: it heard nothing from here for {SILENCE} s; "
        "run this again"
    )


def _cause(answer: str, before: str) -> str:
    if answer == "taken":
        return f"another deploy is at work on {host.name}: {before}; run this one again after it"
    return f"cannot lock {host.name}: {answer.strip() or 'no answer'}"
