"""Cluster -> what pgBackRest needs on its host. Only this module knows its words."""

from collections.abc import Mapping
from typing import NamedTuple

from components.backups import Backups, are_on, stanza
from howdah.cluster import Cluster
from howdah.hardware import Hardware
from howdah.layout import Layout
from howdah.render import File, rendered

# In a release; a name without .conf, for those are shown.
NAME = "pgbackrest"
KEY = "backup_key"  # of the store
PACKAGES = ("pgbackrest",)
SPOOL = "/var/spool/pgbackrest"
UNITS = "/etc/systemd/system"
KINDS = ("full", "incr")


class Place(NamedTuple):
    """Where on the host the backups of a cluster are run from."""

    stanza: str
    link: str  # by which pgBackRest finds the release's file
    target: str
    state: str  # a folder of the server's OS user
    script: str
    units: str  # what the names of the backups' units begin with
    drill: str  # the name of that unit
    drill_script: str


def place(cluster: Cluster, layout: Layout) -> Place:
    """The paths."""
    name = stanza(cluster)
    return Place(
        stanza=name,
        link=f"/etc/pgbackrest/conf.d/{name}.conf",
        target=f"{layout.current}/{NAME}",
        state=f"/var/lib/howdah/{name}.backups",
        script=f"{layout.home}/back_up.sh",
        units=f"{UNITS}/howdah-backup-{name}",
        drill=f"howdah-drill-{name}",
        drill_script=f"{layout.home}/drill.sh",
    )


def packages(cluster: Cluster) -> tuple[str, ...]:
    """Of the distribution."""
    if not are_on(cluster):
        return ()
    return PACKAGES


def writable(cluster: Cluster) -> list[str]:
    """The folders that the server writes what it archives to."""
    if not are_on(cluster):
        return []
    return [cluster.of(Backups).backup_repository, SPOOL]


def files(
    cluster: Cluster,
    layout: Layout,
    hardware: Hardware,
    key: bytes | None,
) -> Mapping[str, File]:
    """What a release has of it. ``key``: the repository's passphrase; None: not made yet."""
    if not are_on(cluster):
        return {}
    if key is None:
        return {NAME: File(None, secret=True)}
    passphrase = key.decode()
    half = hardware.cores // 2
    text = rendered(
        "pgbackrest.conf.j2",
        cluster=cluster,
        layout=layout,
        options=cluster.of(Backups),
        stanza=stanza(cluster),
        processes=max(1, half),
        spool=SPOOL,
        key=passphrase.strip(),
    )
    return {NAME: File(text.encode(), secret=True)}
