"""Cluster -> the files that its server reads."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from howdah import hba, logs, settings
from howdah.cluster import Cluster, ClusterError
from howdah.hardware import Hardware
from howdah.layout import Layout
from howdah.libraries import preloaded
from howdah.sizing import sized

if TYPE_CHECKING:
    from howdah.x509 import Pair

PRELOADED = "shared_preload_libraries"
# Forward secret, authenticated encryption (RFC 5288, 5289, 7905).
CIPHERS = (
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-CHACHA20-POLY1305",
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
)

_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent.parent / "templates"),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    autoescape=False,  # noqa: S701 no HTML here: strings go through quote()
)
_templates.globals["quote"] = settings.quote
_templates.globals["word"] = hba.word


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

    Raises ClusterError for settings that are Howdah's, and sizes that the hardware has not.
    """
    records = hba.records(logins, cluster.networks)
    sizes = sized(cluster, hardware)
    names = preloaded(cluster, audit=layout.audit)
    values = {"layout": layout, "libraries": names, "ciphers": CIPHERS,
              "logs": logs.settings(cluster)}  # fmt: skip
    return {
        "postgresql.conf": File(_postgresql_conf(cluster, sizes, values).encode()),
        "pg_hba.conf": File(_render("pg_hba.conf.j2", records=records)),
        "pg_ident.conf": File(_render("pg_ident.conf.j2", layout=layout)),
        "server.crt": File(pair.certificate if pair else None, secret=True),
        "server.key": File(pair.key if pair else None, secret=True),
    }


def _postgresql_conf(
    cluster: Cluster, sizes: Mapping[str, str], values: Mapping[str, object]
) -> str:
    """An entry of ``settings`` wins over a size, and over nothing else."""
    if not cluster.settings:
        return _conf(cluster, sizes, values)
    bare = _conf(cluster.model_copy(update={"settings": {}}), {}, values)
    decided = sorted(settings.parse(bare).keys() & cluster.settings.keys())
    if decided:
        remedy = "write libraries = …" if decided[0] == PRELOADED else "take it out"
        raise ClusterError(f"settings[{decided[0]!r}]: Howdah decides it; {remedy}")
    own = {name: size for name, size in sizes.items() if name not in cluster.settings}
    return _conf(cluster, own, values)


def _conf(cluster: Cluster, sizes: Mapping[str, str], values: Mapping[str, object]) -> str:
    return _render("postgresql.conf.j2", cluster=cluster, sizes=sizes, **values).decode()


def _render(template: str, **values: object) -> bytes:
    return _templates.get_template(template).render(**values).encode()
