"""What an inventory may have, and is still worth a second look."""

from collections.abc import Iterator

from howdah import unsafe
from howdah.cluster import Cluster

WIDEST = {4: 16, 6: 64}  # length of a prefix, by IP's version
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
    yield from unsafe.entries(cluster.settings).values()
