"""What one host has, as the snapshot's lines tell it."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

from howdah import catalog_rows, libraries, settings
from howdah.catalog import Catalog
from howdah.component import Probe, Row, T
from howdah.danger import Danger
from howdah.errors import HowdahError
from howdah.hardware import Hardware
from howdah.health import Health

NUMBERS = {"pid": int, "port": int, "cores": int, "disk": int, "uid": int, "clock": float}
ADOPTED = "r-0"  # the release that has the files of a cluster from before Howdah
EXTREMES: dict[str, tuple[Any, Any]] = {"memory": (int, min), "linked": (float, max)}


class AnswerError(HowdahError):
    """The host, or its server, did not answer as it must."""


@dataclass
class FoundFile:
    """One file of the release in force."""

    mode: str  # 640
    owner: str  # root:howdah
    sha256: str = ""
    text: str = field(default="", repr=False)  # of the .conf files only: nothing secret


@dataclass(frozen=True)
class Beside:
    """Another cluster on the host: Howdah's, or a data directory that Howdah has not made."""

    label: str  # 15-main
    whose: str  # its environment; empty: not Howdah's
    data: bool  # whether its data directory is there
    release: bool  # whether it has a configuration in force: there was a server

    @property
    def name(self) -> str:
        """Its cluster_name."""
        return self.label.partition("-")[2]

    @property
    def served(self) -> bool:
        """Whether it has data, or had."""
        return self.data or self.release


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
    health: Health = field(default_factory=Health)
    rows: list[list[Any]] = field(default_factory=list, repr=False)
    # What the probes of components have answered, by their names.
    probe_rows: dict[str, list[Row]] = field(default_factory=dict, repr=False)
    probe_lines: dict[str, list[str]] = field(default_factory=dict, repr=False)

    def of(self, probe: Probe[T]) -> T:
        """What a component's probe has found."""
        rows, lines = self.probe_rows.get(probe.name, []), self.probe_lines.get(probe.name, [])
        return probe.read(rows, lines)

    def doors(self) -> list[Danger]:
        """What somebody has left open by hand, each once."""
        doors = [Danger(line=row[2], kind=row[1]) for row in self.rows if row[0] == "door"]
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
        value = self.preloaded
        conf = self.files.get("postgresql.conf")
        if not self.running and conf:
            for line in conf.text.splitlines():
                name, its = settings.line(line)
                value = its if name == "shared_preload_libraries" else value
        return libraries.split(value)

    @property
    def first(self) -> bool:
        """Whether nothing has been proven here yet, and nothing of somebody else's is adopted."""
        return not self.good and "foreign" not in self.has and self.current != ADOPTED

    def unread(self) -> bool:
        """Whether the server may have read something else in the release's place."""
        return self.running and self.linked > self.loaded

    @property
    def numbers(self) -> Iterator[int]:
        """The numbers of the releases that are known: in force, loaded or kept."""
        for name in (self.current, self.release, self.good, self.last):
            if re.fullmatch(r"r-[0-9]{1,9}", name):
                yield int(name.removeprefix("r-"))

    @property
    def next_release(self) -> str:
        """Never the name of one that the server may have loaded."""
        return f"r-{max(self.numbers, default=0) + 1}"


def read(lines: Iterable[str]) -> Found:
    """Tab-separated lines of the shell and JSON rows of psql -> Found. Raises AnswerError."""
    found = Found()
    for line in lines:
        try:
            if line.startswith("["):
                _row(found, json.loads(line))
            elif line:
                name, *values = line.split("\t")
                _fact(found, name, values)
        except (ValueError, LookupError):
            raise AnswerError(f"the host answered {line[:60]!r}; needs a quiet shell") from None
    return found


def _fact(found: Found, name: str, values: list[str]) -> None:
    if name in ("home", "binaries", "data", "locked", "outdated"):
        setattr(found, name, True)
    elif name in ("current", "good", "last"):
        setattr(found, name, _linked(values[0]))
    elif name in ("whose", "os", "socket", "lock"):
        setattr(found, name, values[0])
    elif name in NUMBERS:
        setattr(found, name, NUMBERS[name](values[0]))
    elif name in EXTREMES:
        number, extreme = EXTREMES[name]
        value = number(values[0])
        setattr(found, name, extreme(getattr(found, name) or value, value))
    elif name in ("has", "links", "places"):
        getattr(found, name).add(values[0])
    elif name in ("folder", "listener", "beside", "auto", "room", "drop_in", "probe"):
        _several_fact(found, name, values)
    else:
        _file_fact(found.files, name, values)


def _linked(path: str) -> str:
    """Root's commands have it as a word, so it is no place for what a shell would read."""
    if not re.fullmatch(r"[\w./-]+", path, flags=re.ASCII):
        raise ValueError(path)
    return path


def _several_fact(found: Found, name: str, values: list[str]) -> None:
    """What there may be several of."""
    if name == "folder":
        found.folders += 1
    elif name == "listener":
        found.listeners.append(_address(values[0]))
    elif name == "beside":
        label, whose, data, release = values
        found.beside.append(Beside(label, whose, bool(data), bool(release)))
    elif name == "room":
        found.health.add_room(values)
    elif name == "drop_in":
        found.drop_in += "\t".join(values) + "\n"
    elif name == "probe":
        probe, *words = values
        found.probe_lines.setdefault(probe, []).append("\t".join(words))
    else:
        setting, value = settings.line("\t".join(values))
        found.system[setting] = value


def _file_fact(files: dict[str, FoundFile], name: str, values: list[str]) -> None:
    """Of a file with an odd name not all is known: it differs from every wanted one already."""
    if name == "file":
        files[values[0]] = FoundFile(mode=values[1], owner=values[2])
    elif name == "sha256":
        files.get(values[1], FoundFile("", "")).sha256 = values[0]
    elif name == "text":
        file = files.get(values[0].removeprefix("./"), FoundFile("", ""))
        file.text += "\t".join(values[1:]) + "\n"
    else:
        raise ValueError(name)


def _row(found: Found, row: list[Any]) -> None:
    match row:
        case ["server", version, release, listen, preloaded]:
            found.version, found.release, found.listen = version, release, listen
            found.preloaded = preloaded
        case ["loaded" | "unit" as name, value]:
            setattr(found, name, value)
        case ["context", name, context, pending]:
            found.contexts[name.lower()] = context
            found.pending |= {name.lower()} if pending else set()
        case ["pending", name]:
            found.pending.add(name.lower())
        case ["system", name, value]:
            found.system[name.lower()] = value
        case ["fault" | "refusal" | "revision" | "rule" as kind, value]:
            getattr(found, f"{kind}s").append(value)
        case _:
            _other_row(found, row)


def _other_row(found: Found, row: list[Any]) -> None:
    if row[0] == "probe":
        _, name, value = row
        found.probe_rows.setdefault(name, []).append(value)
    elif not found.health.add(row):
        found.rows.append(row)


def _address(raw: str) -> IPv4Address | IPv6Address:
    """/proc/net/tcp's hexadecimal words, each in the host's (little-endian) order."""
    words = [bytes.fromhex(raw[i : i + 8])[::-1] for i in range(0, len(raw), 8)]
    return ip_address(b"".join(words))
