"""Data that a host is expected to have: no deploy makes an empty server in its place."""

from collections.abc import Iterator, Set

from howdah.cluster import Cluster
from howdah.found import Found
from howdah.found.debian import Beside

UPGRADE = 'upgrade {} (docs/operations.md, "Debian release upgrade")'
TAKE_OVER = 'or take its data over (docs/operations.md, "Reinstalled host")'


def makes_data(found: Found) -> bool:
    """Whether this run would make a data directory. What is to be adopted has one."""
    return not found.data.there and not found.debian.foreign.there


def lost(found: Found, data: str, inside: str) -> str:
    """The data directory of a server that there was; empty: none is missed.

    ``inside``: the same as the server sees it, and as its configuration names it.
    """
    if not (found.releases.current and makes_data(found)):
        return ""
    before = moved_from(found, inside)
    if before:
        return (
            f"{data} has no data, and the server's is in {before}; to move it: "
            'docs/operations.md, "Moved data directory"'
        )
    return f"{data} is missing, and there was a server: bring it back (is its file system mounted?)"


def moved_from(found: Found, inside: str) -> str:
    """The data directory of the release in force, where another one is wanted; else empty."""
    before = found.configured("data_directory")
    return "" if before == inside else before


def of_environment(
    found: Found,
    cluster: Cluster,
    declared: Set[str],
) -> list[Beside]:
    """Other clusters of the same environment that have, or had, data.

    ``declared``: the cluster_name of each other inventory entry for this machine. The same name
    with another version is never one of those.
    """
    others = []
    for each in found.debian.beside:
        is_declared = each.name in declared and each.name != cluster.cluster_name
        if each.whose == cluster.environment and each.served and not is_declared:
            others.append(each)
    return others


def taken_for_new(
    found: Found,
    cluster: Cluster,
    declared: Set[str],
) -> str:
    """A cluster of the same environment, in whose place an empty one would be made."""
    beside = of_environment(found, cluster, declared)
    if not beside or not makes_data(found):
        return ""
    first = beside[0]
    way = f"set cluster_name = {first.name!r}"
    if first.name == cluster.cluster_name:
        way = UPGRADE.format("it")
    here = f"{first.label} of this environment is here"
    if not first.data:
        here += ", without its data"
    new = f"{cluster.version}-{cluster.cluster_name} would be an empty server"
    return f"{here}, and {new}: {way}"


def deployed_before(
    found: Found,
    cluster: Cluster,
    host: str,
    certificate: str,
) -> str:
    """A host that has had a certificate, and has nothing of Howdah's now.

    A certificate is made when the host has its marker already, so a first deploy that was killed
    is not taken for one.
    """
    if not certificate or found.home.whose or not makes_data(found):
        return ""
    others = []
    for each in found.debian.beside:
        if each.whose == cluster.environment:
            return ""
        if not each.whose:
            others.append(each.label)
    there = ""
    if others:
        there = f", but data of {', '.join(sorted(others))}"
    return (
        f"{host} was deployed before ({certificate} is there), and has no data now{there}: "
        f"mount its file system, {TAKE_OVER}"
    )


def reports(
    found: Found,
    cluster: Cluster,
    declared: Set[str],
) -> Iterator[str]:
    """What is left beside a cluster that has its data."""
    for each in of_environment(found, cluster, declared):
        yield f"{each.label} of this environment is here too; docs/operations.md has its removal"
