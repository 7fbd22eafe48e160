"""What an inventory may have, and is still worth a second look."""

from collections.abc import Iterator

from components.backups import Backups, are_on
from howdah import unsafe
from howdah.cluster import Cluster
from howdah.repositories import in_folders

WIDEST = {4: 16, 6: 64}  # length of a prefix, by IP's version
ON_THE_HOST = (
    "backup_repository: is on the host only, which protects from mistakes and not from a lost "
    "disk; add a bucket (docs/backups.md)"
)
OPEN = "sandbox = False: the server may do on its host whatever its OS user may"


def cautions(cluster: Cluster) -> Iterator[str]:
    """A line for each."""
    for network in cluster.allowed_networks:
        widest = WIDEST[network.version]
        if network.prefixlen < widest:
            yield f"allowed_networks: {network} is wider than /{widest}"
    if cluster.stage == "development":
        return
    if not cluster.sandbox:
        yield OPEN
    repositories = cluster.of(Backups).backup_repository
    local = in_folders(repositories)
    if are_on(cluster) and len(local) == len(repositories):
        yield ON_THE_HOST
    yield from unsafe.entries(cluster.settings).values()
