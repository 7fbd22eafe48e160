"""What a host's Docker engine must be like, for a container that is still to be made."""

from ipaddress import ip_network

from howdah import compose, sizing
from howdah.cluster import Cluster
from howdah.errors import ClusterError
from howdah.found.docker import Docker
from howdah.hardware import Hardware
from howdah.settings import in_bytes
from howdah.sizing import MEGA

# Its users are numbers of another range then, and nobody has tried the rights of files there.
UNTRIED = ("name=userns", "name=rootless")


def check(found: Docker, cluster: Cluster, hardware: Hardware) -> None:
    """Raises ClusterError."""
    for option in found.security:
        if option.startswith(UNTRIED):
            mode = option.removeprefix("name=")
            raise ClusterError(
                f"runtime = 'docker': the engine runs with {mode}, where no test has been; needs "
                "an engine as Debian sets it up"
            )
    _check_network(found, cluster)
    _check_memory(cluster, hardware)


def _check_network(found: Docker, cluster: Cluster) -> None:
    for network in found.networks:
        theirs = ip_network(network.subnet)
        if network.name == cluster.docker_network:
            if theirs != cluster.docker_subnet:
                raise ClusterError(_other_subnet(cluster, network.subnet, network.containers))
        elif theirs.version == 4 and theirs.overlaps(cluster.docker_subnet):  # noqa: PLR2004
            raise ClusterError(
                f"docker_subnet = {cluster.docker_subnet}: overlaps {network.subnet}, the network "
                f"{network.name} of this engine; set another one"
            )


def _other_subnet(cluster: Cluster, subnet: str, containers: tuple[str, ...]) -> str:
    """The engine keeps a network as it is while somebody is on it."""
    own = compose.container(cluster)
    others = []
    for name in containers:
        if name != own:
            others.append(name)
    first = f"docker compose down in {compose.home(cluster)}"
    if others:
        first = f"stop {', '.join(others)}, then {first}"
    return (
        f"docker_subnet = {cluster.docker_subnet}: the network {cluster.docker_network} is there "
        f"with {subnet}; {first}, and deploy again"
    )


def _check_memory(cluster: Cluster, hardware: Hardware) -> None:
    if not cluster.docker_memory:
        return
    share = sizing.share(cluster, hardware)
    if in_bytes(cluster.docker_memory) <= share:
        raise ClusterError(
            f"docker_memory = {cluster.docker_memory!r}: needs more than the {share // MEGA} MB "
            "that memory gives the server; set a smaller memory, too"
        )
