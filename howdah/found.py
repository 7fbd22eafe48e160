"""What one host has, as the snapshot's lines tell it."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

from howdah import catalog
from howdah.catalog import Catalog
from howdah.refusal import Refusal


class Unreadable(Refusal):
    """The host, or its server, did not answer as it must."""


@dataclass
class FoundFile:
    """One file of the release in force."""

    mode: str  # 640
    owner: str  # root:howdah
    sha256: str = ""
    text: str = field(default="", repr=False)  # of the .conf files only: nothing secret


@dataclass
class Found:
    """A bare host has none of it."""

    home: bool = False
    binaries: bool = False
    data: bool = False
    checkout: str = ""  # whose it is
    current: str = ""  # the release in force
    files: dict[str, FoundFile] = field(default_factory=dict)
    pid: int | None = None
    port: int | None = None  # that the running server listens on
    listeners: list[IPv4Address | IPv6Address] = field(default_factory=list)  # on the wanted port
    version: str = ""  # of the running server: 17.10
    release: str = ""  # that the running server has loaded
    contexts: dict[str, str] = field(default_factory=dict)  # setting: pg_settings.context
    pending: list[str] = field(default_factory=list)  # settings that wait for a restart
    system: dict[str, str] = field(default_factory=dict)  # set by ALTER SYSTEM
    faults: list[str] = field(default_factory=list)  # in the loaded files
    revisions: list[str] = field(default_factory=list)  # in app.alembic_version
    rows: list[list[Any]] = field(default_factory=list, repr=False)
    # In a dry run, where nothing is read anew: what earlier operations would have done.
    foreseen: str = ""  # start, reload or restart
    foreseen_rights: bool = False

    def catalog(self) -> Catalog:
        """A new catalog each time, for a plan completes it."""
        return catalog.from_rows(self.rows)

    @property
    def running(self) -> bool:
        """Whether the server runs and was read."""
        return bool(self.version)

    @property
    def numbers(self) -> Iterator[int]:
        """The numbers of the releases that are known, in force or loaded."""
        for name in (self.current, self.release):
            if name.startswith("r-"):
                yield int(name.removeprefix("r-"))

    @property
    def next_release(self) -> str:
        """Never the name of one that the server may have loaded."""
        return f"r-{max(self.numbers, default=0) + 1}"


def read(lines: Iterable[str]) -> Found:
    """Tab-separated lines of the shell and JSON rows of psql -> Found. Raises Unreadable."""
    found = Found()
    for line in lines:
        if line.startswith("["):
            _row(found, json.loads(line))
        elif line:
            name, *values = line.split("\t")
            _fact(found, name, values)
    return found


def _fact(found: Found, name: str, values: list[str]) -> None:
    if name in ("home", "binaries", "data"):
        setattr(found, name, True)
    elif name in ("checkout", "current"):
        setattr(found, name, values[0])
    elif name in ("pid", "port"):
        setattr(found, name, int(values[0]))
    elif name == "listener":
        found.listeners.append(_address(values[0]))
    elif name == "file":
        found.files[values[0]] = FoundFile(mode=values[1], owner=values[2])
    elif name == "sha256":
        found.files[values[1]].sha256 = values[0]
    elif name == "text":
        found.files[values[0].removeprefix("./")].text += "\t".join(values[1:]) + "\n"
    else:
        raise Unreadable(f"the host answered {name!r}; the snapshot needs a quiet shell")


def _row(found: Found, row: list[Any]) -> None:
    match row:
        case ["server", version, release]:
            found.version, found.release = version, release
        case ["context", name, context, pending]:
            found.contexts[name] = context
            found.pending += [name] if pending else []
        case ["system", name, value]:
            found.system[name] = value
        case ["fault", fault]:
            found.faults.append(fault)
        case ["revision", revision]:
            found.revisions.append(revision)
        case _:
            found.rows.append(row)


def _address(raw: str) -> IPv4Address | IPv6Address:
    """/proc/net/tcp's hexadecimal words, each in the host's (little-endian) order."""
    words = [bytes.fromhex(raw[i : i + 8])[::-1] for i in range(0, len(raw), 8)]
    return ip_address(b"".join(words))
