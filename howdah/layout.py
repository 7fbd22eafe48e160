"""Where a cluster lives on its host, and the OS user that runs it."""

from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from howdah.errors import ClusterError


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

    def with_data(self, data: str | None) -> "Layout":
        """The same with the data elsewhere. Raises ClusterError for a folder of Howdah's own."""
        if data in (None, self.data):
            return self
        for other in (self.home, self.log, self.canary, self.socket):
            is_within = PurePosixPath(data).is_relative_to(other)
            if is_within or PurePosixPath(other).is_relative_to(data):
                raise ClusterError(f"data_directory = {data!r}: needs a folder apart from {other}")
        return replace(self, data=data)

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
