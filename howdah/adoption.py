"""A container whose data are to become a cluster's: what it must be like, and what happens."""

from collections.abc import Iterator

from howdah.cluster import Cluster
from howdah.errors import ClusterError
from howdah.found.docker import Docker
from howdah.found.theirs import Theirs
from howdah.options import SUPERUSER
from howdah.sizing import MEGA

STOPPED = ("exited", "created")
WAY = "go over by dump and restore (docs/docker.md)"


def check(found: Docker, cluster: Cluster) -> None:
    """Raises ClusterError."""
    theirs = found.theirs
    faults = [
        *_of_container(theirs, str(cluster.adopt_container)),
        *_of_version(theirs, cluster),
        *_of_user(theirs, cluster, found.wanted_uid),
        *_of_data(theirs),
    ]
    for fault in faults:
        raise ClusterError(f"adopt_container = {cluster.adopt_container!r}: {fault}")


def lines(theirs: Theirs, cluster: Cluster, data: str) -> list[str]:
    """What is done with its data."""
    name = cluster.adopt_container
    megabytes = -(-theirs.size // MEGA)
    return [
        f"copy {theirs.data} ({megabytes} MB) to {data}",
        f"container {name} ({theirs.image}), its data and its project stay as they are",
        f"in the copy: checksums, and no password of {SUPERUSER}",
        "its roles, rights and schema are compared once the copy runs",
    ]


def _of_container(theirs: Theirs, name: str) -> Iterator[str]:
    if not theirs.there:
        yield "there is no such container; docker ps -a lists them"
    elif theirs.state not in STOPPED:
        yield f"it is {theirs.state}; stop it first, and what uses it: docker compose stop"
    elif theirs.restart == "always":
        yield f"it comes back with the engine, on the same port: docker update --restart no {name}"
    elif not theirs.data:
        yield f"its data are in no mount; {WAY}"
    elif not theirs.version:
        yield f"{theirs.data} has no PG_VERSION; needs its data there"


def _of_version(theirs: Theirs, cluster: Cluster) -> Iterator[str]:
    version = str(cluster.version)
    if theirs.version != version:
        yield (
            f"{theirs.data} is of version {theirs.version}, and {cluster.image} is {version}: "
            f"set the image of that version, or {WAY}"
        )


def _of_user(
    theirs: Theirs,
    cluster: Cluster,
    uid: str,
) -> Iterator[str]:
    """``uid``: of postgres in the image that is wanted; empty: not known yet."""
    if uid and theirs.uid != uid:
        yield (
            f"{theirs.data} belongs to uid {theirs.uid}, and postgres of {cluster.image} is uid "
            f"{uid}: the data are of another image, with other collations; set that image, or {WAY}"
        )
    if theirs.superuser not in ("", SUPERUSER):
        yield f"its superuser is {theirs.superuser!r}; needs {SUPERUSER!r}: {WAY}"


def _of_data(theirs: Theirs) -> Iterator[str]:
    if not theirs.shut_down:
        yield (
            "its server was not shut down in order; start it, and stop it with time: "
            "docker compose stop -t 90"
        )
    if theirs.links:
        yield f"it has tablespaces, or its pg_wal elsewhere; {WAY}"
    if theirs.room <= theirs.size:
        yield (
            f"the copy needs {theirs.size // MEGA} MB, and {theirs.room // MEGA} MB are free; "
            "mount a larger file system at /srv/howdah"
        )
