"""What a host has of dumps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Dump:
    """One that is whole, as its manifest has it."""

    name: str  # when it was begun
    made: int  # seconds since 1970
    bytes: int
    rows: int
    databases: tuple[str, ...]


@dataclass(frozen=True)
class Last:
    """How the last one went."""

    ended: int  # seconds since 1970
    fault: str  # empty: it is good


@dataclass(frozen=True)
class Dumps:
    """By the folder that they are in."""

    dumps: Mapping[str, Sequence[Dump]]  # the oldest first
    last: Mapping[str, Last]
    timers: frozenset[str]  # those that are enabled
    sums: Mapping[str, str]  # sha256 of scripts and units, by path
    has_systemd: bool

    def of(self, folder: str) -> Sequence[Dump]:
        """Those of one cluster."""
        return self.dumps.get(folder, ())


def read(rows: Sequence[Mapping[str, Any]], lines: Sequence[str]) -> Dumps:  # noqa: ARG001
    """The lines of components/dumps.sh."""
    dumps: dict[str, list[Dump]] = {}
    last = {}
    timers = set()
    sums = {}
    for line in lines:
        word, *values = line.split("\t")
        if word == "dump":
            folder, *of_one = values
            its = dumps.setdefault(folder, [])
            its.append(_dump(of_one))
        elif word == "last":
            folder, text = values
            last[folder] = _last(text)
        elif word.startswith("timer "):
            timers.add(word.removeprefix("timer "))
        elif word.startswith("sum "):
            sha256, _, path = word.removeprefix("sum ").partition("  ")
            sums[path] = sha256
    return Dumps(
        dumps=dumps,
        last=last,
        timers=frozenset(timers),
        sums=sums,
        has_systemd="systemd" in lines,
    )


def _dump(values: Sequence[str]) -> Dump:
    name, made, size, rows, *databases = values
    return Dump(
        name=name,
        made=int(made),
        bytes=int(size),
        rows=int(rows),
        databases=tuple(databases),
    )


def _last(text: str) -> Last:
    ended, word, *words = text.split(" ", 2)
    fault = ""
    if word != "good":
        fault = " ".join(words)
    return Last(int(ended), fault)
