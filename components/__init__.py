"""The parts of a cluster. Whoever adds one writes a module or a folder here, and a line below."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from components import (
    application,
    audit,
    backup_login,
    logs,
    server,
    sizing,
    statistics,
    temporal,
)
from howdah.component import Component, Login, Probe
from howdah.layout import Layout

if TYPE_CHECKING:
    from howdah.cluster import Cluster

# Their libraries and settings are in this order, and so are their logins where they are listed.
COMPONENTS: tuple[Component, ...] = (
    server.COMPONENT,
    audit.COMPONENT,
    statistics.COMPONENT,
    sizing.COMPONENT,
    logs.COMPONENT,
    application.COMPONENT,
    backup_login.COMPONENT,
    temporal.COMPONENT,
)


def logins(components: Iterable[Component] = COMPONENTS) -> Iterator[Login]:
    """The roles that log in with a password of the store."""
    for component in components:
        yield from component.logins


def there(cluster: "Cluster", layout: Layout) -> Iterator[Component]:
    """The components that this cluster has."""
    for component in COMPONENTS:
        if component.is_there(cluster, layout):
            yield component


def probes(cluster: "Cluster", layout: Layout) -> list[Probe[Any]]:
    """What they ask its host."""
    found: list[Probe[Any]] = []
    for component in there(cluster, layout):
        found += component.probes
    return found
