"""What a host keeps for its backups: scripts, units and timers."""

from pathlib import PurePosixPath

from components.backups import Backups
from deploys import outside, recovery
from deploys.host_files import LASTING, Texts
from deploys.runtime import script_for
from deploys.script import filled
from deploys.target import Target
from howdah import backup
from howdah.backup import Place
from howdah.found import Found
from howdah.repositories import in_folders
from howdah.repository import NEWEST, goal


def texts(target: Target, found: Found) -> Texts:
    """All of them."""
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
            **LASTING,
        },
        documents=recovery.documents(
            target,
            data,
            goal(NEWEST),
            kind=recovery.DRILL,
            lasting=False,
        ),
    ).strip()
