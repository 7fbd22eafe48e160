"""What a repository of pgBackRest's has, and what can be restored from it."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from howdah.errors import HowdahError

NEWEST = "newest"
SEGMENT = re.compile(r"/([0-9A-F]{24})-[0-9a-f]{40}")
FORK = re.compile(r"history\t(\d+)\t([0-9A-F]+)/([0-9A-F]+)\t")  # a line of a .history file
IN_A_LOG = 256  # segments of 16 MB
SIZE = 16 * 1024**2
SHOWN = 3


class Segment(NamedTuple):
    """A file of WAL, which is 16 MB of it."""

    timeline: int
    number: int


class BackupSet(NamedTuple):
    """A backup, with those that it builds on."""

    label: str
    kind: str
    ended: datetime
    size: int  # bytes of the data directory
    start: Segment  # the first that it needs
    repository: int  # its number


@dataclass(frozen=True)
class Repository:
    """Of one stanza."""

    sets: Sequence[BackupSet]  # the oldest first; without those that have an error
    segments: frozenset[Segment]
    # The timelines that the newest comes from, and the segment where each was left.
    left: Mapping[int, int]

    @property
    def newest(self) -> int:
        """The timeline that a recovery follows."""
        timelines = {one.timeline for one in self.segments}
        return max(timelines, default=1)


@dataclass(frozen=True)
class Goal:
    """What to restore to: a line of postgresql.conf, or none."""

    text: str  # as it was asked for
    setting: str = ""
    value: str = ""
    time: datetime | None = None


def goal(text: str) -> Goal:
    """newest, a time with its zone, xid:NUMBER or name:LABEL. Raises HowdahError."""
    kind, _, value = text.partition(":")
    if text == NEWEST:
        return Goal(text)
    if kind == "xid" and value.isdigit():
        return Goal(text, "recovery_target_xid", value)
    if kind == "name" and value.isprintable() and value and "'" not in value:
        return Goal(text, "recovery_target_name", value)
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        time = None
    if not time or not time.tzinfo:
        raise HowdahError(
            f"TO={text!r}: needs newest, a time with its zone ('2026-11-28 13:34:49+00:00'), "
            "xid:NUMBER or name:LABEL"
        )
    return Goal(text, "recovery_target_time", time.isoformat(sep=" "), time)


def read(lines: Sequence[str], stanza: str, number: int) -> Repository:
    """The lines of deploys/backup/look.sh. Raises HowdahError for one that is not readable."""
    sets = []
    for each in _of_stanza(lines[0], stanza):
        if not each["error"]:
            sets.append(_set(each, number))
    segments = set()
    left = {}
    for line in lines[1:]:
        found = SEGMENT.search(line)
        if found:
            segments.add(segment(found[1]))
        fork = FORK.match(line)
        if fork:
            left[int(fork[1])] = _number(fork[2], fork[3])
    return Repository(sets, frozenset(segments), left)


def _of_stanza(info: str, stanza: str) -> list[dict[str, Any]]:
    """Its backups, as `pgbackrest info` has them."""
    why = "it is not there"
    for each in json.loads(info):
        if each["name"] != stanza:
            continue
        status = each["status"]
        if status["code"] == 0:
            backups: list[dict[str, Any]] = each["backup"]
            return backups
        why = status["message"]
    raise HowdahError(f"the repository has no backup of {stanza}: {why}")


def _number(high: str, low: str) -> int:
    """Of the segment that a location is in."""
    return int(high, 16) * IN_A_LOG + int(low, 16) // SIZE


def _set(each: dict[str, Any], number: int) -> BackupSet:
    stop = each["timestamp"]["stop"]
    start = each["archive"]["start"]
    return BackupSet(
        label=each["label"],
        kind=each["type"],
        ended=datetime.fromtimestamp(stop, UTC),
        size=each["info"]["size"],
        start=segment(start),
        repository=number,
    )


def segment(name: str) -> Segment:
    """The 24 digits of its name."""
    timeline = int(name[:8], 16)
    log = int(name[8:16], 16)
    part = int(name[16:], 16)
    return Segment(timeline, log * IN_A_LOG + part)


def chosen(repository: Repository, to: Goal, now: datetime) -> BackupSet:
    """The last that ended before. Raises HowdahError where there is none."""
    followed = {*repository.left, repository.newest}
    sets = [each for each in repository.sets if each.start.timeline in followed]
    if to.time:
        if to.time > now:
            raise HowdahError(f"TO={to.text!r}: is in the future; TO=newest is all there is")
        sets = [each for each in sets if each.ended < to.time]
    if sets:
        return sets[-1]
    if repository.sets:
        first = repository.sets[0].ended.isoformat(sep=" ")
        raise HowdahError(f"TO={to.text!r}: the first backup ended at {first}; needs a later time")
    raise HowdahError("the repository has no good backup")


def holes(repository: Repository, begin: Segment) -> Iterator[str]:
    """The files that are missing between ``begin`` and the newest, on the way to it."""
    missing = sorted(_needed(repository, begin) - repository.segments)
    for one in missing[:SHOWN]:
        yield file_name(one)
    if len(missing) > SHOWN:
        yield f"and {len(missing) - SHOWN} more"


def _needed(repository: Repository, begin: Segment) -> set[Segment]:
    """Of each timeline those before it was left; of the newest all up to the last there is."""
    newest = repository.newest
    last = begin.number
    for one in repository.segments:
        if one.timeline == newest:
            last = max(last, one.number)
    ends = {**repository.left, newest: last + 1}
    needed = set()
    number = begin.number
    for timeline in sorted(ends):
        if timeline < begin.timeline:
            continue
        for each in range(number, ends[timeline]):
            needed.add(Segment(timeline, each))
        number = max(number, ends[timeline])
    return needed


def file_name(one: Segment) -> str:
    """As PostgreSQL names it."""
    log, part = divmod(one.number, IN_A_LOG)
    return f"{one.timeline:08X}{log:08X}{part:08X}"
