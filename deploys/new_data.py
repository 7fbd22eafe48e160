"""No empty server where data is expected."""

from pyinfra import host, state
from pyinfra.api import Host

from deploys.summary import warn
from deploys.target import Target
from deploys.tell import report
from howdah import expected
from howdah.cluster import Cluster
from howdah.errors import HowdahError
from howdah.found import Found

EMPTY = "for an empty server: --data new_data=yes"
SSH_PORT = 22
NAME = str(Cluster.model_fields["cluster_name"].default)


def check_data(target: Target, found: Found) -> None:
    """Raises HowdahError where an empty server would be made in the place of data.

    ``new_data`` allows it. So does development, where to destroy and deploy again is daily work.
    """
    check_lost(target, found)
    cluster = target.cluster
    allowed = cluster.new_data or cluster.stage == "development"
    _check(expected.taken_for_new(found, cluster, _declared()), allowed=allowed)
    _check(expected.deployed_before(found, cluster, host.name, _certificate(target)),
           allowed=allowed)  # fmt: skip
    if not found.data:
        return
    report(expected.reports(found, cluster, _declared()))
    if cluster.new_data:
        warn("new_data = yes, and the data is there: take it out of the inventory, or a lost disk "
             "becomes an empty server")  # fmt: skip


def missed_data(target: Target, found: Found) -> str:
    """Why a host without data should have some; empty: it need not."""
    lost = expected.lost(found, target.runtime.layout.data)
    return lost or expected.taken_for_new(found, target.cluster, _declared())


def check_lost(target: Target, found: Found) -> None:
    """Raises HowdahError for a data directory that was there, and is missing."""
    cluster = target.cluster
    why = expected.lost(found, target.runtime.layout.data)
    _check(why, allowed=cluster.new_data, destroy=cluster.stage == "development")


def _check(why: str, *, allowed: bool, destroy: bool = False) -> None:
    if why and not allowed:
        raise HowdahError(f"{why}; {EMPTY}{', or make destroy' if destroy else ''}")
    if why:
        host.log(f"makes an empty server: {why.partition(':')[0]}")


def _certificate(target: Target) -> str:
    """The host's in the store; empty: there is none."""
    path = target.store.path(f"hosts/{target.label}.crt")
    return str(path) if path.exists() else ""


def _declared() -> set[str]:
    """The cluster_name of each other inventory entry for this machine."""
    names = set()
    for each in state.inventory:
        if each.name != host.name and _machine(each) == _machine(host):
            names.add(str(each.data.get("cluster_name") or NAME))
    return names


def _machine(each: Host) -> tuple[str, int]:
    address = each.data.get("ssh_hostname") or each.name
    port = each.data.get("ssh_port") or SSH_PORT
    return str(address), int(port)
