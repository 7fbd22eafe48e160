"""PostgreSQL from the distribution's packages, under systemd, as one of Debian's clusters.

What Howdah makes lies in /etc/howdah/VERSION-NAME, which only root writes: the server's OS user
owns /etc/postgresql, and there are links only.
"""

from collections.abc import Iterator

from pyinfra.api.command import PyinfraCommand

from deploys import shell
from deploys.runtime import FOLDERS, initdb, refuse_taken_port
from howdah.cluster import BadCluster, Cluster
from howdah.found import Found
from howdah.layout import Layout

# The version that a distribution has. What is not here has not been thought about.
VERSIONS = {"debian 12": 15, "debian 13": 17, "ubuntu 24.04": 16}

# What a cluster must be to be taken over as it is, by what package_facts.sh says of it.
ADOPTABLE = {
    "halves": "needs both of {etc} and {data}",
    "elsewhere": "needs its data_directory to be {data}, and postgres as its owner",
    "conf.d": "{etc}/conf.d has files; put their settings into the inventory, and remove them",
}

# What makes a data directory Debian's cluster, by what package_facts.sh misses.
REGISTERED = {
    "no cluster": "make it {unit}, enabled",
    "no postgresql.conf": "{etc}/postgresql.conf: a link to what is in force",
    "no pg_hba.conf": "{etc}/pg_hba.conf: a link to what is in force",
    "no pg_ident.conf": "{etc}/pg_ident.conf: a link to what is in force",
    "no release.conf": "{etc}/release.conf: a link to what is in force",
    "no start.conf": "{etc}/start.conf: auto",
    "no unit": "enable {unit}",
}


def version_of(system: str) -> int:
    """The version that a distribution's packages have. Raises BadCluster."""
    if system not in VERSIONS:
        known = ", ".join(name.capitalize() for name in sorted(VERSIONS))
        raise BadCluster(f"runtime = 'package': needs {known}; found {system.capitalize() or '?'}")
    return VERSIONS[system]


class Package:
    """A Runtime."""

    lock_mode = "0700"
    owned = "-o postgres -g postgres"
    as_owner = "setpriv --reuid=postgres --regid=postgres --init-groups"

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        version, name = cluster.version, cluster.cluster_name
        self._server = f"postgresql-{version}"
        self._label = f"{version}-{name}"
        self._unit = f"postgresql@{self._label}"
        self._etc = f"/etc/postgresql/{version}/{name}"
        home = f"/etc/howdah/{self._label}"
        self.layout = Layout(
            home=home, releases=home, marker=f"{home}/environment",
            binaries=f"/usr/lib/postgresql/{version}/bin",
            data=f"/var/lib/postgresql/{version}/{name}",
            log=f"/var/log/postgresql/{self._label}",
            canary=f"/var/lib/howdah/{self._label}.canary",
            socket="/run/postgresql", owner="postgres", file_owner="root:postgres",
            file_mode="640", name=f"{version}/{name}", audit=True,
        )  # fmt: skip
        self.whose = cluster.environment
        self.adopted = self._etc if cluster.adopt else ""
        self.lock = f"/run/howdah/{self._label}.command"
        self.lock_file = f"/run/howdah/{self._label}.lock"

    @property
    def facts(self) -> str:
        """Of the distribution, and of Debian's cluster."""
        return shell.filled("runtime/package_facts", etc=self._etc, unit=self._unit,
                            server=self._server)  # fmt: skip

    def refuse_others(self, found: Found) -> None:
        """Two inventories may mean the same cluster."""
        if found.whose not in ("", self.whose):
            raise BadCluster(f"{self._label} belongs to the environment {found.whose!r}, and this "
                             f"is {self.whose!r}; say another cluster_name and port")  # fmt: skip

    def refuse(self, found: Found) -> None:
        """Not root, another distribution or version, another's cluster, a port that is taken."""
        if found.uid != 0:
            raise BadCluster("needs root: say _sudo = True, or ssh_user = 'root'")
        version = version_of(found.os)
        if version != self.cluster.version:
            raise BadCluster(f"version = {self.cluster.version}: {found.os.capitalize()} has "
                             f"{version}; say that, or nothing")  # fmt: skip
        self.refuse_others(found)
        if "foreign" in found.has and not self.adopted:
            raise BadCluster(f"{self._label} is somebody else's: {self._etc} or {self.layout.data} "
                             "is there; say another cluster_name and port, or adopt = True: --dry "
                             "with it shows all that would change")  # fmt: skip
        if "foreign" in found.has:
            self._refuse_to_adopt(found)
        refuse_taken_port(self.cluster, found)

    def _refuse_to_adopt(self, found: Found) -> None:
        """What would not be the same cluster afterwards."""
        for what, cause in ADOPTABLE.items():
            if what in found.has:
                raise BadCluster(f"adopt: {cause.format(etc=self._etc, data=self.layout.data)}")

    def _packages(self, found: Found) -> list[str]:
        there = {self._server: found.binaries, f"{self._server}-pgaudit": "pgaudit" in found.has}
        return [p for p, its_files in there.items() if not its_files or "unpacked" in found.has]

    def lacks(self, found: Found) -> list[str]:
        """What `install` would do."""
        packages = self._packages(found)
        if not packages and found.whose and found.folders == FOLDERS:
            return []
        return [*(f"apt-get install {package}" for package in packages),
                *([f"adopt {self._etc}: its files become r-0"] if "foreign" in found.has else []),
                f"make {self.layout.home} and {self.layout.log}"]  # fmt: skip

    def install(self, found: Found) -> Iterator[PyinfraCommand]:
        """Packages and folders."""
        layout = self.layout
        script = shell.filled(
            "runtime/install_package",
            assigned=shell.assigned(packages=" ".join(self._packages(found)), home_=layout.home,
                                    log=layout.log, data=layout.data, marker=layout.marker,
                                    environment=self.whose,
                                    adopted=self.adopted if "foreign" in found.has else ""),
            owner=self.as_owner,
        )  # fmt: skip
        yield shell.run("install PostgreSQL", script, lock=self.lock)

    def lacks_data(self, found: Found) -> list[str]:
        """What `initialise` would do."""
        return [
            *([] if found.data else [f"initdb {self.layout.data}"]),
            *(line.format(etc=self._etc, unit=self._unit) for what, line in REGISTERED.items()
              if what in found.has),
        ]  # fmt: skip

    def initialise(self, found: Found) -> Iterator[PyinfraCommand]:
        """The data directory, and Debian's cluster around it."""
        if not found.data:
            yield initdb(self, maker=self.as_owner)
        layout, cluster = self.layout, self.cluster
        script = shell.filled(
            "runtime/register",
            assigned=shell.assigned(etc=self._etc, data=layout.data, current=layout.current,
                                    port=str(cluster.port), version=str(cluster.version),
                                    name=cluster.cluster_name),
            owner=self.as_owner, unit=self._unit,
        )  # fmt: skip
        yield shell.run(f"make {layout.data} {self._unit}", script, lock=self.lock)

    @property
    def functions(self) -> str:
        """By systemctl."""
        layout = self.layout
        binaries, data = layout.binaries, layout.data
        control = shell.filled("runtime/systemctl", unit=self._unit, data=data, binaries=binaries,
                               owner=self.as_owner)  # fmt: skip
        logs = f"{layout.log}/*.log /var/log/postgresql/postgresql-{self._label}.log"
        pgctl = f"{self.as_owner} {binaries}/pg_ctl -D {data} -s"
        return shell.filled("runtime/control", control=control, pgctl=pgctl, logs=logs)

    def remove(self) -> Iterator[PyinfraCommand]:
        """All but the packages; the marker goes last."""
        layout, cluster = self.layout, self.cluster
        yield shell.run(
            f"delete {self._unit}",
            f"systemctl disable {self._unit}; "
            f"[ ! -e {self._etc} ] || pg_dropcluster --stop {cluster.version} "
            f"{cluster.cluster_name} || :; "  # it leaves what it does not know
            f"rm -rf {self._etc} {layout.data} {layout.log} {layout.canary}*; "
            f"systemctl daemon-reload; "
            f"ls -A {layout.home} | grep -vx environment | sed 's,^,{layout.home}/,' | "
            f"xargs rm -rf; rm -rf {layout.home}",
            lock=self.lock,
        )
