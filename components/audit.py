"""pgaudit, where it is there: who changed what."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from howdah.component import Component, Context, Setting, in_section
from howdah.layout import Layout
from howdah.settings import quote

if TYPE_CHECKING:
    from howdah.cluster import Cluster

REASONS = {
    "pgaudit.log": (
        "Who changed what, with passwords left out; values bound to a statement are left out too."
    ),
}
LEAVES_OUT = {"-all", "-ddl", "-role"}
CHANGES = {"ddl", "role"}


def _settings(context: Context) -> Iterator[Setting]:
    values = {
        "pgaudit.log": quote(context.cluster.audit),
        "pgaudit.log_parameter": "off",
    }
    return in_section("audit", values, REASONS)


def _is_there(_: "Cluster", layout: Layout) -> bool:
    """The wheel of the embedded server has none."""
    return layout.audit


def redacts_roles(cluster: "Cluster") -> bool:
    """Whether pgaudit logs what changes roles and schema, with passwords left out."""
    if cluster.runtime != "package":
        return False
    classes = set()
    for word in cluster.audit.split(","):
        classes.add(word.strip())
    if classes & LEAVES_OUT:
        return False
    return "all" in classes or classes >= CHANGES


COMPONENT = Component(
    "audit",
    is_there=_is_there,
    settings=_settings,
    libraries=("pgaudit",),
)
