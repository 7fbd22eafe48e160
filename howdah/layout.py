"""Where a cluster lives on its host, and the OS user that runs it."""

from dataclasses import dataclass
from pathlib import PurePosixPath


@dataclass(frozen=True)
class Layout:
    """Absolute paths, as the host has them, or as its server sees them."""

    home: str  # what Howdah has made; where it is not, there is no cluster of Howdah's
    marker: str  # a file in it that says whose the cluster is
    binaries: str  # the folder of postgres and psql
    data: str  # the data directory: initdb's
    releases: str  # configuration sets r-1, r-2 …, and the links to them
    log: str  # the server's log, outside of the data directory
    canary: str  # where the canary lives for a second: a server that tries a release
    socket: str
    owner: str  # the OS user of the server
    file_owner: str  # of configuration files, as stat prints it: root:howdah
    file_mode: str  # 640 where the server may read and not write
    name: str = ""  # cluster_name, for process titles; empty: none
    audit: bool = False  # whether pgaudit is there

    @property
    def auto_conf(self) -> str:
        """What ALTER SYSTEM writes; it wins over every release."""
        return f"{self.data}/postgresql.auto.conf"

    @property
    def pristine(self) -> str:
        """A new data directory of these binaries, for the canary."""
        return f"{self.canary}-{PurePosixPath(self.binaries).parent.name}"

    @property
    def current(self) -> str:
        """Never changes its own path, so that one flip of the link changes every file."""
        return f"{self.releases}/current"
