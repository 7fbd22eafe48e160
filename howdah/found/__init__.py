"""What one host has, as the snapshot's lines have it: a part for each subject, with its parser."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from howdah import libraries, settings
from howdah.component import Probe, T
from howdah.danger import Danger
from howdah.found import (
    debian,
    docker,
    health,
    home,
    lock,
    machine,
    place,
    probes,
    process,
    releases,
    server,
)
from howdah.found.debian import Debian
from howdah.found.docker import Docker
from howdah.found.health import Health
from howdah.found.home import Data, Home
from howdah.found.lines import Lines, Row
from howdah.found.lock import Lock
from howdah.found.machine import Machine
from howdah.found.place import Place
from howdah.found.probes import Probes
from howdah.found.process import Process
from howdah.found.releases import ADOPTED, Releases
from howdah.found.server import Server, Settings
from howdah.pg_hba.rules import Row as Rule
from howdah.rights import catalog_rows
from howdah.rights.catalog import Catalog

DOOR = "door"
OF_CATALOGS = {DOOR, *catalog_rows.READERS}


@dataclass(frozen=True)
class Found:
    """A bare host has none of it."""

    machine: Machine
    place: Place
    debian: Debian
    docker: Docker
    lock: Lock
    home: Home
    data: Data
    releases: Releases
    process: Process
    server: Server
    settings: Settings
    health: Health
    probes: Probes = field(repr=False)
    rules: tuple[Rule, ...]  # of a cluster that is adopted
    revisions: tuple[str | None, ...]  # in app.alembic_version
    rows: tuple[Row, ...] = field(repr=False)  # of catalogs
    ahead: float = 0  # seconds that this machine's clock is ahead of the host's

    def of(self, probe: Probe[T]) -> T:
        """What a component's probe has found."""
        return self.probes.of(probe)

    def doors(self) -> list[Danger]:
        """What somebody has left open by hand, each once."""
        doors: list[Danger] = []
        for word, *values in self.rows:
            if word == DOOR:
                kind, line = values
                doors.append(Danger(line, kind))
        return list(dict.fromkeys(doors))

    def catalog(self) -> Catalog:
        """What its server has: roles, databases and rights. Each is a new one."""
        return catalog_rows.read(self.rows)

    @property
    def running(self) -> bool:
        """Whether the server runs and was read."""
        return bool(self.server.version)

    @property
    def known(self) -> bool:
        """Whether its roles and its schema are: those of a server that runs, or of a new one."""
        has_data = self.data.there or self.docker.theirs.there
        return self.running or not has_data

    @property
    def libraries(self) -> list[str]:
        """What the server has loaded; of one that is down, what it would."""
        preloaded = self.server.preloaded
        if not self.running:
            preloaded = self.configured(libraries.SETTING)
        return libraries.split(preloaded)

    def configured(self, setting: str) -> str:
        """Its value in the postgresql.conf of the release in force; empty: it has none."""
        conf = self.releases.files.get("postgresql.conf")
        if not conf:
            return ""
        last = ""
        for line in conf.text.splitlines():
            name, value = settings.line(line)
            if name == setting:
                last = value
        return last

    @property
    def first(self) -> bool:
        """Whether nothing has been proven here yet, and nothing of somebody else's is adopted."""
        if self.releases.good or self.releases.current == ADOPTED:
            return False
        return not self.debian.foreign.there

    def unread(self) -> bool:
        """Whether the server may have read something else in the release's place."""
        return self.running and self.debian.registered.linked > self.server.loaded

    @property
    def next_release(self) -> str:
        """Never the name of one that the server may have loaded."""
        return self.releases.next(self.server.release)


def read(answer: Iterable[str]) -> Found:
    """Tab-separated lines of the shell and JSON rows of psql -> Found. Raises AnswerError."""
    lines = Lines(answer)
    found = Found(
        machine=machine.read(lines),
        place=place.read(lines),
        debian=debian.read(lines),
        docker=docker.read(lines),
        lock=lock.read(lines),
        home=home.read(lines),
        data=home.read_data(lines),
        releases=releases.read(lines),
        process=process.read(lines),
        server=server.read(lines),
        settings=server.read_settings(lines),
        health=health.read(lines),
        probes=probes.read(lines),
        rules=lines.values("rule"),
        revisions=lines.values("revision"),
        rows=_of_catalogs(lines),
    )
    lines.check_known()
    return found


def _of_catalogs(lines: Lines) -> tuple[Row, ...]:
    rows = []
    for row in lines.rows:
        word = row[0]
        if word in OF_CATALOGS:
            rows.append(row)
    return tuple(rows)
