"""Cluster -> the files that its server reads."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from components import there
from howdah import configuration, libraries
from howdah.cluster import Cluster
from howdah.component import Context, Setting
from howdah.errors import ClusterError
from howdah.hardware import Hardware
from howdah.layout import Layout
from howdah.pg_hba import hba
from howdah.settings import quote

if TYPE_CHECKING:
    from howdah.secrets.pem import Pair

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
        if self.content is None:
            return ""
        digest = hashlib.sha256(self.content)
        return digest.hexdigest()


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
    return {
        "postgresql.conf": _postgresql_conf(cluster, layout, hardware),
        "pg_hba.conf": _pg_hba_conf(cluster, layout, logins),
        "pg_ident.conf": _pg_ident_conf(cluster, layout),
        **_of_pair(pair),
    }


def _postgresql_conf(
    cluster: Cluster,
    layout: Layout,
    hardware: Hardware,
) -> File:
    sections = configuration.by_section(settings(cluster, layout, hardware))
    others = []
    for name in sections:
        if name not in configuration.SECTIONS:
            others.append(name)
    return _rendered("postgresql.conf.j2", sections=sections, others=others)


def _of_pair(pair: "Pair | None") -> dict[str, File]:
    certificate = None
    key = None
    if pair:
        certificate = pair.certificate
        key = pair.key
    return {
        "server.crt": File(certificate, secret=True),
        "server.key": File(key, secret=True),
    }


def settings(
    cluster: Cluster,
    layout: Layout,
    hardware: Hardware,
) -> list[Setting]:
    """All that postgresql.conf sets, in its order.

    Raises ClusterError for settings that are Howdah's, and sizes that the hardware has not;
    ConflictError for two components that want different values.
    """
    context = Context(cluster, layout, hardware)
    preloaded = _libraries(cluster, layout)
    asked = [("libraries", preloaded)]
    for component in there(cluster, layout):
        for setting in component.settings(context):
            asked.append((component.name, setting))
    decided = configuration.merged(asked)
    own = _inventorys_own(cluster, decided)
    return [*decided, *own]


def _libraries(cluster: Cluster, layout: Layout) -> Setting:
    names = ",".join(libraries.preloaded(cluster, layout))
    reason = "Howdah's own and the inventory's; howdah/libraries.py joins them."
    return Setting("libraries", libraries.SETTING, quote(names), reason)


def _inventorys_own(cluster: Cluster, decided: Iterable[Setting]) -> Iterator[Setting]:
    """The entries of ``settings``, which may set what no component does."""
    names = configuration.values(decided).keys()
    for name in sorted(cluster.settings.keys() & names):
        remedy = "take it out"
        if name == libraries.SETTING:
            remedy = "write libraries = …"
        raise ClusterError(f"settings[{name!r}]: Howdah decides it; {remedy}")
    for name, value in sorted(cluster.settings.items()):
        yield Setting("inventory", name, quote(value))


def peers(cluster: Cluster, layout: Layout) -> list[str]:
    """The roles that the server's OS user enters as, over the socket."""
    return hba.peers(_of_components(cluster, layout))


def _pg_ident_conf(cluster: Cluster, layout: Layout) -> File:
    roles = [hba.word(role) for role in peers(cluster, layout)]
    return _rendered("pg_ident.conf.j2", layout=layout, roles=roles)


def _of_components(cluster: Cluster, layout: Layout) -> Iterator[hba.Record]:
    for component in there(cluster, layout):
        yield from component.records(cluster)


def _pg_hba_conf(
    cluster: Cluster,
    layout: Layout,
    logins: Iterable[tuple[str, str]],
) -> File:
    """roles-sql's logins, then the components'."""
    asked = hba.records(logins, cluster.networks, tls=cluster.tls)
    asked += _of_components(cluster, layout)
    over_socket = []
    over_network = []
    for record in asked:
        if record.kind == "local":
            over_socket.append(record)
        else:
            over_network.append(record)
    return _rendered("pg_hba.conf.j2", local=over_socket, records=over_network)


def _rendered(template: str, **values: object) -> File:
    text = rendered(template, **values)
    return File(text.encode())


def rendered(template: str, **values: object) -> str:
    """The text of templates/TEMPLATE."""
    found = _templates.get_template(template)
    return found.render(**values)
