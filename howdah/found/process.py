"""The server's process, as the kernel and its postmaster.pid have it."""

from dataclasses import dataclass

from howdah.found.lines import Lines


@dataclass(frozen=True)
class Process:
    """Empty where the server is down."""

    pid: int | None
    port: int | None  # that it listens on
    socket: str  # the folder of its socket
    outdated: bool  # it is not of the binaries that are there


def read(lines: Lines) -> Process:
    """Raises AnswerError."""
    return Process(
        pid=lines.number("pid"),
        port=lines.number("port"),
        socket=lines.text("socket"),
        outdated=lines.is_there("outdated"),
    )
