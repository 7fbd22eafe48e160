"""What one host has, as the snapshot's lines tell it."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from howdah import catalog_rows, facts, libraries, settings
from howdah.catalog import Catalog
from howdah.component import Probe, Row, T
from howdah.danger import Danger
from howdah.data_folder import Place
from howdah.errors import HowdahError
from howdah.facts import Beside, FoundFile
from howdah.hardware import Hardware
from howdah.health import Health

ADOPTED = "r-0"  # the release that has the files of a cluster from before Howdah


class AnswerError(HowdahError):
    """The host, or its server, did not answer as it must."""


@dataclass
class Found:
    """A bare host has none of it."""

    home: bool = False
    binaries: bool = False
    data: bool = False
    whose: str = ""  # the checkout, or the environment, that has made it
    os: str = ""  # debian 12: asked where packages are installed
    uid: int | None = None  # as whom the host is asked: likewise
    has: set[str] = field(default_factory=set)  # what only its runtime asks for
    beside: list[Beside] = field(default_factory=list)  # other clusters
    current: str = ""  # the release in force
    good: str = ""  # the last release that was proven
    last: str = ""  # the good one before it: where undo goes
    memory: int = 0  # bytes of RAM, or of the control group where that has less
    cores: int = 0
    disk: int = 0  # bytes of the file system that has, or will have, the data
    lock: str = ""  # who has deployed to the host last
    locked: bool = False  # and still does
    files: dict[str, FoundFile] = field(default_factory=dict)
    pid: int | None = None
    folders: int = 0  # of those that the runtime needs
    port: int | None = None  # that the running server listens on
    socket: str = ""  # the folder of its socket
    listeners: list[IPv4Address | IPv6Address] = field(default_factory=list)  # on the wanted port
    clock: float = 0  # its own, in seconds of the epoch
    ahead: float = 0  # seconds that this machine's clock is ahead of it
    outdated: bool = False  # the running server is not of the binaries that are there
    version: str = ""  # of the running server: 17.10
    listen: str = ""  # its listen_addresses
    preloaded: str = ""  # its shared_preload_libraries
    release: str = ""  # that the running server has loaded
    loaded: float = 0  # when, in seconds of the epoch
    links: set[str] = field(default_factory=set)  # to files in force, where Debian looks for them
    drop_in: str = ""  # of the cluster's unit
    places: set[str] = field(default_factory=set)  # folders that the data directory has links to
    unit: str = ""  # the mark of the drop-in that the running server was started by
    linked: float = 0  # since when what the server reads is linked to the release
    # Of settings the names in small letters, for PostgreSQL compares them so: TimeZone is timezone.
    contexts: dict[str, str] = field(default_factory=dict)  # setting: pg_settings.context
    pending: set[str] = field(default_factory=set)  # settings that wait for a restart
    system: dict[str, str] = field(default_factory=dict)  # set by ALTER SYSTEM
    faults: list[str] = field(default_factory=list)  # in the loaded files
    refusals: list[str] = field(default_factory=list)  # of roles-sql's settings
    rules: list[dict[str, Any]] = field(default_factory=list)  # of a cluster that is adopted
    revisions: list[str | None] = field(default_factory=list)  # in app.alembic_version
    place: Place = field(default_factory=Place)  # of a data directory that the inventory names
    health: Health = field(default_factory=Health)
    rows: list[list[Any]] = field(default_factory=list, repr=False)
    # What the probes of components have answered, by their names.
    probe_rows: dict[str, list[Row]] = field(default_factory=dict, repr=False)
    probe_lines: dict[str, list[str]] = field(default_factory=dict, repr=False)

    def of(self, probe: Probe[T]) -> T:
        """What a component's probe has found."""
        rows = self.probe_rows.get(probe.name, [])
        lines = self.probe_lines.get(probe.name, [])
        return probe.read(rows, lines)

    def doors(self) -> list[Danger]:
        """What somebody has left open by hand, each once."""
        doors: list[Danger] = []
        for row in self.rows:
            if row[0] == "door":
                _, kind, line = row
                doors.append(Danger(line, kind))
        return list(dict.fromkeys(doors))

    def catalog(self) -> Catalog:
        """What its server has, of the rows that are about roles, databases and rights."""
        return catalog_rows.read(self.rows)

    @property
    def hardware(self) -> Hardware:
        """What there is to share."""
        return Hardware(self.memory, self.cores, self.disk)

    @property
    def running(self) -> bool:
        """Whether the server runs and was read."""
        return bool(self.version)

    @property
    def libraries(self) -> list[str]:
        """What the server has loaded; of one that is down, what it would."""
        conf = self.files.get("postgresql.conf")
        if self.running or not conf:
            return libraries.split(self.preloaded)
        return libraries.split(self.configured(libraries.SETTING) or self.preloaded)

    def configured(self, setting: str) -> str:
        """Its value in the postgresql.conf of the release in force; empty: it has none."""
        conf = self.files.get("postgresql.conf")
        lines = conf.text.splitlines() if conf else []
        last = ""
        for line in lines:
            name, value = settings.line(line)
            if name == setting:
                last = value
        return last

    @property
    def first(self) -> bool:
        """Whether nothing has been proven here yet, and nothing of somebody else's is adopted."""
        if self.good or self.current == ADOPTED:
            return False
        return "foreign" not in self.has

    def unread(self) -> bool:
        """Whether the server may have read something else in the release's place."""
        return self.running and self.linked > self.loaded

    @property
    def numbers(self) -> Iterator[int]:
        """The numbers of the releases that are known: in force, loaded or kept."""
        names = (self.current, self.release, self.good, self.last)
        for name in names:
            if re.fullmatch(r"r-[0-9]{1,9}", name):
                number = name.removeprefix("r-")
                yield int(number)

    @property
    def next_release(self) -> str:
        """Never the name of one that the server may have loaded."""
        newest = max(self.numbers, default=0)
        return f"r-{newest + 1}"


def read(lines: Iterable[str]) -> Found:
    """Tab-separated lines of the shell and JSON rows of psql -> Found. Raises AnswerError."""
    found = Found()
    for line in lines:
        try:
            _read_line(found, line)
        except (ValueError, LookupError):
            shown = line[:60]
            raise AnswerError(f"the host answered {shown!r}; needs a quiet shell") from None
    return found


def _read_line(found: Found, line: str) -> None:
    if line.startswith("["):
        row = json.loads(line)
        _row(found, row)
    elif line:
        name, *values = line.split("\t")
        facts.take(found, name, values)


def _row(found: Found, row: list[Any]) -> None:
    match row:
        case ["server", version, release, listen, preloaded]:
            found.version = version
            found.release = release
            found.listen = listen
            found.preloaded = preloaded
        case ["loaded" | "unit" as name, value]:
            setattr(found, name, value)
        case ["context", name, context, pending]:
            found.contexts[name.lower()] = context
            if pending:
                found.pending.add(name.lower())
        case ["pending", name]:
            found.pending.add(name.lower())
        case ["system", name, value]:
            found.system[name.lower()] = value
        case ["fault" | "refusal" | "revision" | "rule" as kind, value]:
            values = getattr(found, f"{kind}s")
            values.append(value)
        case _:
            _other_row(found, row)


def _other_row(found: Found, row: list[Any]) -> None:
    if row[0] == "probe":
        _, name, value = row
        rows = found.probe_rows.setdefault(name, [])
        rows.append(value)
    elif not found.health.add(row):
        found.rows.append(row)
