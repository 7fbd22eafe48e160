"""What scripts have that recover a data directory on a server that nobody enters."""

from collections.abc import Mapping

from deploys.target import Target
from howdah import backup
from howdah.render import rendered
from howdah.repository import Goal

FUNCTIONS = "backup/recover"


def variables(target: Target, *, drill: bool = False) -> dict[str, str]:
    """Of each of them. ``drill``: of one that may be at work beside the others."""
    kind = "restore"
    if drill:
        kind = "drill"
    runtime = target.runtime
    place = backup.place(target.cluster, runtime.layout)
    return {
        "stanza": place.stanza,
        "state": place.state,
        "work": f"{runtime.layout.socket}/{kind}-{place.stanza}",
        "port": str(target.cluster.port),
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
    drill: bool = False,
) -> Mapping[str, str]:
    """The configuration of a server on ``data``. No goal: it recovers by its own WAL.

    ``drill``: one that is small, and goes afterwards.
    """
    its = variables(target, drill=drill)
    conf = rendered(
        "restore.conf.j2",
        layout=target.runtime.layout,
        cluster=target.cluster,
        stanza=its["stanza"],
        data=data,
        work=its["work"],
        goal=to,
        drill=drill,
    )
    return {"conf": conf}
