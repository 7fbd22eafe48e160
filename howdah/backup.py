"""Cluster -> what pgBackRest needs on its host. Only this module knows its words."""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from components.backups import Backups, are_on, stanza
from howdah import compose
from howdah.cluster import Cluster
from howdah.hardware import Hardware
from howdah.layout import Layout
from howdah.render import File, rendered
from howdah.repositories import bucket, in_folders

# In a release; a name without .conf, for those are shown.
NAME = "pgbackrest"
KEY = "backup_key"  # of the store
S3_KEYS = ("repo{}_s3_key", "repo{}_s3_key_secret")  # of the store, as pgBackRest names them
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
    spool: str  # pgBackRest's own
    archived: str  # what a server in a container has archived; empty: it pushes by itself
    push: str  # the name of the unit that pushes it
    push_script: str


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
        spool=spool(cluster, layout),
        archived=archived(cluster, layout),
        push=f"howdah-archive-{name}",
        push_script=f"{layout.home}/push.sh",
    )


def spool(cluster: Cluster, layout: Layout) -> str:
    """pgBackRest's own folder: the package's is not of the number that a container's user has."""
    if cluster.runtime == "docker":
        return f"{layout.home}/spool"
    return SPOOL


def archived(cluster: Cluster, layout: Layout) -> str:
    """The host's folder that a container archives to; empty: there is none."""
    if cluster.runtime == "docker" and are_on(cluster):
        return f"{layout.home}/spool/{compose.ARCHIVED}"
    return ""


def packages(cluster: Cluster) -> tuple[str, ...]:
    """Of the distribution."""
    if not are_on(cluster):
        return ()
    return PACKAGES


def writable(cluster: Cluster) -> list[str]:
    """The folders that the server writes what it archives to."""
    if not are_on(cluster):
        return []
    return [*in_folders(cluster.of(Backups).backup_repository), SPOOL]


def numbers(cluster: Cluster) -> range:
    """Of its repositories, as pgBackRest counts them."""
    count = len(cluster.of(Backups).backup_repository)
    return range(1, count + 1)


def s3_keys(cluster: Cluster) -> Iterator[str]:
    """Files of the store that hold what a bucket asks for. Somebody has to write them."""
    repositories = cluster.of(Backups).backup_repository
    for number in numbers(cluster):
        repository = repositories[number - 1]
        if not bucket(repository):
            continue
        for name in S3_KEYS:
            yield name.format(number)


def files(
    cluster: Cluster,
    layout: Layout,
    hardware: Hardware,
    secret: Callable[[str], bytes | None],
) -> Mapping[str, File]:
    """What a release has of it. ``secret``: what a file of the store has; None: not made yet."""
    if not are_on(cluster):
        return {}
    secrets = {}
    for name in (KEY, *s3_keys(cluster)):
        content = secret(name)
        if content is None:
            return {NAME: File(None, secret=True)}
        text = content.decode()
        secrets[name] = text.strip()
    options = cluster.of(Backups)
    half = hardware.cores // 2
    text = rendered(
        "pgbackrest.conf.j2",
        cluster=cluster,
        layout=layout,
        options=options,
        stanza=stanza(cluster),
        processes=max(1, half),
        spool=spool(cluster, layout),
        repositories=list(map(bucket, options.backup_repository)),
        secrets=secrets,
    )
    return {NAME: File(text.encode(), secret=True)}
