"""Physical backups: what makes them on the host, and the first of them."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from pyinfra import host
from pyinfra.api.command import PyinfraCommand

from components.backups import PROBE, Backups, are_on
from deploys import backup_files, backup_status, host_files, host_report, repository, shell
from deploys.convergent import convergent
from deploys.runtime import script_for
from deploys.snapshot import snapshot
from deploys.target import Target
from deploys.tell import would
from howdah import backup
from howdah.backup import Place
from howdah.found import Found
from howdah.repositories import in_folders

WAITS = {"archive_mode"}  # for a restart, on a cluster that ran before


@convergent
def back_up(target: Target) -> Iterator[PyinfraCommand]:
    """Units and timers, the repository's stanza, and a first full backup."""
    if not are_on(target.cluster):
        host.noop("backup = 'off'")
        return
    found = snapshot(target)
    host_report.current().proven = backup_status.proven(target.cluster, found)
    lines = lacks(target, found)
    if not lines:
        host.noop("backups are set up")
        return
    if found.running and _waits(target, found):
        host.noop("backups begin with the restart that is waited for")
        return
    would(lines)
    yield shell.live("set up backups", _script(target, found), lock=target.runtime.lock)


def _waits(target: Target, found: Found) -> bool:
    """For archive_mode, or for a folder that the server's unit, or its container, lets it write."""
    late = target.runtime.late(found)
    return bool(late) or bool(WAITS & found.settings.pending)


def lacks(target: Target, found: Found) -> list[str]:
    """What it would do, a line each."""
    place = backup.place(target.cluster, target.runtime.layout)
    its = found.of(PROBE)
    texts = backup_files.texts(target, found)
    lines = list(host_files.lacking(texts, its.sums))
    if its.links.get(place.link) != place.target:
        lines.append(f"{place.link}: a link to what is in force")
    for timer in _timers(place):
        if timer not in its.timers:
            lines.append(f"enable {timer}")
    made = its.made.get(place.stanza)
    where = repository.digest(target)
    is_elsewhere = not made or made.fault != where
    if is_elsewhere:
        lines.append(f"make the stanza {place.stanza}")
    if is_elsewhere or place.stanza not in its.good:
        lines.append("make a full backup")
    return lines


def _timers(place: Place) -> list[str]:
    name = PurePosixPath(place.units).name
    timers = [f"{name}@{kind}.timer" for kind in backup.KINDS]
    return [*timers, f"{place.drill}.timer", *_watches(place)]


def _watches(place: Place) -> list[str]:
    """The unit that starts another as soon as there is something to push."""
    return [f"{place.push}.path"] if place.archived else []


def _script(target: Target, found: Found) -> str:
    place = backup.place(target.cluster, target.runtime.layout)
    texts = backup_files.texts(target, found)
    variables = {
        "stanza": place.stanza,
        "link": place.link,
        "target": place.target,
        "state": place.state,
        "where": repository.digest(target),
        "repository": repository.named(target),
        "folders": " ".join(in_folders(target.cluster.of(Backups).backup_repository)),
        "spool": place.spool,
        "push": " ".join(_watches(place)),
        "units": place.units,
        "paths": host_files.paths(texts),
        "timers": " ".join(_timers(place)),
    }
    return script_for(
        target.runtime,
        "backup/set_up",
        host_files.FUNCTIONS,
        variables=variables,
        documents=host_files.documents(texts),
    )
