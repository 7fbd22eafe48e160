"""Physical backups: what makes them on the host, and the first of them."""

import base64
import hashlib
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from pyinfra import host
from pyinfra.api.command import PyinfraCommand

from components.backups import PROBE, Backups, are_on, stanza
from deploys import outside, recovery, shell
from deploys.convergent import convergent
from deploys.runtime import script_for
from deploys.script import filled
from deploys.snapshot import snapshot
from deploys.target import Target
from deploys.tell import would
from howdah import backup
from howdah.backup import Place
from howdah.errors import HowdahError
from howdah.found import Found
from howdah.repositories import in_folders
from howdah.repository import NEWEST, goal

WAYS = "make restore brings it back, and docs/backups.md has how to delete its backups"
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
    yield shell.live("set up backups", _script(target, found), lock=target.runtime.lock)


def check_repository(target: Target, found: Found) -> None:
    """Raises HowdahError where another server, or another key, would write to it."""
    its = found.of(PROBE)
    name = stanza(target.cluster)
    if not are_on(target.cluster) or name not in its.made:
        return
    repository = _named(target)
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
        digest = hashlib.sha256(key.strip())
        if digest.hexdigest() == in_force:
            return
    place = backup.place(target.cluster, target.runtime.layout)
    raise HowdahError(
        f"{target.store.path(backup.KEY)} is {what}, and {repository} is encrypted with the key "
        f"of {place.target}: put it back"
    )


def lacks(target: Target, found: Found) -> list[str]:
    """What it would do, a line each."""
    place = backup.place(target.cluster, target.runtime.layout)
    its = found.of(PROBE)
    lines = []
    for path, text in _texts(target, found).items():
        digest = hashlib.sha256(f"{text}\n".encode())
        if its.sums.get(path) != digest.hexdigest():
            lines.append(f"write {path}")
    if its.links.get(place.link) != place.target:
        lines.append(f"{place.link}: a link to what is in force")
    for timer in _timers(place):
        if timer not in its.timers:
            lines.append(f"enable {timer}")
    made = its.made.get(place.stanza)
    where = _where(target)
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


def _texts(target: Target, found: Found) -> Mapping[str, str]:
    """Paths and contents of what root keeps on the host."""
    place = backup.place(target.cluster, target.runtime.layout)
    units = backup.UNITS
    become = outside.become(target.runtime, found)
    rights = outside.rights(target.runtime)
    of_drill = outside.rights_of_drill(target.runtime)
    texts = {
        place.script: _filled(target, place, "back_up.sh"),
        f"{place.units}@.service": _filled(
            target, place, "backup.service", rights=rights, become=become
        ),
        place.drill_script: _drill(target),
        f"{units}/{place.drill}.service": _filled(target, place, "drill.service", rights=of_drill),
    }
    if place.archived:
        texts[place.push_script] = _filled(target, place, "push.sh")
        texts[f"{units}/{place.push}.path"] = _filled(target, place, "push.path")
        text = _filled(target, place, "push.service", rights=rights, become=become)
        texts[f"{units}/{place.push}.service"] = text
    options = target.cluster.of(Backups)
    timers = {
        f"{place.units}@full": ("Full backup of", options.backup_full),
        f"{place.units}@incr": ("Incremental backup of", options.backup_incremental),
        f"{units}/{place.drill}": ("Proof of a backup of", options.backup_drill),
    }
    for name, (what, calendar) in timers.items():
        timer = _filled(target, place, "backup.timer", what=what, calendar=calendar)
        texts[f"{name}.timer"] = timer
    return texts


def _filled(
    target: Target,
    place: Place,
    file: str,
    **parts: str,
) -> str:
    layout = target.runtime.layout
    repositories = target.cluster.of(Backups).backup_repository
    folders = in_folders(repositories)
    paths = [*folders, place.spool, place.state, layout.socket]
    script = place.script
    alone = "no"
    if len(folders) == len(repositories):
        alone = "yes"
    if file.startswith("drill"):
        paths.append(str(PurePosixPath(layout.data).parent))
        script = place.drill_script
    elif file.startswith("push"):
        script = place.push_script
    text = filled(
        f"backup/{file}",
        stanza=place.stanza,
        state=place.state,
        script=script,
        archived=place.archived,
        paths=" ".join(paths),
        repos=recovery.repositories(target),
        alone=alone,
        **parts,
    )
    return text.strip()


def _drill(target: Target) -> str:
    data = f"{target.runtime.layout.data}.drill"
    return script_for(
        target.runtime,
        "backup/drill",
        *recovery.functions(target.runtime),
        variables={
            **recovery.variables(target, data, recovery.DRILL),
            "repos": recovery.repositories(target),
        },
        documents=recovery.documents(
            target,
            data,
            goal(NEWEST),
            kind=recovery.DRILL,
            lasting=False,
        ),
    ).strip()


def _named(target: Target) -> str:
    """The repositories, in a message."""
    return " and ".join(target.cluster.of(Backups).backup_repository)


def _where(target: Target) -> str:
    """Of the repositories: with others, backups begin anew."""
    repositories = "\n".join(target.cluster.of(Backups).backup_repository)
    digest = hashlib.sha256(repositories.encode())
    return digest.hexdigest()[:12]


def _script(target: Target, found: Found) -> str:
    """The files go as a tar would: a document of one has documents of its own."""
    place = backup.place(target.cluster, target.runtime.layout)
    documents = {}
    paths = []
    for number, (path, text) in enumerate(_texts(target, found).items()):
        encoded = base64.b64encode(f"{text}\n".encode())
        documents[f"file_{number}"] = encoded.decode()
        paths.append(path)
    variables = {
        "stanza": place.stanza,
        "link": place.link,
        "target": place.target,
        "state": place.state,
        "where": _where(target),
        "repository": _named(target),
        "folders": " ".join(in_folders(target.cluster.of(Backups).backup_repository)),
        "spool": place.spool,
        "push": " ".join(_watches(place)),
        "units": place.units,
        "paths": " ".join(paths),
        "timers": " ".join(_timers(place)),
    }
    return script_for(target.runtime, "backup/set_up", variables=variables, documents=documents)
