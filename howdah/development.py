"""What only development may have."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from howdah.cluster import Cluster


WITHOUT_TLS = "tls = False"


def faults(cluster: "Cluster") -> Iterator[str]:
    """A line for each option that another stage, or another runtime, must not have."""
    if cluster.stage != "development":
        if cluster.password:
            yield "password: stands in the inventory, for all to read: needs stage = 'development'"
        if not cluster.tls:
            yield f"{WITHOUT_TLS}: needs stage = 'development'"
    elif cluster.runtime != "docker" and not cluster.tls:
        yield f"{WITHOUT_TLS}: needs runtime = 'docker'"
