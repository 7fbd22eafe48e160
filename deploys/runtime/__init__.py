"""How a host runs PostgreSQL: the only code that knows."""

from collections.abc import Iterator
from typing import Protocol

from pyinfra.api.command import PyinfraCommand, StringCommand

from deploys import shell
from howdah import logs
from howdah.cluster import Cluster
from howdah.errors import ClusterError
from howdah.found import Found
from howdah.knobs import Address
from howdah.layout import Layout
from howdah.wanted import Wanted

FOLDERS = 3  # log, releases and the socket's
# What a file system has before anybody has written to it, as find's words for the other files.
FRESH = " ".join(
    f"! -name {name}"
    for name in (
        "lost+found",
        "aquota.user",
        "aquota.group",
        ".snapshot",
        ".snapshots",
        ".zfs",
        ".trashcan",
    )
)


class Runtime(Protocol):
    """What the operations ask of it. Each of the verbs yields commands."""

    cluster: Cluster
    layout: Layout
    as_owner: str  # shell words that run what follows as the server's OS user
    owned: str  # install's options for what belongs to that user
    whose: str  # what the marker must say
    adopted: str  # where the files of a cluster are that is to be taken over; empty: none is
    lock: str  # the file that a command locks while it changes the host
    lock_file: str  # the file beside it that a whole run locks
    lock_mode: str  # of their folder, where it has to be made

    def facts(self, want: Wanted) -> str:
        """Shell lines of the snapshot that only this runtime needs."""
        ...

    def check_modules(self, found: Found, want: Wanted) -> None:
        """Raises ClusterError for a library, an extension or a package that it cannot have."""

    def refuse_others(self, found: Found) -> None:
        """Raises ClusterError for a cluster that is not this inventory's."""

    def check_host(self, found: Found) -> None:
        """Raises ClusterError for a host, or a cluster on it, that cannot be deployed to."""

    def refuse(self, found: Found) -> None:
        """The same, and a port that is taken."""

    def lacks(self, found: Found) -> list[str]:
        """What `install` would do, a line each."""
        ...

    def install(self, found: Found) -> Iterator[PyinfraCommand]:
        """Binaries, OS user, folders."""
        ...

    def lacks_data(self, found: Found) -> list[str]:
        """What `initialise` would do, a line each."""
        ...

    def initialise(self, found: Found) -> Iterator[PyinfraCommand]:
        """The data directory: whole or not at all."""
        ...

    def late(self, found: Found) -> list[str]:
        """What of it a running server has only after a restart."""
        ...

    def remove(self) -> Iterator[PyinfraCommand]:
        """Everything, the data too."""
        ...

    @property
    def functions(self) -> str:
        """Shell: start_server, stop_server, restart_server, reload_server. A line where they fail.

        The first three wait for what they cause; a reload is a signal only.
        """
        ...


def runtime_of(cluster: Cluster) -> Runtime:
    """The runtime that the cluster names. Raises DeployError, ClusterError."""
    from deploys.runtime.embedded import Embedded  # noqa: PLC0415 only where it is asked for
    from deploys.runtime.package import Package  # noqa: PLC0415

    if cluster.runtime == "docker":
        raise ClusterError("runtime = 'docker': this version of Howdah deploys 'package' and "
                         "'embedded'")  # fmt: skip
    return Package(cluster) if cluster.runtime == "package" else Embedded(cluster)


def prune_logs(layout: Layout, cluster: Cluster) -> str:
    """The script that keeps the log's files within the size and the age that the cluster names."""
    minutes, most = str(logs.minutes(cluster)), str(logs.kept(cluster))
    log = shell.quoted(layout.log)
    return shell.filled("runtime/prune_logs", log=log, minutes=minutes, bytes=most).strip()


def log_files(layout: Layout) -> str:
    """Shell words: whatever the server has written, as text or JSON."""
    log = shell.quoted(layout.log)
    return f"{log}/*.log {log}/*.json"


def initdb(runtime: Runtime, *, maker: str = "") -> StringCommand:
    """A data directory, with checksums. ``maker``: shell words that run as its folder's owner."""
    layout = runtime.layout
    assigned = shell.assigned(data=layout.data, binaries=layout.binaries, becomes=layout.owner)
    script = shell.filled(
        "runtime/initdb",
        assigned=assigned,
        owner=runtime.as_owner,
        maker=maker,
        owned="" if maker else runtime.owned,
        fresh=FRESH,
    )
    return shell.run(f"make the data directory {layout.data}", script, lock=runtime.lock)


def initdb_line(found: Found, data: str) -> str:
    """What the plan has for it."""
    where = ", in the new file system that is mounted there" if "fresh" in found.has else ""
    return f"initdb {data}{where}"


def refuse_strangers(found: Found, data: str) -> None:
    """Raises ClusterError for a folder that has files and is no data directory."""
    if "strangers" in found.has:
        raise ClusterError(f"{data} has files, and is no data directory of PostgreSQL: move them "
                         "away, or mount the right file system there")  # fmt: skip


def outdated(found: Found) -> list[str]:
    """What apt, or a new wheel, has brought since the server was started."""
    return ["the other binaries"] if found.outdated else []


def control(runtime: Runtime, verb: str) -> StringCommand:
    """start, stop or restart of the server."""
    assigned = shell.assigned(auto_conf=runtime.layout.auto_conf)
    script = f"{assigned}\n{runtime.functions}\n{verb}_server"
    return shell.run(f"{verb} the server", script, lock=runtime.lock)


def refuse_taken_port(cluster: Cluster, found: Found) -> None:
    """Raises ClusterError for a port that somebody else listens on."""

    def clashes(address: Address) -> bool:
        wanted = cluster.listen_addresses
        return address in wanted or any(a.is_unspecified for a in (*wanted, address))

    ours = found.pid is not None and found.port == cluster.port
    taken = [a for a in found.listeners if clashes(a)]
    if taken and not ours:
        raise ClusterError(f"port {cluster.port} is taken: something listens on {taken[0]}; "
                         "set another port in the inventory, or stop it")  # fmt: skip
