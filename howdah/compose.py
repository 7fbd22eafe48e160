"""Cluster -> compose.yaml: the container that runs its server."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from components import backups
from howdah.cluster import Cluster
from howdah.layout import Layout
from howdah.options import Address
from howdah.render import rendered
from howdah.settings import in_bytes

NAME = "compose.yaml"
PORT = 5432  # inside
ARCHIVED = "wal"  # of the home's spool: what the server has archived, and nobody pushed yet
SERVICE = "postgres"  # the name that containers of the network find it by
PLACE = "/var/lib/postgresql"
# Of the official image.
INSIDE = Layout(
    home=PLACE,
    marker="",
    binaries="",
    data=f"{PLACE}/data",
    releases="/etc/howdah",
    log="/var/log/postgresql",
    canary="/canary/candidate",
    socket="/var/run/postgresql",
    owner="postgres",
    file_owner="root:postgres",
    file_mode="640",
)


@dataclass(frozen=True)
class Compose:
    """A compose.yaml, and what its container has as the label howdah.spec."""

    text: str
    spec: str


def container(cluster: Cluster) -> str:
    """The container's name."""
    return f"howdah-{cluster.environment}"


def home(cluster: Cluster) -> str:
    """Where all of it lies, on the host."""
    return f"/srv/howdah/{cluster.environment}"


def address(cluster: Cluster) -> Address:
    """The server's in its network: the engine has the first one as the gateway."""
    return cluster.docker_subnet[2]


def render(cluster: Cluster) -> Compose:
    """The file that an operator reads, and runs by hand."""
    unmarked = _text(cluster, "")
    digest = hashlib.sha256(unmarked.encode())
    spec = digest.hexdigest()[:12]
    return Compose(_text(cluster, spec), spec)


def spec_of(text: str) -> str:
    """What the container of that compose.yaml has as its label."""
    label = re.search(r'howdah\.spec: "(\w+)"', text)
    if not label:
        return ""
    return label[1]


def _text(cluster: Cluster, spec: str) -> str:
    half = cluster.docker_subnet.prefixlen + 1
    _, upper = cluster.docker_subnet.subnets(new_prefix=half)
    archived = {}
    if backups.are_on(cluster):
        archived = {f"./spool/{ARCHIVED}": backups.ARCHIVED}
    return rendered(
        "compose.yaml.j2",
        cluster=cluster,
        container=container(cluster),
        inside=INSIDE,
        archived=archived,
        home=home(cluster),
        memory=_memory(cluster),
        place=PLACE,
        service=SERVICE,
        port=PORT,
        published=list(_published(cluster)),
        gateway=cluster.docker_subnet[1],
        address=address(cluster),
        others=upper,
        spec=spec,
    )


def _memory(cluster: Cluster) -> int:
    """In bytes; 0: no bound."""
    if not cluster.docker_memory:
        return 0
    return in_bytes(cluster.docker_memory)


def _published(cluster: Cluster) -> Iterator[str]:
    for each in cluster.listen_addresses:
        yield f"{each}:{cluster.port}:{PORT}"
