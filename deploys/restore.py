"""The data as they were: restored beside, recovered by a closed server, and swapped by renaming.

pyinfra --data restore_to=newest inventories/prod.py restore.py
"""

import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from pyinfra import host, state
from pyinfra.api.command import PyinfraCommand, StringCommand

from components.backups import PROBE, Backups, are_on
from deploys import recovery, restore_part, shell
from deploys.configure import configure
from deploys.convergent import convergent
from deploys.install import install
from deploys.issue import issue
from deploys.runtime import script_for, script_with_control
from deploys.snapshot import ask, begin, snapshot
from deploys.staged import staged
from deploys.summary import summarise
from deploys.target import Target
from deploys.tell import would
from howdah import backup, repository
from howdah.errors import HowdahError
from howdah.found import Found
from howdah.repository import BackupSet, Goal, Repository
from howdah.settings import KILO

MEGA = KILO**2
ROOM = 1.1  # of the data's size: WAL and what recovery writes
NO_BACKUPS = "backup = 'off': there is nothing to restore from"


def bring_back() -> None:
    """What restore.py does, also from a team's folder."""
    target = Target(schema=False)
    begin(target)
    summarise(target.cluster.environment)
    # a host that was lost has what a deploy installs first; its inventory entry is the same
    if _is_lost(snapshot(target)):
        install(name="Install PostgreSQL", target=target, restores=True)
        issue(name="Issue secrets and certificates", target=target)
        configure(name="Write the configuration", target=target)
    restore(name="Restore the data", target=target)


@convergent
def restore(target: Target) -> Iterator[PyinfraCommand]:
    """Nothing is lost by it: the data of now are kept beside."""
    if not are_on(target.cluster):
        raise HowdahError(NO_BACKUPS)
    found = snapshot(target)
    target.runtime.check_host(found)
    to = repository.goal(target.cluster.of(Backups).restore_to)
    if _is_lost(found):
        if not state.is_executing:
            would([f"restore to {to.text}; what it begins with is known once pgBackRest is there"])
            return
        yield _point(target, found)
    room, read = _look(target)
    now = datetime.fromtimestamp(time.time() - found.ahead, UTC)
    chosen = repository.chosen(read, to, now)
    missing = ", ".join(repository.holes(read, chosen.start))
    _check(chosen, to, room, missing)
    its = restore_part.part(target)
    if its:
        yield from restore_part.restore(target, found, chosen, to, its)
        return
    would(_plan(target, found, chosen, to, missing))
    lost = ""
    if _is_lost(found):
        lost = "yes"
    yield shell.live(
        f"restore {chosen.label}",
        _script(target, chosen, to, lost),
        lock=target.runtime.lock,
    )


def _is_lost(found: Found) -> bool:
    """Whether no deploy has come to its end yet: also after a restore that failed or was killed."""
    return not found.releases.good


def _point(target: Target, found: Found) -> StringCommand:
    """The release that `configure` has written: it names the repository."""
    place = backup.place(target.cluster, target.runtime.layout)
    variables = {"link": place.link, "target": place.target}
    variables["release"] = found.releases.current
    new = staged(target, found)
    if new:
        variables["release"] = new.release
    script = script_for(target.runtime, "backup/point", variables=variables)
    return shell.run("point pgBackRest to its repository", script, lock=target.runtime.lock)


def _look(target: Target) -> tuple[int, Repository]:
    """Bytes that are free beside the data, and what the repository has."""
    place = backup.place(target.cluster, target.runtime.layout)
    variables = {"stanza": place.stanza, "repos": recovery.repositories(target)}
    text = script_for(target.runtime, "backup/look", variables=variables)
    room, repo, *lines = ask(target.runtime, "read the repository", text)
    return int(room), repository.read(lines, place.stanza, int(repo))


def _check(
    chosen: BackupSet,
    to: Goal,
    room: int,
    missing: str,
) -> None:
    """Raises HowdahError for what cannot end well."""
    needed = int(chosen.size * ROOM)
    if room < needed:
        raise HowdahError(
            f"{room // MEGA} MB are free beside the data, and a second data directory needs "
            f"{needed // MEGA} MB"
        )
    if missing and not to.setting:
        raise HowdahError(
            f"the archive has holes after {chosen.label}: {missing}; TO=newest would end before "
            "them: set a time before the first"
        )


def _plan(
    target: Target,
    found: Found,
    chosen: BackupSet,
    to: Goal,
    missing: str,
) -> list[str]:
    data = target.runtime.layout.data
    ended = chosen.ended.isoformat(sep=" ")
    lines = [
        f"restore {chosen.label} ({chosen.kind}, ended {ended}, {chosen.size // MEGA} MB)",
        f"recover to {to.text}, on a server that nobody enters",
    ]
    if missing:
        lines.append(f"holes in the archive: {missing}; a goal behind them ends with an error")
    if found.data.there:
        lines.append(f"stop the server: its sessions end; its data become {data}.before-TIME")
    lines += ["start it on the restored data", "make a new full backup at the next deploy"]
    return lines


def _script(
    target: Target,
    chosen: BackupSet,
    to: Goal,
    lost: str,
) -> str:
    newest = ""
    if not to.setting:
        newest = "yes"
    variables = {"set": chosen.label, "newest": newest, "repo": str(chosen.repository)}
    variables["lost"] = lost
    data = f"{target.runtime.layout.data}.restored"
    return _recovering(target, "restore", variables, data, to)


def _recovering(
    target: Target,
    name: str,
    variables: Mapping[str, str],
    data: str,
    to: Goal | None,
) -> str:
    """The script deploys/backup/NAME.sh, which recovers ``data``."""
    return script_with_control(
        target.runtime,
        f"backup/{name}",
        {**recovery.variables(target, data), **variables},
        recovery.documents(target, data, to),
        *recovery.functions(target.runtime),
    )


def undo() -> None:
    """The data before the last restore."""
    _swap_back("undo", "Put the data before the last restore back")


def keep() -> None:
    """Deletes what restores have kept."""
    _swap_back("keep", "Delete the data that restores have kept")


def drill() -> None:
    """Whether the newest backup comes back: what the timer does, now."""
    target = Target(schema=False)
    summarise(target.cluster.environment)
    _drill(name="Prove that the newest backup comes back", target=target)


@convergent
def _drill(target: Target) -> Iterator[PyinfraCommand]:
    if not are_on(target.cluster):
        raise HowdahError(NO_BACKUPS)
    place = backup.place(target.cluster, target.runtime.layout)
    if place.stanza not in snapshot(target).of(PROBE).good:
        raise HowdahError("there is no good backup yet; make deploy makes one")
    would([f"restore the newest backup beside {target.runtime.layout.data}, and delete it again"])
    variables = {"unit": place.drill, "state": place.state}
    script = script_for(target.runtime, "backup/start_drill", variables=variables)
    yield shell.live("prove the newest backup", script)


def _swap_back(verb: str, name: str) -> None:
    target = Target(schema=False)
    summarise(target.cluster.environment)
    _swap(name=name, target=target, verb=verb)


@convergent
def _swap(target: Target, verb: str) -> Iterator[PyinfraCommand]:
    runtime = target.runtime
    runtime.check_host(snapshot(target))
    data = runtime.layout.data
    pattern = f"{data}.before-*"
    if verb == "keep":
        pattern += f" {data}.undone"
    kept = ask(runtime, "look for kept data", f"ls -d {pattern} 2> /dev/null || :")
    if not kept:
        host.noop("no restore has kept any data")
        return
    lines = [f"delete {each}" for each in kept]
    if verb == "undo":
        lines = [f"stop the server; {kept[-1]} is the data again, and those of now {data}.undone"]
    would(lines)
    variables = {"verb": verb, "kept": kept[-1]}
    script = _recovering(target, "swap_back", variables, kept[-1], None)
    yield shell.live(f"{verb} a restore", script, lock=runtime.lock)
