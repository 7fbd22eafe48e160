"""What the host itself has, and how long its clock is."""

from dataclasses import dataclass
from ipaddress import ip_address

from howdah.found.lines import Lines, Values, fraction, whole
from howdah.hardware import Hardware
from howdah.options import Address


@dataclass(frozen=True)
class Machine:
    """Before there is anything of PostgreSQL's."""

    clock: float  # its own, in seconds of the epoch
    sudo: bool  # whether it is installed
    listeners: tuple[Address, ...]  # who listens on the wanted port
    memory: int  # bytes of RAM, or of the control group where that has less
    cores: int
    disk: int  # bytes of the file system that has, or will have, the data

    @property
    def hardware(self) -> Hardware:
        """What there is to share."""
        return Hardware(self.memory, self.cores, self.disk)


def read(lines: Lines) -> Machine:
    """Raises AnswerError."""
    clocks = lines.each("clock", fraction)
    limits = lines.each("memory", whole)
    listeners = lines.each("listener", _address)
    return Machine(
        clock=max(clocks, default=0),
        sudo=lines.is_there("sudo"),
        listeners=tuple(listeners),
        memory=min(limits, default=0),
        cores=lines.number("cores") or 0,
        disk=lines.number("disk") or 0,
    )


def _address(values: Values) -> Address:
    """/proc/net/tcp's hexadecimal words, each in the host's (little-endian) order."""
    raw = values[0]
    address = b""
    for start in range(0, len(raw), 8):
        word = bytes.fromhex(raw[start : start + 8])
        address += word[::-1]
    return ip_address(address)
