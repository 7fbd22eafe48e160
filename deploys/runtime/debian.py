"""A cluster as Debian's postgresql-common knows it: pg_lsclusters, its files, its unit."""

from collections.abc import Iterable, Mapping

from components.backups import stanza
from deploys.runtime import pruning, unit
from howdah import difference
from howdah.cluster import Cluster
from howdah.errors import ClusterError
from howdah.found import Found
from howdah.layout import Layout
from howdah.render import File

# What a cluster must be to be taken over as it is, by what package_facts.sh says of it.
ADOPTABLE = {
    "other version": "{data}/PG_VERSION names another version; needs {version}",
    "halves": "needs both of {etc} and {data}",
    "link": "{data} is a link; needs the data there (mount --bind)",
    "elsewhere": "needs its data_directory to be {data}, and postgres as its owner; the option "
    "data_directory names another folder",
    "environment": "{etc}/environment or pg_ctl.conf has settings; put them into a drop-in of "
    "{unit}, and empty the file",
    "conf.d": "{etc}/conf.d has files; put their settings into the inventory, and remove them",
}

# What makes a data directory Debian's cluster, by what package_facts.sh misses.
REGISTERED = {
    "cluster": "make it {unit}, enabled",
    "start.conf": "{etc}/start.conf: auto",
    "log units": "{logs}: what bounds the log, enabled",
    "unit": "enable {unit}",
}


FILES = ("postgresql.conf", "pg_hba.conf", "pg_ident.conf", "release.conf")


class DebianCluster:
    """VERSION-NAME, with the server's files elsewhere and links to them here."""

    def __init__(self, cluster: Cluster) -> None:
        self._version, self._name = str(cluster.version), cluster.cluster_name
        self._port, self._cluster = str(cluster.port), cluster
        self.label = f"{self._version}-{self._name}"
        self.unit = f"postgresql@{self.label}"
        self.etc = f"/etc/postgresql/{self._version}/{self._name}"
        self.drop_in = f"/etc/systemd/system/{self.unit}.service.d/howdah.conf"
        self.logs = f"howdah-logs-{self.label}"

    @property
    def variables(self) -> Mapping[str, str]:
        """Of each script."""
        return {
            "version": self._version,
            "cluster_name": self._name,
            "unit": self.unit,
            "debian": self.etc,
            "drop_in": self.drop_in,
            "logs": self.logs,
        }

    def facts(self, layout: Layout, packages: Iterable[str], modules: str) -> Mapping[str, str]:
        """Variables of what the snapshot asks of it."""
        log_files = self._log_files(layout)
        return {
            "server_package": f"postgresql-{self._version}",
            "packages": " ".join(packages),
            "modules": modules,
            "linked_files": " ".join(FILES),
            "log_files": " ".join(log_files),
            "log_texts": "\n".join(log_files.values()),
        }

    def check_data_of_another(self, found: Found) -> None:
        """Raises ClusterError for what a pg_upgradecluster that broke off leaves."""
        if found.debian.foreign.data_of_another:
            raise ClusterError(
                f"{self.etc}/postgresql.conf has another cluster's data_directory, "
                f"which pg_dropcluster {self._version} {self._name} would delete; "
                f"remove the folder alone: rm -r {self.etc}"
            )

    def check_adoptable(self, found: Found, data: str) -> None:
        """Raises ClusterError for what would not be the same cluster afterwards."""
        for what, cause in ADOPTABLE.items():
            if what in found.debian.foreign.unfit:
                said = cause.format(etc=self.etc, data=data, unit=self.unit, version=self._version)
                raise ClusterError(f"adopt: {said}")

    def lacks(self, layout: Layout, found: Found) -> list[str]:
        """What `register` would do, a line each."""
        names = {"etc": self.etc, "unit": self.unit, "logs": f"{self.logs}.path"}
        its = found.debian.registered
        lines = []
        for what, line in REGISTERED.items():
            if what in its.lacks:
                lines.append(line.format(**names))
        lines += self._unit_lines(layout, found)
        if "cluster" in its.lacks:
            return lines
        for file in FILES:
            if file not in its.links:
                lines.append(f"{self.etc}/{file}: a link to what is in force")
        return lines

    def _unit_lines(self, layout: Layout, found: Found) -> list[str]:
        wanted = self.conf(layout, found)
        its = found.debian.registered
        if "cluster" in its.lacks or its.drop_in == wanted:
            return []
        lines = [f"write {self.drop_in}"]
        if "ReadWritePaths=" in wanted and "ReadWritePaths=" not in its.drop_in:
            paths = ", ".join(unit.writable(self._cluster, layout, its.places))
            lines.append(
                f"from its next restart on the server writes only to {paths}; "
                "read_write_paths adds to them"
            )
        now = its.drop_in or None
        return lines + difference.file_lines(self.drop_in, now, File(wanted.encode()))

    def register(self, layout: Layout, found: Found) -> Mapping[str, str]:
        """Variables of register.sh, which makes a data directory this cluster."""
        prune_logs_text, service, path = self._log_files(layout).values()
        return {
            "port": self._port,
            "conf": self.conf(layout, found).strip(),
            "sandbox": self._sandbox(layout, found),
            "prune_logs": prune_logs_text,
            "logs_service": service,
            "logs_path": path,
        }

    def remove(self, layout: Layout) -> Mapping[str, str]:
        """Variables of remove_package.sh."""
        return {
            "log_files": " ".join(self._log_files(layout)),
            "stanza": stanza(self._cluster),
        }

    def _log_files(self, layout: Layout) -> dict[str, str]:
        """What bounds the log. Paths and contents."""
        user = pruning.AS_POSTGRES
        return pruning.files(layout, self._cluster, self.logs, self.label, user)

    def _sandbox(self, layout: Layout, found: Found) -> str:
        """What has to be tried; what the host has has been."""
        its = found.debian.registered
        if its.drop_in == self.conf(layout, found):
            return ""
        paths = unit.writable(self._cluster, layout, its.places)
        return unit.sandbox(self._cluster, paths)

    def conf(self, layout: Layout, found: Found) -> str:
        """The unit's drop-in."""
        return unit.drop_in(self._cluster, layout, self.etc, found.debian.registered.places)
