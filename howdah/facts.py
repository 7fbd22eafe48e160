"""What one host's shell tells of it: tab-separated words, the first of which names the fact."""

import re
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING, Any

from howdah import settings

if TYPE_CHECKING:
    from howdah.found import Found

# By what becomes of them.
FLAGS = {"home", "binaries", "data", "locked", "outdated"}
LINKS = {"current", "good", "last"}
TEXTS = {"whose", "os", "socket", "lock"}
SETS = {"has", "links", "places"}
SEVERAL = {
    "above",
    "place",
    "folder",
    "listener",
    "beside",
    "auto",
    "room",
    "drop_in",
    "probe",
}
NUMBERS = {
    "pid": int,
    "port": int,
    "cores": int,
    "disk": int,
    "uid": int,
    "clock": float,
}
# Of several values the least or the greatest.
EXTREMES: dict[str, tuple[Any, Any]] = {
    "memory": (int, min),
    "linked": (float, max),
}


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


def take(
    found: "Found",
    name: str,
    values: list[str],
) -> None:
    """Put one of them where it belongs. Raises ValueError, LookupError."""
    if name in FLAGS:
        setattr(found, name, True)
    elif name in LINKS:
        target = _linked(values[0])
        setattr(found, name, target)
    elif name in TEXTS:
        setattr(found, name, values[0])
    elif name in NUMBERS:
        number = NUMBERS[name]
        setattr(found, name, number(values[0]))
    elif name in EXTREMES:
        number, extreme = EXTREMES[name]
        value = number(values[0])
        before = getattr(found, name) or value
        setattr(found, name, extreme(before, value))
    elif name in SETS:
        members = getattr(found, name)
        members.add(values[0])
    elif name in SEVERAL:
        _several_fact(found, name, values)
    else:
        _file_fact(found.files, name, values)


def _linked(path: str) -> str:
    """Root's commands have it as a word, so it is no place for what a shell would read."""
    is_plain = re.fullmatch(r"[\w./-]+", path, flags=re.ASCII)
    if not is_plain:
        raise ValueError(path)
    return path


def _several_fact(
    found: "Found",
    name: str,
    values: list[str],
) -> None:
    """What there may be several of."""
    if name == "folder":
        found.folders += 1
    elif name in ("above", "place"):
        found.place.add(name, values)
    elif name == "listener":
        address = _address(values[0])
        found.listeners.append(address)
    elif name == "beside":
        label, whose, data, release = values
        other = Beside(label, whose, bool(data), bool(release))
        found.beside.append(other)
    elif name == "room":
        found.health.add_room(values)
    elif name == "drop_in":
        line = "\t".join(values)
        found.drop_in += f"{line}\n"
    elif name == "probe":
        probe, *words = values
        lines = found.probe_lines.setdefault(probe, [])
        lines.append("\t".join(words))
    else:
        line = "\t".join(values)
        setting, value = settings.line(line)
        found.system[setting] = value


def _file_fact(
    files: dict[str, FoundFile],
    name: str,
    values: list[str],
) -> None:
    """Of a file with an odd name not all is known: it differs from every wanted one already."""
    unknown = FoundFile("", "")
    if name == "file":
        path, mode, owner, *_ = values
        files[path] = FoundFile(mode, owner)
    elif name == "sha256":
        digest, path, *_ = values
        file = files.get(path, unknown)
        file.sha256 = digest
    elif name == "text":
        path, *words = values
        file = files.get(path.removeprefix("./"), unknown)
        line = "\t".join(words)
        file.text += f"{line}\n"
    else:
        raise ValueError(name)


def _address(raw: str) -> IPv4Address | IPv6Address:
    """/proc/net/tcp's hexadecimal words, each in the host's (little-endian) order."""
    address = b""
    for start in range(0, len(raw), 8):
        word = bytes.fromhex(raw[start : start + 8])
        address += word[::-1]
    return ip_address(address)
