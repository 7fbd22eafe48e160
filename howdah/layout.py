"""Where a cluster lives on its host, and as whom it runs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Layout:
    """Absolute paths on the host. ``home`` holds all that Howdah makes there."""

    home: str
    binaries: str  # the folder of postgres and psql
    socket: str
    owner: str  # the OS user of the server
    file_owner: str  # of configuration files, as stat prints it: root:howdah
    file_mode: str  # 640 where the server may read and not write

    @property
    def data(self) -> str:
        """The data directory: initdb's."""
        return f"{self.home}/data"

    @property
    def releases(self) -> str:
        """Configuration sets r-1, r-2 …; ``current`` is the link to the one in force."""
        return f"{self.home}/etc"

    @property
    def current(self) -> str:
        """Never changes its own path, so that one flip of the link changes every file."""
        return f"{self.releases}/current"

    @property
    def canary(self) -> str:
        """Where the canary lives for a second: a server that tries a release."""
        return f"{self.home}/canary"

    @property
    def log(self) -> str:
        """The server's log, outside of the data directory."""
        return f"{self.home}/log"
