"""Physical backups: what makes them on the host, and the first of them."""

import hashlib
from collections.abc import Iterator, Mapping

from pyinfra import host
from pyinfra.api.command import PyinfraCommand

from components.backups import PROBE, Backups, are_on
from deploys import shell
from deploys.convergent import convergent
from deploys.runtime import script_for
from deploys.script import filled
from deploys.snapshot import snapshot
from deploys.target import Target
from deploys.tell import would
from howdah import backup
from howdah.backup import Place
from howdah.found import Found

WAITS = {"archive_mode"}  # for a restart, on a cluster that ran before


@convergent
def back_up(target: Target) -> Iterator[PyinfraCommand]:
    """Units and timers, the repository's stanza, and a first full backup."""
    if not are_on(target.cluster):
        host.noop("backup = 'off'")
        return
    found = snapshot(target)
    if found.running and WAITS & found.settings.pending:
        host.noop("backups begin with the restart that archive_mode waits for")
        return
    lines = lacks(target, found)
    if not lines:
        host.noop("backups are set up")
        return
    would(lines)
    yield shell.live("set up backups", _script(target), lock=target.runtime.lock)


def lacks(target: Target, found: Found) -> list[str]:
    """What it would do, a line each."""
    place = backup.place(target.cluster, target.runtime.layout)
    its = found.of(PROBE)
    lines = []
    for path, text in _texts(target, place).items():
        digest = hashlib.sha256(f"{text}\n".encode())
        if its.sums.get(path) != digest.hexdigest():
            lines.append(f"write {path}")
    if its.links.get(place.link) != place.target:
        lines.append(f"{place.link}: a link to what is in force")
    for timer in _timers(place):
        if timer not in its.timers:
            lines.append(f"enable {timer}")
    if place.stanza not in its.made:
        lines.append(f"make the stanza {place.stanza}")
    if place.stanza not in its.good:
        lines.append("make a full backup")
    return lines


def _timers(place: Place) -> list[str]:
    name = place.units.rpartition("/")[2]
    return [f"{name}@{kind}.timer" for kind in backup.KINDS]


def _texts(target: Target, place: Place) -> Mapping[str, str]:
    """Paths and contents of what root keeps on the host."""
    cluster = target.cluster
    options = cluster.of(Backups)
    paths = [*backup.writable(cluster), place.state, target.runtime.layout.socket]
    parts = {
        "stanza": place.stanza,
        "state": place.state,
        "script": place.script,
        "paths": " ".join(paths),
    }
    texts = {
        place.script: filled("backup/back_up.sh", **parts).strip(),
        f"{place.units}@.service": filled("backup/backup.service", **parts).strip(),
    }
    calendars = {"full": options.backup_full, "incr": options.backup_incremental}
    for kind, calendar in calendars.items():
        timer = filled("backup/backup.timer", calendar=calendar, **parts)
        texts[f"{place.units}@{kind}.timer"] = timer.strip()
    return texts


def _script(target: Target) -> str:
    place = backup.place(target.cluster, target.runtime.layout)
    script, service, full, incremental = _texts(target, place).values()
    variables = {
        "stanza": place.stanza,
        "link": place.link,
        "target": place.target,
        "state": place.state,
        "repository": target.cluster.of(Backups).backup_repository,
        "units": place.units,
        "script": place.script,
        "timers": " ".join(_timers(place)),
    }
    documents = {
        "script": script,
        "service": service,
        "full": full,
        "incr": incremental,
    }
    return script_for(target.runtime, "backup/set_up", variables=variables, documents=documents)
