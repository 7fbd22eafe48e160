"""What scripts have that recover a data directory on a server that nobody enters."""

from collections.abc import Mapping

from deploys.target import Target
from howdah import backup
from howdah.render import rendered
from howdah.repository import Goal

FUNCTIONS = "backup/recover"
RESTORE, DRILL = "restore", "drill"


def variables(target: Target, kind: str = RESTORE) -> dict[str, str]:
    """Of each of them. ``kind``: two of a kind are never at work at once."""
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
    kind: str = RESTORE,
    lasting: bool = True,
) -> Mapping[str, str]:
    """The configuration of a server on ``data``. No goal: it recovers by its own WAL.

    ``lasting``: its data will be the cluster's; the others are small, and archive nothing.
    """
    its = variables(target, kind)
    conf = rendered(
        "restore.conf.j2",
        layout=target.runtime.layout,
        cluster=target.cluster,
        stanza=its["stanza"],
        data=data,
        work=its["work"],
        goal=to,
        lasting=lasting,
    )
    return {"conf": conf}
