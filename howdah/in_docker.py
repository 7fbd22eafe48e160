"""What a cluster whose server runs in a container cannot have."""

from collections.abc import Iterator
from ipaddress import ip_address
from typing import TYPE_CHECKING

from howdah.options import Network

if TYPE_CHECKING:
    from howdah.cluster import Cluster

LOOPBACK = ip_address("127.0.0.1")
# Its clients are the host's own, and containers of its network; its image has what it has.
LACKING = ("allowed_networks", "packages", "data_directory", "read_write_paths")


def networks(cluster: "Cluster") -> tuple[Network, ...]:
    """Its own, where the host's own clients have the gateway's address; none on other runtimes."""
    if cluster.runtime != "docker":
        return ()
    return (cluster.docker_subnet,)


def faults(cluster: "Cluster") -> Iterator[str]:
    """A line for each option that does not go with its runtime."""
    if cluster.runtime == "docker":
        yield from _in_docker(cluster)
    else:
        yield from _elsewhere(cluster)


def _elsewhere(cluster: "Cluster") -> Iterator[str]:
    for name in ("app_uid", "temporal_uid"):
        if getattr(cluster, name) is not None:
            yield f"{name}: needs runtime = 'docker'; make bundle writes the same files"
    if cluster.adopt_container:
        yield "adopt_container: needs runtime = 'docker'"


def _in_docker(cluster: "Cluster") -> Iterator[str]:
    if any(address != LOOPBACK for address in cluster.listen_addresses):
        yield (
            f"listen_addresses: runtime = 'docker' publishes on {LOOPBACK} only, for what it "
            "publishes passes the host's firewall by"
        )
    if cluster.adopt and not cluster.adopt_container:
        yield "adopt: runtime = 'docker' needs adopt_container, the container to take over"
    for name in LACKING:
        if getattr(cluster, name):
            yield f"{name}: runtime = 'docker' has none; take it out"
