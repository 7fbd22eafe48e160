"""No empty server where data is expected."""

from pyinfra import host, state
from pyinfra.api import Host

from components.backups import are_on
from deploys.summary import warn
from deploys.target import Target
from deploys.tell import report
from howdah import expected
from howdah.cluster import Cluster
from howdah.errors import HowdahError
from howdah.found import Found

EMPTY = "for an empty server: --data new_data=yes"
RESTORE = "from its backups: make restore ENV={}; "
STILL_NEW = (
    "new_data = yes, and the data is there: take it out of the inventory, or a lost disk "
    "becomes an empty server"
)
SSH_PORT = 22
NAME = str(Cluster.model_fields["cluster_name"].default)


def check_data(target: Target, found: Found) -> None:
    """Raises HowdahError where an empty server would be made in the place of data.

    ``new_data`` allows it. So does development, where to destroy and deploy again is daily work.
    """
    check_lost(target, found)
    cluster = target.cluster
    allowed = cluster.new_data or cluster.stage == "development"
    others = _declared()
    new = expected.taken_for_new(found, cluster, others)
    _check(new, allowed=allowed)
    certificate = _certificate(target)
    before = expected.deployed_before(found, cluster, host.name, certificate)
    _check(before, allowed=allowed, restore=_restore(cluster))
    if not found.data.there:
        return
    report(expected.reports(found, cluster, others))
    if cluster.new_data:
        warn(STILL_NEW)


def missed_data(target: Target, found: Found) -> str:
    """Why a host without data should have some; empty: it need not."""
    lost = _lost(target, found)
    if lost:
        return lost
    others = _declared()
    return expected.taken_for_new(found, target.cluster, others)


def check_lost(target: Target, found: Found) -> None:
    """Raises HowdahError for a data directory that was there, and is missing."""
    cluster = target.cluster
    why = _lost(target, found)
    destroy = cluster.stage == "development"
    _check(why, allowed=cluster.new_data, destroy=destroy, restore=_restore(cluster))


def _lost(target: Target, found: Found) -> str:
    runtime = target.runtime
    return expected.lost(found, runtime.layout.data, runtime.inside.data)


def _check(
    why: str,
    *,
    allowed: bool,
    destroy: bool = False,
    restore: str = "",
) -> None:
    if not why:
        return
    if allowed:
        what, _, _ = why.partition(":")
        host.log(f"makes an empty server: {what}")
        return
    ways = restore + EMPTY
    if destroy:
        ways += ", or make destroy"
    raise HowdahError(f"{why}; {ways}")


def _restore(cluster: Cluster) -> str:
    """What to type where there are backups."""
    if not are_on(cluster):
        return ""
    return RESTORE.format(cluster.environment)


def _certificate(target: Target) -> str:
    """The host's in the store; empty: there is none."""
    path = target.store.path(f"hosts/{target.label}.crt")
    if not path.exists():
        return ""
    return str(path)


def _declared() -> set[str]:
    """The cluster_name of each other inventory entry for this machine."""
    names = set()
    for each in state.inventory:
        if each.name != host.name and _machine(each) == _machine(host):
            name = each.data.get("cluster_name") or NAME
            names.add(str(name))
    return names


def _machine(each: Host) -> tuple[str, int]:
    address = each.data.get("ssh_hostname") or each.name
    port = each.data.get("ssh_port") or SSH_PORT
    return str(address), int(port)
