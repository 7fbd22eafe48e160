"""The current host: what is wanted of it, put together from the pure parts."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pyinfra import host
from pyinfra.api.exceptions import DeployError

from components.backups import are_on
from deploys import connection, outside
from deploys.fence import run
from deploys.inventory import read_cluster
from deploys.runtime import Runtime, runtime_of
from deploys.summary import warn
from howdah import backup, configuration, libraries, render
from howdah.cluster import Cluster
from howdah.errors import HowdahError
from howdah.found import Found
from howdah.hardware import UNKNOWN
from howdah.names import host_names
from howdah.render import File
from howdah.revisions import head
from howdah.roles_sql.declared import declared, unsafe_settings
from howdah.roles_sql.wanted import Wanted
from howdah.secrets import backup_key
from howdah.team import FOLDER
from howdah.topology import Topology

if TYPE_CHECKING:
    from howdah.secrets.store import Store


@contextmanager
def rejecting() -> Iterator[None]:
    """A HowdahError ends the run, before anything of the host is touched."""
    try:
        yield
    except HowdahError as e:
        raise DeployError(f"{e} (host {host.name})") from None


class Server:
    """The current host's server, whatever the application is: to start, stop or destroy it."""

    cluster: Cluster
    runtime: Runtime

    def __init__(self) -> None:
        run.make_module()
        connection.hurry()
        self.cluster = read_cluster()
        connection.check(self.cluster.stage)
        with rejecting():
            self.runtime = runtime_of(self.cluster)


def _own_names() -> list[str]:
    """The current host's. Raises HowdahError for one that no certificate can name."""
    return host_names(host.name, host.data.get("ssh_hostname"))


class Target(Server):
    """Made while pyinfra prepares: whatever can be rejected is rejected then, by DeployError.

    ``schema``: whether the application's history is needed; its package must be importable.
    """

    want: Wanted  # roles, databases and rights

    def __init__(self, *, schema: bool = True) -> None:
        super().__init__()
        with rejecting():
            _own_names()
            if schema:
                head(self.cluster.bootstrap)
            self.want = declared(self.cluster)
            # Some of what is rejected is only known once it is rendered.
            inside = self.runtime.inside
            render.files(self.cluster, inside, UNKNOWN, (), None)
        if self.cluster.stage != "development":
            warnings = unsafe_settings(self.want)
            for warning in warnings.values():
                warn(warning)

    @cached_property
    def store(self) -> "Store":
        """The environment's secrets."""
        from howdah.secrets.store import Store  # noqa: PLC0415 see work_ahead

        folder = Path(FOLDER, "secrets", self.cluster.environment)
        is_development = self.cluster.stage == "development"
        return Store(folder, lenient=is_development, given=self.cluster.password)

    @property
    def label(self) -> str:
        """The host's name as a file's name."""
        return host.name.lstrip("@").replace("/", "_")

    @property
    def topology(self) -> Topology:
        """The cluster's hosts. One host is one cluster."""
        return Topology.of_one(host.name)

    @property
    def leads(self) -> bool:
        """Whether this host has roles, rights and schema set; others have them from the leader."""
        return self.topology.leads(host.name)

    @property
    def certificate_names(self) -> list[str]:
        """Every name that a client may know the server by; localhost for who is on the host."""
        cluster = self.cluster
        names = [*_own_names(), *self.runtime.names, *cluster.certificate_names]
        for address in cluster.listen_addresses:
            if not address.is_unspecified:
                names.append(str(address))
        names += ["localhost", "127.0.0.1", "::1"]
        each_once = dict.fromkeys(names)
        return list(each_once)

    def files(self, found: Found | None = None) -> Mapping[str, File]:
        """The files of a release, for what the host has. A certificate that is due is not made."""
        hardware = UNKNOWN
        if found:
            hardware = found.machine.hardware
        pair = None
        if not self.lacks_certificate():
            pair = self.store.leaf(self.label)
        cluster = self._cluster(found)
        inside = self.runtime.inside
        files = render.files(cluster, inside, hardware, self.logins, pair)
        backups = backup.files(cluster, outside.layout(self.runtime), hardware, self.store.content)
        return {**files, **self.runtime.files(), **backups}

    def settings(self, found: Found) -> Mapping[str, str]:
        """What the wanted postgresql.conf sets: name, in small letters, and value as it has it."""
        cluster = self._cluster(found)
        inside = self.runtime.inside
        settings = render.settings(cluster, inside, found.machine.hardware)
        return configuration.values(settings)

    def preloaded(self, found: Found) -> list[str]:
        """The libraries that a server of the wanted files loads at its start."""
        cluster = self._cluster(found)
        return libraries.preloaded(cluster, self.runtime.inside)

    def _cluster(self, found: Found | None) -> Cluster:
        loaded = []
        if found:
            loaded = found.libraries
        cluster = self.runtime.configured(self.cluster)
        return libraries.keeping(cluster, loaded)

    def lacks_certificate(self) -> bool:
        """Whether one has to be issued for the host."""
        names = self.certificate_names
        days = self.cluster.certificate_days
        faults = self.store.leaf_faults(self.label, names, days)
        return bool(faults)

    def due(self) -> list[str]:
        """What the store lacks, a line each. Raises SecretError."""
        names = self.certificate_names
        days = self.cluster.certificate_days
        lines = self.store.due(self.label, names, days)
        if are_on(self.cluster):
            lines += backup_key.due(self.store, self.cluster)
        return lines

    @cached_property
    def logins(self) -> list[tuple[str, str]]:
        """(database, role) for each that may log in."""
        return self.want.logins()

    def work_ahead(self) -> None:
        """What takes time and needs no answer of the host: done while the host answers.

        The imports of cryptography and of the templates' code weigh the most. What is rejected
        here is rejected again, and reported, by the operation that it belongs to.
        """
        try:
            self.files()
            self.store.digests()
        except HowdahError:
            pass
