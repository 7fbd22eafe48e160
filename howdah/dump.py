"""Cluster -> where its host keeps dumps, and what makes them."""

from collections.abc import Iterable
from typing import NamedTuple

from components.backups import stanza
from howdah.backup import UNITS
from howdah.cluster import Cluster
from howdah.layout import Layout
from howdah.options import OTHER_DATABASES

ZSTD_SINCE = 16  # pg_dump's own
LONGEST_KEPT = 40  # bytes of a database's name, of 63: a time follows


class Place(NamedTuple):
    """Where on the host the dumps of a cluster are."""

    stanza: str
    folder: str
    script: str
    unit: str  # its name, without .service or .timer
    units: str  # the same, as a path


def place(cluster: Cluster, layout: Layout) -> Place:
    """The paths."""
    name = stanza(cluster)
    folder = f"{layout.home}/dumps"
    if cluster.runtime == "package":  # a major upgrade has another home
        folder = f"/var/lib/howdah/{name}.dumps"
    unit = f"howdah-dump-{name}"
    return Place(
        stanza=name,
        folder=folder,
        script=f"{layout.home}/dump.sh",
        unit=unit,
        units=f"{UNITS}/{unit}",
    )


def compression(cluster: Cluster) -> str:
    """As pg_dump of the cluster's version takes it."""
    if cluster.version >= ZSTD_SINCE:
        return "zstd:3"
    return "6"  # gzip's


def declared(databases: Iterable[str]) -> list[str]:
    """Those that roles-sql makes, in order."""
    return sorted(set(databases) - OTHER_DATABASES)


def kept_name(database: str) -> str:
    """What the name begins with that a database has after a restore; a time follows."""
    cut = database.encode()[:LONGEST_KEPT]
    return f"{cut.decode(errors='ignore')}_before"


def new_name(database: str) -> str:
    """The name of one that is being restored."""
    cut = database.encode()[:LONGEST_KEPT]
    return f"{cut.decode(errors='ignore')}_new"
