"""What a host has of backups: those of all its clusters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Backup:
    """How one went, as the unit has written it down."""

    ended: int  # seconds since 1970
    kind: str  # full, incr; of a stanza the system identifier
    fault: str  # empty: it is good; of a stanza which repositories it is in


@dataclass(frozen=True)
class Proof:
    """A restore that was tried and came back."""

    ended: int  # seconds since 1970
    seconds: int  # that it took
    rows: int  # that were read


@dataclass(frozen=True)
class Backups:
    """By stanza, which is pgBackRest's word for a cluster."""

    made: Mapping[str, Backup]  # when the repository was
    good: Mapping[str, Backup]  # the last good one
    last: Mapping[str, Backup]  # good or not
    proven: Mapping[str, Proof]  # the last drill that was good
    drilled: Mapping[str, Backup]  # good or not
    keys: Mapping[str, str]  # sha256 of the repository's, as it is in force
    systems: Mapping[str, str]  # system identifier of the data
    stuck: Mapping[str, Backup]  # why what a container has archived is not pushed
    waiting: Mapping[str, int]  # folders of that, and since when the oldest file waits
    links: Mapping[str, str]  # files of conf.d, and where they lead
    timers: frozenset[str]  # those that are enabled
    sums: Mapping[str, str]  # sha256 of scripts and units, by path


def read(rows: Sequence[Mapping[str, Any]], lines: Sequence[str]) -> Backups:  # noqa: ARG001
    """The lines of components/backups.sh."""
    words: dict[str, list[str]] = {}
    for line in lines:
        word, _, rest = line.partition(" ")
        its = words.setdefault(word, [])
        its.append(rest)
    links = {}
    for each in words.get("link", []):
        target, _, path = each.partition(" ")
        links[path] = target
    waiting = {}
    for each in words.get("waiting", []):
        since, _, path = each.partition(" ")
        waiting[path] = int(since)
    sums = {}
    for each in words.get("sum", []):
        sha256, _, path = each.partition("  ")
        sums[path] = sha256
    return Backups(
        made=_by_stanza(words.get("made", [])),
        good=_by_stanza(words.get("good", [])),
        last=_by_stanza(words.get("last", [])),
        proven=_proofs(words.get("proven", [])),
        drilled=_by_stanza(words.get("drilled", [])),
        keys=_pairs(words.get("key", [])),
        systems=_pairs(words.get("system", [])),
        stuck=_by_stanza(words.get("stuck", [])),
        waiting=waiting,
        links=links,
        timers=frozenset(words.get("timer", [])),
        sums=sums,
    )


def _pairs(lines: Sequence[str]) -> dict[str, str]:
    found = {}
    for line in lines:
        stanza, _, value = line.partition(" ")
        found[stanza] = value
    return found


def _by_stanza(lines: Sequence[str]) -> dict[str, Backup]:
    found = {}
    for line in lines:
        stanza, ended, kind, *fault = line.split(" ", 3)
        if ended.isdigit():
            words = " ".join(fault)
            found[stanza] = Backup(int(ended), kind, words)
    return found


def _proofs(lines: Sequence[str]) -> dict[str, Proof]:
    found = {}
    for line in lines:
        stanza, *numbers = line.split(" ")
        try:
            found[stanza] = Proof(*map(int, numbers))
        except (TypeError, ValueError):  # half a line
            continue
    return found
