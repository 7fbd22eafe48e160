"""How a host runs PostgreSQL: the only code that knows."""

import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from pyinfra.api.command import PyinfraCommand, StringCommand

from deploys import shell
from deploys.script import script
from howdah.cluster import Cluster
from howdah.conninfo import listens_on
from howdah.errors import ClusterError
from howdah.found import Found
from howdah.layout import Layout
from howdah.options import Address
from howdah.render import File
from howdah.roles_sql.wanted import Wanted

# The option `runtime`, and where its class is.
RUNTIMES = {
    "package": "deploys.runtime.package:Package",
    "embedded": "deploys.runtime.embedded:Embedded",
    "docker": "deploys.runtime.docker:Docker",
}
FOLDERS = 3  # log, releases and the socket's
# What a new file system has; and find's words for all else, which somebody has written.
NEW = "lost+found aquota.user aquota.group .snapshot .snapshots .zfs .trashcan"
WRITTEN = " ".join(f"! -name {name}" for name in NEW.split())
NO_VARIABLES: Mapping[str, str] = MappingProxyType({})


class Owners(NamedTuple):
    """Of files on the host: formats of stat's, and what it prints by them."""

    user_format: str
    user: str  # of the server's own folders
    file_format: str
    file: str  # of a release's files


class Runtime(ABC):
    """What the operations ask of a runtime. Each of the verbs yields commands.

    Beside it are three files of shell functions. KIND.sh, for each script: `become`,
    `owned_folder`, `make_data_folder`, `name_data_folder`; where the server has paths of its own,
    `inside` too. KIND_control.sh: `control`, `run_pg_ctl`, `said_early`, `prune_logs`.
    KIND_facts.sh: `facts`. ``filling`` names a fourth, for a new data directory: `fill`.
    """

    kind: str
    cluster: Cluster
    layout: Layout  # the host's paths, for what reads and writes files
    whose: str  # what the marker must have
    adopted: str = ""  # where the files of a cluster are that is to be taken over; empty: none is
    filling: str = "runtime/initdb"
    as_owner: str  # words that root puts before a command to run it as the server's OS user
    other_markers: str = ""  # of the other runtimes', as a shell's pattern
    lock: str  # the file that a command locks while it changes the host
    lock_file: str  # the file beside it that a whole run locks
    lock_mode: str  # of their folder, where it has to be made
    names: tuple[str, ...] = ()  # by which clients of its own network know the server
    shared: str = ""  # the folder of what containers of applications mount; empty: there is none
    variables: Mapping[str, str] = NO_VARIABLES  # of its own, for each script

    @property
    def inside(self) -> Layout:
        """The same paths as the server sees them: for its files, and for PostgreSQL's programs."""
        return self.layout

    @property
    def psql(self) -> str:
        """As `entering` finds it."""
        return f"{self.inside.binaries}/psql"

    def configured(self, cluster: Cluster) -> Cluster:
        """The cluster as its server's own files have it: where it listens inside."""
        return cluster

    def owners(self, found: Found) -> Owners:  # noqa: ARG002 another runtime looks at it
        """By name, unless the server's OS user is one of another system's."""
        return Owners("%U", self.layout.owner, "%U:%G", self.layout.file_owner)

    def listens(self, found: Found) -> list[Address]:
        """Where its running server is reached, as clients of the host see it."""
        return listens_on(found.server.listen)

    def socket_port(self, found: Found) -> int | None:
        """The number in the name of its running server's socket."""
        return found.process.port

    def files(self) -> Mapping[str, File]:
        """What a release has beside the server's own files."""
        return {}

    def status(self, found: Found) -> list[str]:  # noqa: ARG002 another runtime looks at it
        """Lines that only its own servers have in their status."""
        return []

    def entering(self, found: Found) -> str:
        """Words that an operator puts before a command of PostgreSQL's, for the superuser."""
        if self.as_owner and found.machine.sudo:
            return f"sudo -u {self.layout.owner}"
        return self.as_owner

    @property
    def functions(self) -> list[str]:
        """The files of shell functions that each script has: deploys/FILE.sh."""
        return [f"runtime/{self.kind}"]

    def facts(self, want: Wanted) -> Mapping[str, str]:  # noqa: ARG002 another runtime looks at it
        """Variables that its part of the snapshot needs."""
        return NO_VARIABLES

    def control(self) -> Mapping[str, str]:
        """Variables that its start, stop and restart need."""
        return NO_VARIABLES

    @abstractmethod
    def check_modules(self, found: Found, want: Wanted) -> None:
        """Raises ClusterError for a library, an extension or a package that it cannot have."""

    @abstractmethod
    def check_owner(self, found: Found) -> None:
        """Raises ClusterError for a cluster that is not this inventory's."""

    def check_host(self, found: Found) -> None:
        """Raises ClusterError for a host, or a cluster on it, that cannot be deployed to."""
        self.check_owner(found)
        if found.home.elsewhere:
            raise ClusterError(
                f"{self.cluster.environment!r} lives on this host under another runtime, in "
                f"{found.home.elsewhere}: set that one, or go over by dump and restore "
                "(docs/docker.md)"
            )
        if found.data.strangers:
            raise ClusterError(
                f"{self.layout.data} has files, and is no data directory of PostgreSQL: move "
                "them away, or mount the right file system there"
            )
        if self.cluster.data_directory:
            self._check_data_directory(found)

    def _check_data_directory(self, found: Found) -> None:
        """Whether it serves, before anything is installed."""
        faults = found.place.faults(
            self.layout.data,
            self.layout.owner,
            has_data=found.data.there and bool(found.home.whose),
            lasting=self.cluster.stage != "development",
        )
        for fault in faults:
            raise ClusterError(f"data_directory: {fault}")

    def check_port(self, found: Found) -> None:
        """Raises ClusterError for a port that somebody else listens on."""
        if found.process.pid is not None and found.process.port == self.cluster.port:
            return  # ours
        for address in found.machine.listeners:
            if _clashes(address, self.cluster):
                raise ClusterError(
                    f"port {self.cluster.port} is taken: something listens on {address}; set "
                    "another port in the inventory, or stop it"
                )

    @abstractmethod
    def lacks(self, found: Found) -> list[str]:
        """What `install` would do, a line each."""

    @abstractmethod
    def install(self, found: Found) -> Iterator[PyinfraCommand]:
        """Binaries, OS user, folders."""

    def lacks_data(self, found: Found) -> list[str]:
        """What `initialise` would do, a line each."""
        if found.data.there:
            return []
        line = f"initdb {self.layout.data}"
        if found.data.fresh:
            line += ", in the new file system that is mounted there"
        return [line]

    def initialise(self, found: Found) -> Iterator[PyinfraCommand]:
        """The data directory, with checksums: whole or not at all."""
        if not found.data.there:
            variables = {"written": WRITTEN, **self.filled_from(found)}
            text = script_for(self, "runtime/data", self.filling, variables=variables)
            yield shell.run(f"make the data directory {self.layout.data}", text, lock=self.lock)

    def filled_from(self, found: Found) -> Mapping[str, str]:  # noqa: ARG002 as above
        """Variables of what fills it."""
        return NO_VARIABLES

    def late(
        self,
        found: Found,
        before: Mapping[str, str] | None = None,  # noqa: ARG002 another runtime looks at it
    ) -> list[str]:
        """What of it a running server has only after a restart.

        ``before``: the texts of the release that undo goes back to, in place of the wanted one.
        """
        return ["the other binaries"] if found.process.outdated else []

    @abstractmethod
    def remove(self) -> Iterator[PyinfraCommand]:
        """Everything, the data too."""


def runtime_of(cluster: Cluster) -> Runtime:
    """The runtime that the cluster names. Raises DeployError, ClusterError."""
    if cluster.runtime not in RUNTIMES:
        known = " and ".join(map(repr, RUNTIMES))
        raise ClusterError(f"runtime = {cluster.runtime!r}: this version of Howdah deploys {known}")
    made: Runtime = pkgutil.resolve_name(RUNTIMES[cluster.runtime])(cluster)
    return made


def script_for(
    runtime: Runtime,
    name: str,
    *functions: str,
    variables: Mapping[str, str] | None = None,
    documents: Mapping[str, str] | None = None,
) -> str:
    """The script deploys/NAME.sh, after lib.sh, the runtime's functions and those named.

    ``variables``: its own. Those that begin with INSIDE_ are for PostgreSQL's programs.
    """
    layout, inside = runtime.layout, runtime.inside
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
        "inside_binaries": inside.binaries,
        "inside_data": inside.data,
        "inside_etc": inside.releases,
        "inside_current": inside.current,
        "inside_log": inside.log,
        "inside_canary": inside.canary,
        "inside_socket": inside.socket,
        "os_owner": layout.owner,
        "file_owner": layout.file_owner,
        "file_mode": layout.file_mode,
        "lock": runtime.lock,
        "lock_file": runtime.lock_file,
        "session": "",
        **runtime.variables,
        **(variables or {}),
    }
    return script(["lib", *runtime.functions, *functions, name], header, documents)


def script_with_control(
    runtime: Runtime,
    name: str,
    variables: Mapping[str, str],
    documents: Mapping[str, str] | None = None,
    *functions: str,
) -> str:
    """One that has start_server, stop_server, restart_server and reload_server too."""
    return script_for(
        runtime,
        name,
        "runtime/control",
        f"runtime/{runtime.kind}_control",
        *functions,
        variables={**runtime.control(), **variables},
        documents=documents,
    )


def control(runtime: Runtime, verb: str) -> StringCommand:
    """start, stop or restart of the server."""
    text = script_with_control(runtime, "runtime/server", {"verb": verb})
    return shell.run(f"{verb} the server", text, lock=runtime.lock)


def _clashes(address: Address, cluster: Cluster) -> bool:
    """Whether no other process may listen there."""
    wanted = cluster.listen_addresses
    if address in wanted:
        return True
    return any(each.is_unspecified for each in (*wanted, address))
