"""What the running server answers of itself and of its settings."""

from collections.abc import Mapping, Set
from dataclasses import dataclass

from howdah import settings
from howdah.found.lines import Lines, Values, joined


@dataclass(frozen=True)
class Server:
    """Empty where it is down, or was not asked."""

    version: str  # 17.10
    release: str  # that it has loaded
    listen: str  # listen_addresses
    preloaded: str  # shared_preload_libraries
    loaded: float  # when it has loaded its files, in seconds of the epoch
    unit: str  # the mark of the drop-in that it was started by


@dataclass(frozen=True)
class Settings:
    """Names in small letters, for PostgreSQL compares them so: TimeZone is timezone."""

    contexts: Mapping[str, str]  # name: pg_settings.context
    pending: Set[str]  # those that wait for a restart
    system: Mapping[str, str]  # set by ALTER SYSTEM
    faults: tuple[str, ...]  # in the loaded files
    rejected: tuple[str, ...]  # of roles-sql's settings


def read(lines: Lines) -> Server:
    """Of its rows."""
    about = lines.row("server") or [""] * 4
    version, release, listen, preloaded = about
    loaded = lines.values("loaded")
    units = lines.values("unit")
    return Server(
        version=version,
        release=release,
        listen=listen,
        preloaded=preloaded,
        loaded=max(loaded, default=0),
        unit="".join(units),
    )


def read_settings(lines: Lines) -> Settings:
    """Of its rows, and of the file of one that is down. Raises AnswerError."""
    return Settings(
        contexts=_contexts(lines),
        pending=_pending(lines),
        system=_system(lines),
        faults=lines.values("fault"),
        rejected=lines.values("refusal"),
    )


def _contexts(lines: Lines) -> dict[str, str]:
    contexts = {}
    for context, names, _ in lines.rows_of("contexts"):
        for name in names:
            contexts[name.lower()] = context
    return contexts


def _pending(lines: Lines) -> set[str]:
    names = list(lines.values("pending"))
    for _, _, waiting in lines.rows_of("contexts"):
        names += waiting
    return {name.lower() for name in names}


def _system(lines: Lines) -> dict[str, str]:
    system = {}
    for name, value in lines.each("auto", _setting):
        system[name] = value
    for name, value in lines.rows_of("system"):
        system[name.lower()] = value
    return system


def _setting(values: Values) -> tuple[str, str]:
    line = joined(values)
    return settings.line(line)
