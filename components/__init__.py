"""The parts of a cluster. Whoever adds one writes a module or a folder here, and a line below."""

from collections.abc import Iterable, Iterator

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
from howdah.component import Component, Login

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
