"""How a host runs PostgreSQL: the only code that knows."""

from collections.abc import Iterator, Mapping
from typing import Protocol

from pyinfra.api.command import PyinfraCommand, StringCommand

from deploys import shell
from deploys.script import filled, script
from howdah import logs
from howdah.cluster import Cluster
from howdah.errors import ClusterError
from howdah.found import Found
from howdah.layout import Layout
from howdah.options import Address
from howdah.wanted import Wanted

FOLDERS = 3  # log, releases and the socket's
# find's words for what somebody has written: all but what a new file system has.
WRITTEN = " ".join(
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
    # Its shell functions are deploys/runtime/KIND.sh, KIND_control.sh and KIND_facts.sh.
    kind: str
    variables: Mapping[str, str]  # of its own, for each script
    as_owner: str  # words that a person runs a command with as the server's OS user
    whose: str  # what the marker must say
    adopted: str  # where the files of a cluster are that is to be taken over; empty: none is
    lock: str  # the file that a command locks while it changes the host
    lock_file: str  # the file beside it that a whole run locks
    lock_mode: str  # of their folder, where it has to be made

    def facts(self, want: Wanted) -> Mapping[str, str]:
        """Variables that its part of the snapshot needs."""
        ...

    def control(self) -> Mapping[str, str]:
        """Variables that its start, stop and restart need."""
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


def script_for(
    runtime: Runtime,
    name: str,
    *functions: str,
    variables: Mapping[str, str] | None = None,
    documents: Mapping[str, str] | None = None,
) -> str:
    """The script deploys/NAME.sh, after lib.sh, the runtime's functions and those named.

    Of its variables only those are given here that another script does not have.
    """
    layout = runtime.layout
    header = {
        "home_": layout.home,
        "marker": layout.marker,
        "whose": runtime.whose,
        "adopted": runtime.adopted,
        "binaries": layout.binaries,
        "data": layout.data,
        "auto_conf": layout.auto_conf,
        "etc": layout.releases,
        "current": layout.current,
        "log": layout.log,
        "canary": layout.canary,
        "pristine": layout.pristine,
        "socket": layout.socket,
        "os_owner": layout.owner,
        "file_owner": layout.file_owner,
        "file_mode": layout.file_mode,
        "lock": runtime.lock,
        "lock_file": runtime.lock_file,
        "session": "",
        **runtime.variables,
        **(variables or {}),
    }
    return script(["lib", f"runtime/{runtime.kind}", *functions, name], header, documents)


def script_with_control(
    runtime: Runtime,
    name: str,
    variables: Mapping[str, str],
    documents: Mapping[str, str] | None = None,
) -> str:
    """One that has start_server, stop_server, restart_server and reload_server too."""
    return script_for(
        runtime,
        name,
        "runtime/control",
        f"runtime/{runtime.kind}_control",
        variables={**runtime.control(), **variables},
        documents=documents,
    )


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
    return filled(
        "runtime/prune_logs.sh",
        log=shell.quoted(layout.log),
        minutes=str(logs.minutes(cluster)),
        bytes=str(logs.kept(cluster)),
    ).strip()


def initdb(runtime: Runtime) -> StringCommand:
    """A data directory, with checksums."""
    what = f"make the data directory {runtime.layout.data}"
    text = script_for(runtime, "runtime/initdb", variables={"written": WRITTEN})
    return shell.run(what, text, lock=runtime.lock)


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
    text = script_with_control(runtime, "runtime/server", {"verb": verb})
    return shell.run(f"{verb} the server", text, lock=runtime.lock)


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
