"""PostgreSQL from the distribution's packages, under systemd, as one of Debian's clusters.

What Howdah makes lies in /etc/howdah/VERSION-NAME, which only root writes: the server's OS user
owns /etc/postgresql, and there are links only.
"""

from collections.abc import Iterator, Mapping

from pyinfra.api.command import PyinfraCommand
from typing_extensions import override

from deploys import shell
from deploys.runtime import FOLDERS, Runtime, script_for
from deploys.runtime.debian import DebianCluster
from deploys.runtime.unit import mark_of
from howdah import backup, modules
from howdah.cluster import Cluster
from howdah.errors import ClusterError
from howdah.expected import UPGRADE
from howdah.found import Found
from howdah.layout import Layout
from howdah.modules import Debian
from howdah.roles_sql.wanted import Wanted
from howdah.settings import in_seconds

# The version that a distribution has. What is not here has not been thought about.
VERSIONS = {"debian 12": 15, "debian 13": 17, "ubuntu 24.04": 16}


def version_of(system: str) -> int:
    """The version that a distribution's packages have. Raises ClusterError."""
    if system not in VERSIONS:
        known = ", ".join(name.capitalize() for name in sorted(VERSIONS))
        raise ClusterError(
            f"runtime = 'package': needs {known}; found {system.capitalize() or '?'}"
        )
    return VERSIONS[system]


class Package(Runtime):
    """One of Debian's clusters."""

    kind = "package"
    lock_mode = "0700"
    as_owner = "setpriv --reuid=postgres --regid=postgres --init-groups"

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self._debian = debian = DebianCluster(cluster)
        version, label = cluster.version, debian.label
        self._server, home = f"postgresql-{version}", f"/etc/howdah/{label}"
        layout = Layout(
            home=home,
            releases=home,
            marker=f"{home}/environment",
            binaries=f"/usr/lib/postgresql/{version}/bin",
            data=f"/var/lib/postgresql/{version}/{cluster.cluster_name}",
            log=f"/var/log/postgresql/{label}",
            canary=f"/var/lib/howdah/{label}.canary",
            socket="/run/postgresql",
            owner="postgres",
            file_owner="root:postgres",
            file_mode="640",
            name=f"{version}/{cluster.cluster_name}",
            audit=True,
        )
        self.layout = layout.with_data(cluster.data_directory)
        self.variables = debian.variables
        self.whose = cluster.environment
        self.other_markers = f"/srv/howdah/{cluster.environment}/environment"
        self.adopted = debian.etc if cluster.adopt else ""
        self.lock = f"/run/howdah/{label}.command"
        self.lock_file = f"/run/howdah/{label}.lock"

    @override
    def facts(self, want: Wanted) -> Mapping[str, str]:
        """Of the distribution, and of Debian's cluster."""
        wanted = modules.wanted_modules(self.cluster, want)
        words = modules.words_for_shell(wanted, self.cluster.version)
        return self._debian.facts(self.layout, self._asked, words)

    @property
    def _asked(self) -> tuple[str, ...]:
        """Packages beside PostgreSQL's own."""
        return (*self.cluster.package_names, *backup.packages(self.cluster))

    @override
    def check_modules(self, found: Found, want: Wanted) -> None:
        """Asks the snapshot: apt's answer came with it."""
        packages = found.debian.packages
        debian = Debian(
            version=self.cluster.version,
            system=found.debian.os.capitalize(),
            lists=packages.lists,
            installed=packages.installed,
            known=packages.candidates,
        )
        names = self.cluster.package_names
        fault = debian.package_fault(names)
        for module in modules.wanted_modules(self.cluster, want):
            is_there = f"{module.kind} {module.name}" in packages.modules
            comes = not found.home.binaries and module.name in modules.CONTRIB
            if not (fault or is_there or comes):
                fault = debian.fault(module, names)
        if fault:
            raise ClusterError(fault)

    @override
    def check_owner(self, found: Found) -> None:
        """Two inventories may mean the same cluster."""
        whose = found.home.whose
        if whose not in ("", self.whose):
            raise ClusterError(
                f"{self._debian.label} belongs to the environment {whose!r}, "
                f"and this is {self.whose!r}; for an inventory that was renamed: "
                f"environment = {whose!r}; for a second cluster: another "
                "cluster_name and port"
            )

    @override
    def check_host(self, found: Found) -> None:
        """Not root, another distribution or version, another's cluster."""
        if found.debian.uid != 0:
            raise ClusterError("needs root: set _sudo = True, or ssh_user = 'root'")
        system = found.debian.os
        version = version_of(system)
        if version != self.cluster.version:
            way = "set that, or nothing"
            if found.data.there:
                way = UPGRADE.format(self._debian.label)
            raise ClusterError(
                f"version = {self.cluster.version}: {system.capitalize()} has {version}; {way}"
            )
        super().check_host(found)
        self._debian.check_data_of_another(found)
        if found.debian.foreign.there and not self.adopted:
            raise ClusterError(
                f"{self._debian.label} is not Howdah's: {self._debian.etc} or "
                f"{self.layout.data} is there, and {self.layout.home} is not; to take "
                "it over (a host that was reinstalled, too): --data adopt=yes, with "
                "--dry first; for a second cluster: another cluster_name and "
                "port"
            )
        if found.debian.foreign.there:
            self._debian.check_adoptable(found, self.layout.data)

    def _packages(self, found: Found) -> list[str]:
        packages = found.debian.packages
        there = {
            self._server: found.home.binaries,
            f"{self._server}-pgaudit": packages.pgaudit,
        }
        for name in self._asked:
            there[name] = name in packages.installed
        lacks = []
        for name, is_there in there.items():
            if packages.unpacked or not is_there:
                lacks.append(name)
        return lacks

    @override
    def lacks(self, found: Found) -> list[str]:
        """What `install` would do."""
        packages = self._packages(found)
        if not packages and found.home.whose and found.home.folders == FOLDERS:
            return []
        lines = [f"apt-get install {package}" for package in packages]
        lines += self._takes_over(found)
        if not found.home.whose or found.home.folders != FOLDERS:
            lines.append(f"make {self.layout.home} and {self.layout.log}")
        return lines

    def _takes_over(self, found: Found) -> list[str]:
        if found.debian.foreign.data_only:
            return [f"adopt {self.layout.data}: its files are postgres's then"]
        if found.debian.foreign.there:
            return [f"adopt {self.adopted}: its files become r-0"]
        return []

    @override
    def install(self, found: Found) -> Iterator[PyinfraCommand]:
        """Packages and folders."""
        foreign = found.debian.foreign
        adopts_files = foreign.there and not foreign.data_only
        variables = {
            "packages": " ".join(self._packages(found)),
            "adopted": self.adopted if adopts_files else "",
            "data_only": "yes" if foreign.data_only else "",
            "lock_seconds": str(in_seconds(self.cluster.apt_lock_timeout)),
        }
        script = script_for(self, "runtime/install_package", "runtime/apt", variables=variables)
        yield shell.live("install PostgreSQL", script, lock=self.lock)

    @override
    def lacks_data(self, found: Found) -> list[str]:
        """What `initialise` would do."""
        return super().lacks_data(found) + self._debian.lacks(self.layout, found)

    @override
    def initialise(self, found: Found) -> Iterator[PyinfraCommand]:
        """The data directory, and Debian's cluster around it."""
        yield from super().initialise(found)
        variables = self._debian.register(self.layout, found)
        script = script_for(self, "runtime/register", variables=variables)
        what = f"make {self.layout.data} {self._debian.unit}"
        yield shell.run(what, script, lock=self.lock)

    @override
    def late(self, found: Found, before: Mapping[str, str] | None = None) -> list[str]:
        """A server that was started by another drop-in, or past the unit, too."""
        wanted = mark_of(self._debian.conf(self.layout, found))
        late = super().late(found, before)
        if found.server.unit != wanted:
            late.append("the unit")
        return late

    @override
    def remove(self) -> Iterator[PyinfraCommand]:
        """All but the packages; the marker goes last."""
        variables = self._debian.remove(self.layout)
        units = "runtime/remove_units"
        script = script_for(self, "runtime/remove_package", units, variables=variables)
        yield shell.run(f"delete {self._debian.unit}", script, lock=self.lock)
