"""How a host runs PostgreSQL: the only code that knows."""

from collections.abc import Iterator
from typing import Protocol

from pyinfra import host
from pyinfra.api.command import PyinfraCommand
from pyinfra.api.exceptions import DeployError

from howdah.cluster import Cluster
from howdah.found import Found
from howdah.layout import Layout


class Runtime(Protocol):
    """What the operations ask of it. Each of the verbs yields commands."""

    cluster: Cluster
    layout: Layout
    as_owner: str  # shell words that run what follows as the server's OS user
    owned: str  # install's options for what belongs to that user

    @property
    def lock(self) -> str:
        """The file that a command locks while it changes the host."""
        ...

    @property
    def lock_file(self) -> str:
        """The file beside it that a whole run locks."""
        ...

    lock_mode: str  # of their folder, where it has to be made

    def refuse_others(self, found: Found) -> None:
        """Raises BadCluster for a cluster that is not this checkout's."""

    def refuse(self, found: Found) -> None:
        """Raises BadCluster or Unreadable for a host that cannot be deployed to."""

    def lacks(self, found: Found) -> list[str]:
        """What `install` would do, a line each."""
        ...

    def install(self) -> Iterator[PyinfraCommand]:
        """Binaries, OS user, folders."""
        ...

    def initialise(self) -> Iterator[PyinfraCommand]:
        """The data directory: whole or not at all."""
        ...

    def start(self) -> Iterator[PyinfraCommand]:
        """The server, and wait until it answers."""
        ...

    def stop(self) -> Iterator[PyinfraCommand]:
        """The server, sessions ended."""
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
    """The runtime that the cluster names. Raises DeployError."""
    from deploys.runtime.embedded import Embedded  # noqa: PLC0415 only where it is asked for

    if cluster.runtime != "embedded":
        raise DeployError(f"runtime = {cluster.runtime!r} (host {host.name}): this version of "
                          "Howdah deploys 'embedded' only")  # fmt: skip
    return Embedded(cluster)
