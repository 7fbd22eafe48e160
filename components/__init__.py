"""The parts of a cluster. Whoever adds one writes a module or a folder here, and a line below."""

from collections.abc import Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Any

from components import (
    application,
    audit,
    backup_login,
    backups,
    dumps,
    logs,
    server,
    sizing,
    statistics,
    temporal,
)
from howdah import team
from howdah.component import Component, Login, Probe
from howdah.layout import Layout

if TYPE_CHECKING:
    from howdah.cluster import Cluster


def _of_the_team() -> tuple[Component, ...]:
    """Those of the package that howdah.toml names."""
    package = team.package_of_components()
    if not package:
        return ()
    return tuple(import_module(package).COMPONENTS)


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
    backups.COMPONENT,
    dumps.COMPONENT,
    *_of_the_team(),
)


def logins() -> Iterator[Login]:
    """The roles that log in with a password of the store."""
    for component in COMPONENTS:
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
