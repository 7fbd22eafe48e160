"""Where a cluster's backups go, and whose they are."""

import hashlib

from components.backups import PROBE, Backups, are_on, stanza
from deploys.target import Target
from howdah import backup
from howdah.errors import HowdahError
from howdah.found import Found

WAYS = "make restore brings it back, and docs/backups.md has how to delete its backups"


def named(target: Target) -> str:
    """The repositories, in a message."""
    return " and ".join(target.cluster.of(Backups).backup_repository)


def digest(target: Target) -> str:
    """Of the repositories: with others, backups begin anew."""
    repositories = "\n".join(target.cluster.of(Backups).backup_repository)
    whole = hashlib.sha256(repositories.encode())
    return whole.hexdigest()[:12]


def check_repository(target: Target, found: Found) -> None:
    """Raises HowdahError where another server, or another key, would write to it."""
    its = found.of(PROBE)
    name = stanza(target.cluster)
    if not are_on(target.cluster) or name not in its.made:
        return
    repository = named(target)
    if not found.data.there:
        raise HowdahError(f"{repository} has the backups of the server that was here; {WAYS}")
    of = its.made[name].kind
    now = its.systems.get(name, of)
    if of.isdigit() and now != of:  # those of old have no number
        raise HowdahError(
            f"{repository} has the backups of another server: its system identifier is {of}, and "
            f"the one of this is {now}; {WAYS}"
        )
    _check_key(target, its.keys.get(name), repository)


def _check_key(target: Target, in_force: str | None, repository: str) -> None:
    if not in_force:
        return
    what = "missing"
    key = target.store.content(backup.KEY)
    if key:
        what = "another one"
        its = hashlib.sha256(key.strip())
        if its.hexdigest() == in_force:
            return
    place = backup.place(target.cluster, target.runtime.layout)
    raise HowdahError(
        f"{target.store.path(backup.KEY)} is {what}, and {repository} is encrypted with the key "
        f"of {place.target}: put it back"
    )
