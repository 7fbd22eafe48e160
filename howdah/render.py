"""Cluster -> the files that its server reads."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from components import there
from howdah import configuration, hba, libraries
from howdah.cluster import Cluster
from howdah.component import Context, Setting
from howdah.errors import ClusterError
from howdah.hardware import Hardware
from howdah.hba import Record
from howdah.layout import Layout
from howdah.settings import quote

if TYPE_CHECKING:
    from howdah.x509 import Pair

_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent.parent / "templates"),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    autoescape=False,  # noqa: S701 no HTML here: values come as settings.quote has them
)


@dataclass(frozen=True)
class File:
    """A wanted file of a release. A secret one is compared and shown by its hash and name only."""

    content: bytes | None = field(repr=False)  # None: not made yet, so only its name is known
    secret: bool = False

    @property
    def sha256(self) -> str:
        """In hex; empty while there is no content."""
        return hashlib.sha256(self.content).hexdigest() if self.content is not None else ""


def files(
    cluster: Cluster,
    layout: Layout,
    hardware: Hardware,
    logins: Iterable[tuple[str, str]],
    pair: "Pair | None",
) -> Mapping[str, File]:
    """name: File, for one release. ``logins`` are (database, role); no pair: not made yet.

    Raises HowdahError: see ``settings``.
    """
    sections = configuration.by_section(settings(cluster, layout, hardware))
    others = [name for name in sections if name not in configuration.SECTIONS]
    local, remote = _records(cluster, layout, logins)
    return {
        "postgresql.conf": File(_render("postgresql.conf.j2", sections=sections, others=others)),
        "pg_hba.conf": File(_render("pg_hba.conf.j2", local=local, records=remote)),
        "pg_ident.conf": File(_render("pg_ident.conf.j2", layout=layout)),
        "server.crt": File(pair.certificate if pair else None, secret=True),
        "server.key": File(pair.key if pair else None, secret=True),
    }


def settings(cluster: Cluster, layout: Layout, hardware: Hardware) -> list[Setting]:
    """All that postgresql.conf sets, in its order.

    Raises ClusterError for settings that are Howdah's, and sizes that the hardware has not;
    ConflictError for two components that want different values.
    """
    context = Context(cluster, layout, hardware)
    asked = [("libraries", _libraries(cluster, layout))]
    for component in there(cluster, layout):
        for setting in component.settings(context):
            asked.append((component.name, setting))
    decided = configuration.merged(asked)
    return [*decided, *_inventorys_own(cluster, decided)]


def _libraries(cluster: Cluster, layout: Layout) -> Setting:
    names = ",".join(libraries.preloaded(cluster, layout))
    reason = "Howdah's own and the inventory's; howdah/libraries.py joins them."
    return Setting("libraries", libraries.SETTING, quote(names), (reason,))


def _inventorys_own(cluster: Cluster, decided: Iterable[Setting]) -> Iterator[Setting]:
    """The entries of ``settings``, which may set what no component does."""
    names = configuration.values(decided).keys()
    for name in sorted(cluster.settings.keys() & names):
        remedy = "write libraries = …" if name == libraries.SETTING else "take it out"
        raise ClusterError(f"settings[{name!r}]: Howdah decides it; {remedy}")
    for name, value in sorted(cluster.settings.items()):
        yield Setting("inventory", name, quote(value))


def _records(
    cluster: Cluster, layout: Layout, logins: Iterable[tuple[str, str]]
) -> tuple[list[Record], list[Record]]:
    """(those over the socket, those over the network): roles-sql's logins, then the components'."""
    asked = hba.records(logins, cluster.networks)
    for component in there(cluster, layout):
        asked += component.records(cluster)
    local = [record for record in asked if record.kind == "local"]
    return local, [record for record in asked if record.kind != "local"]


def _render(template: str, **values: object) -> bytes:
    return _templates.get_template(template).render(**values).encode()
