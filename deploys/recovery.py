"""What scripts have that recover a data directory on a server that nobody enters."""

from collections.abc import Mapping

from deploys import outside
from deploys.runtime import Runtime
from deploys.target import Target
from howdah import backup
from howdah.render import rendered
from howdah.repository import Goal

RESTORE, DRILL = "restore", "drill"


def functions(runtime: Runtime) -> tuple[str, ...]:
    """The files of shell functions that each of them has."""
    return f"runtime/{runtime.kind}_closed", "backup/recover"


def variables(
    target: Target,
    data: str,
    kind: str = RESTORE,
) -> dict[str, str]:
    """Of each of them. ``kind``: two of a kind are never at work at once."""
    runtime = target.runtime
    place = backup.place(target.cluster, runtime.layout)
    work = f"{runtime.layout.socket}/{kind}-{place.stanza}"
    cluster = runtime.configured(target.cluster)
    return {
        "stanza": place.stanza,
        "state": place.state,
        "work": work,
        "inside_work": outside.path(runtime, work),
        "port": str(cluster.port),
        "closed": kind,
        "fetch": outside.fetch(runtime, place.stanza, data, work),
        "spool": place.spool,
        "repo": "",
        "lost": "",
    }


def repositories(target: Target) -> str:
    """Their numbers, for a shell's loop."""
    return " ".join(map(str, backup.numbers(target.cluster)))


def documents(
    target: Target,
    data: str,
    to: Goal | None,
    *,
    kind: str = RESTORE,
    lasting: bool = True,
) -> Mapping[str, str]:
    """The configuration of a server on ``data``. No goal: it recovers by its own WAL.

    ``lasting``: its data will be the cluster's; the others are small, and archive nothing.
    """
    its = variables(target, data, kind)
    runtime = target.runtime
    conf = rendered(
        "restore.conf.j2",
        layout=runtime.inside,
        cluster=target.cluster,
        data=outside.path(runtime, data),
        work=its["inside_work"],
        goal=to,
        lasting=lasting,
        restore_command=its["fetch"],
    )
    return {"conf": conf}
