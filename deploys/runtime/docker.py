"""PostgreSQL in a container of the official image, which Docker Compose runs on its host.

All of it lies in /srv/howdah/ENVIRONMENT, which only root enters. compose.yaml is a file of the
release: what a swap puts in force, and what undo goes back to, is the container too.
"""

from collections.abc import Iterator, Mapping
from ipaddress import ip_address

from pyinfra.api.command import PyinfraCommand
from typing_extensions import override

from components.backups import stanza
from deploys import shell
from deploys.runtime import FOLDERS, Owners, Runtime, pruning, script_for
from howdah import adoption, backup, compose, engine
from howdah.cluster import Cluster
from howdah.errors import ClusterError
from howdah.found import Found
from howdah.layout import Layout
from howdah.modules import wanted_modules
from howdah.options import Address
from howdah.render import File
from howdah.roles_sql.wanted import Wanted
from howdah.settings import in_seconds

APT = "apt-get install docker.io docker-cli docker-compose"
FILES = {"library": "{}.so", "extension": "{}.control"}
EVERYWHERE = ip_address("0.0.0.0")  # noqa: S104 of the container; the host publishes loopback only


class Docker(Runtime):
    """One container."""

    kind = "docker"
    as_owner = ""
    lock_mode = "0700"
    other_markers = "/etc/howdah/*/environment"

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        environment = cluster.environment
        home = compose.home(cluster)
        self.layout = Layout(
            home=home,
            marker=f"{home}/environment",
            binaries="",
            data=f"{home}/data/postgres",
            releases=f"{home}/etc",
            log=f"{home}/log",
            canary=f"{home}/canary/candidate",
            socket=f"{home}/run",
            owner="postgres",
            file_owner="root:postgres",
            file_mode="640",
        )
        self.whose = environment
        self.lock = f"/run/howdah/docker-{environment}.command"
        self.lock_file = f"/run/howdah/docker-{environment}.lock"
        self.shared = f"{home}/secrets"
        self.names = (compose.SERVICE, str(compose.address(cluster)))
        self._compose = compose.render(cluster)
        self._logs = f"howdah-logs-docker-{environment}"
        self.variables: Mapping[str, str] = {
            "image": cluster.image,
            "container": compose.container(cluster),
            "version": str(cluster.version),
            "logs": self._logs,
            "archived": backup.archived(cluster, self.layout),
            "adopt_container": "",
        }
        if cluster.adopt:
            self.filling = "runtime/adopt"
            self.variables = {**self.variables, "adopt_container": str(cluster.adopt_container)}

    @property
    @override
    def inside(self) -> Layout:
        """As the image has them, so that a DBA finds what any page on it says."""
        return compose.INSIDE

    @property
    @override
    def psql(self) -> str:
        """The image's own PATH finds it."""
        return "psql"

    @override
    def configured(self, cluster: Cluster) -> Cluster:
        """The container has its address and port to itself; the inventory's are published."""
        update = {"port": compose.PORT, "listen_addresses": (EVERYWHERE,)}
        return cluster.model_copy(update=update)

    @override
    def owners(self, found: Found) -> Owners:
        """By number: the names are the image's."""
        docker = found.docker
        return Owners("%u", docker.image_uid, "%u:%g", f"0:{docker.image_gid}")

    @override
    def listens(self, found: Found) -> list[Address]:
        """Where the engine publishes it: never on another address than loopback."""
        return list(self.cluster.listen_addresses)

    @override
    def socket_port(self, found: Found) -> int:
        """Inside: the inventory's is published."""
        return compose.PORT

    @override
    def files(self) -> Mapping[str, File]:
        """The container itself."""
        return {compose.NAME: File(self._compose.text.encode())}

    @override
    def status(self, found: Found) -> list[str]:
        state = found.docker.container.replace("(", " (") or "none"
        return [f"    container {compose.container(self.cluster)}: {state}"]

    @override
    def entering(self, found: Found) -> str:
        words = f"docker exec -it {compose.container(self.cluster)}"
        if found.machine.sudo:
            return f"sudo {words}"
        return words

    @override
    def facts(self, want: Wanted) -> Mapping[str, str]:
        """Of the image's files: those that roles-sql and the inventory ask for."""
        files = []
        for module in wanted_modules(self.cluster, want):
            files.append(FILES[module.kind].format(module.name))
        log_files = self._log_files()
        return {
            "modules": " ".join(files),
            "wanted_spec": self._compose.spec,
            "log_files": " ".join(log_files),
            "log_texts": "\n".join(log_files.values()),
        }

    def _log_files(self) -> dict[str, str]:
        label = compose.container(self.cluster)
        return pruning.files(self.layout, self.cluster, self._logs, label, pruning.AS_ROOT)

    @override
    def check_modules(self, found: Found, want: Wanted) -> None:
        """What the image does not have cannot be installed. One to be pulled is not known yet."""
        lacking = found.docker.lacking_modules
        for module in wanted_modules(self.cluster, want):
            if FILES[module.kind].format(module.name) in lacking:
                raise ClusterError(
                    f"{module.asked}: {self.cluster.image} does not have it; set an image that "
                    "has, made from the official one"
                )

    @override
    def check_owner(self, found: Found) -> None:
        whose = found.home.whose
        if whose not in ("", self.whose):
            raise ClusterError(
                f"{self.layout.home} belongs to the environment {whose!r}, and this is "
                f"{self.whose!r}; for an inventory that was renamed: environment = {whose!r}"
            )

    @override
    def check_host(self, found: Found) -> None:
        """Not root, no engine, no Compose v2, another version's or another image's data."""
        docker = found.docker
        if docker.uid != 0:
            raise ClusterError("needs root: set _sudo = True, or ssh_user = 'root'")
        if not docker.has_engine:
            raise ClusterError(f"runtime = 'docker': no Docker Engine answers; {self._remedy}")
        if not docker.has_compose:
            raise ClusterError(
                "runtime = 'docker': needs Docker Compose v2 (docker compose), which Debian has "
                f"since 13; {self._remedy}"
            )
        engine.check(docker, self.cluster, found.machine.hardware)
        super().check_host(found)
        version = str(self.cluster.version)
        if docker.data_version not in ("", version):
            raise ClusterError(
                f"{self.layout.data} is of version {docker.data_version}, and {self.cluster.image} "
                f"is {version}: set the image of that version, or go over by dump and restore"
            )
        if docker.has_other_owner:
            raise ClusterError(
                f"{self.layout.data} belongs to uid {docker.data_uid}, and postgres of "
                f"{self.cluster.image} is uid {docker.wanted_uid}: the data are of another image, "
                "with other collations; set that image, or go over by dump and restore"
            )
        if self.cluster.adopt:
            self._check_adoption(found)

    def _check_adoption(self, found: Found) -> None:
        if not found.data.there:
            adoption.check(found.docker, self.cluster)
        elif found.docker.adopted != self.cluster.adopt_container:
            raise ClusterError(
                f"adopt_container = {self.cluster.adopt_container!r}: {self.layout.data} has data "
                "of its own; take adopt out, or set another environment and port"
            )

    @property
    def _remedy(self) -> str:
        if self.cluster.stage == "development":
            return f"{APT}, or `make deploy`, which needs no Docker"
        return APT

    @override
    def lacks(self, found: Found) -> list[str]:
        lines = []
        if not found.docker.image:
            lines.append(f"docker pull {self.cluster.image}")
        if found.docker.lacks_pgbackrest:
            lines.append(f"apt-get install {' '.join(backup.PACKAGES)}, and make its spool")
        is_known = found.home.binaries and found.home.whose
        if not is_known or found.home.folders != FOLDERS:
            lines.append(f"make {self.layout.home} for {self.cluster.image}")
        elif found.docker.lacks_log_units:
            lines.append(f"write {self._logs}, which keeps the log within bounds")
        return lines

    @override
    def install(self, found: Found) -> Iterator[PyinfraCommand]:
        """The image, and the folders that its server's OS user needs."""
        prune_logs, service, path = self._log_files().values()
        variables = {
            "prune_logs": prune_logs,
            "logs_service": service,
            "logs_path": path,
            "packages": " ".join(backup.PACKAGES),
            "lock_seconds": str(in_seconds(self.cluster.apt_lock_timeout)),
        }
        script = script_for(self, "runtime/install_docker", "runtime/apt", variables=variables)
        yield shell.live(f"install {self.cluster.image}", script, lock=self.lock)

    @override
    def lacks_data(self, found: Found) -> list[str]:
        lines = super().lacks_data(found)
        if not lines or not self.cluster.adopt:
            return lines
        adoption.check(found.docker, self.cluster)
        return adoption.lines(found.docker.theirs, self.cluster, self.layout.data)

    @override
    def filled_from(self, found: Found) -> Mapping[str, str]:
        return {"theirs": found.docker.theirs.data}

    @override
    def control(self) -> Mapping[str, str]:
        return {"prune_logs": pruning.prune_logs(self.layout, self.cluster)}

    @override
    def late(self, found: Found, before: Mapping[str, str] | None = None) -> list[str]:
        late = super().late(found, before)
        spec = self._compose.spec
        if before is not None:
            spec = compose.spec_of(before.get(compose.NAME, ""))
        if found.docker.spec != spec:
            late.append("the container")
        return late

    @override
    def remove(self) -> Iterator[PyinfraCommand]:
        """All but the image; the marker goes last."""
        variables = {
            "log_files": " ".join(self._log_files()),
            "stanza": stanza(self.cluster),
        }
        units = "runtime/remove_units"
        script = script_for(self, "runtime/remove_docker", units, variables=variables)
        yield shell.run(f"delete {self.layout.home}", script, lock=self.lock)
