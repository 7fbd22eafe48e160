"""pgaudit, where it is there: who changed what."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from howdah.component import Component, Context, Setting
from howdah.layout import Layout
from howdah.settings import quote

if TYPE_CHECKING:
    from howdah.cluster import Cluster

REASON = "Who changed what, with passwords left out; values bound to a statement are left out too."


def _settings(context: Context) -> Iterator[Setting]:
    yield Setting("audit", "pgaudit.log", quote(context.cluster.audit), (REASON,))
    yield Setting("audit", "pgaudit.log_parameter", "off")


def _is_there(_: "Cluster", layout: Layout) -> bool:
    """The wheel of the embedded server has none."""
    return layout.audit


def redacts_roles(cluster: "Cluster") -> bool:
    """Whether pgaudit logs what changes roles and schema, with passwords left out."""
    classes = {word.strip() for word in cluster.audit.split(",")}
    left_out = classes & {"-all", "-ddl", "-role"}
    logged = "all" in classes or {"ddl", "role"} <= classes
    return cluster.runtime == "package" and logged and not left_out


COMPONENT = Component("audit", is_there=_is_there, settings=_settings, libraries=("pgaudit",))
