"""What a server will stop, or err, for one day: room, checksums, collations, transactions."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from howdah.found.lines import Lines, Values
from howdah.names import identifier

LEAST_FREE = 10  # percent of a file system, and of its inodes
# A dump of a large database takes hours; what dies while a transaction is open stays on the disk.
OLDEST = 12 * 3600  # seconds
# PostgreSQL stops to write at 2**31, and freezes at 200 million by itself (autovacuum).
MOST_UNFROZEN = 1_000_000_000
MOST_QUEUED = 0.5  # of what a queue holds; PostgreSQL begins to warn there, too
UNITS = (("TB", 1024**4), ("GB", 1024**3), ("MB", 1024**2), ("kB", 1024))


@dataclass(frozen=True)
class Room:
    """Of the file system that a folder is on."""

    folder: str
    free: int  # bytes, for who is not root
    size: int
    free_inodes: int
    inodes: int  # 0: it has no fixed number of them


@dataclass(frozen=True)
class Transaction:
    """One that is open."""

    seconds: float
    database: str
    role: str
    pid: int  # 0: it is prepared, and belongs to no session


@dataclass(frozen=True)
class Collation:
    """Of a database whose indexes another library has sorted."""

    database: str
    before: str  # that library's version
    now: str


@dataclass(frozen=True)
class Health:
    """As the snapshot brings it."""

    rooms: tuple[Room, ...]
    failures: Mapping[str, int]  # database: checksum failures
    collations: tuple[Collation, ...]  # that have changed
    open: tuple[Transaction, ...]  # the oldest one
    # database: transactions since the last freeze
    unfrozen: Mapping[str, int]
    queued: float  # the part of the queue of NOTIFY that is taken

    def full(self) -> Iterator[str]:
        """File systems with little room. Two folders on one of them are one line."""
        seen = set()
        for room in self.rooms:
            its = (room.size, room.free, room.inodes, room.free_inodes)
            if its in seen:
                continue
            seen.add(its)
            if room.free * 100 < room.size * LEAST_FREE:
                part = f"{_percent(room.free, room.size)} of {_size(room.size)}"
                yield f"{room.folder}: {part} free; make room, or resize the disk"
            if room.free_inodes * 100 < room.inodes * LEAST_FREE:
                part = f"{_percent(room.free_inodes, room.inodes)} of {room.inodes} inodes"
                yield f"{room.folder}: {part} free; remove files, or make a larger file system"

    def broken(self) -> Iterator[str]:
        """Pages that were not read as they had been written."""
        for database, count in sorted(self.failures.items()):
            where = f"database {database}" if database else "the shared catalogs"
            yield f"{where}: {count} checksum failures; look at the disk, and at docs/operations.md"

    def missorted(self) -> Iterator[str]:
        """Indexes in which the server may not find what is there."""
        for each in self.collations:
            name = identifier(each.database)
            yield (
                f"database {each.database}: sorted by version {each.before} of the collations, and "
                f"the system has {each.now}: REINDEX DATABASE {name}; "
                f"ALTER DATABASE {name} REFRESH COLLATION VERSION;"
            )

    def old(self) -> Iterator[str]:
        """Transactions that keep what has died since from being removed."""
        for each in self.open:
            if each.seconds < OLDEST:
                continue
            whose = f"of {each.role} in {each.database}"
            age = f"open for {each.seconds / 3600:.0f} hours"
            if each.pid:
                yield f"a transaction {whose} is {age}: SELECT pg_terminate_backend({each.pid});"
            else:
                yield f"a prepared transaction {whose} is {age}: see pg_prepared_xacts"

    def unwrapped(self) -> Iterator[str]:
        """Databases that autovacuum does not freeze."""
        for database, count in sorted(self.unfrozen.items()):
            if count > MOST_UNFROZEN:
                millions = count // 1_000_000
                yield (
                    f"database {database}: {millions} million transactions since the last freeze, "
                    "and at 2147 million no more writes: VACUUM (FREEZE) there"
                )

    def unread(self) -> Iterator[str]:
        """What was notified, and a session that listens has not read yet."""
        if self.queued > MOST_QUEUED:
            yield (
                f"the queue of NOTIFY is {self.queued:.0%} full, and when it is, NOTIFY fails: end "
                "the sessions that LISTEN, the one with the oldest transaction first"
            )

    def reports(self) -> Iterator[str]:
        """All of it."""
        yield from self.full()
        yield from self.broken()
        yield from self.missorted()
        yield from self.old()
        yield from self.unwrapped()
        yield from self.unread()


def read(lines: Lines) -> Health:
    """Raises AnswerError."""
    rooms = lines.each("room", _room)
    transactions = []
    for values in lines.rows_of("open"):
        transactions.append(Transaction(*values))
    collations = []
    for values in lines.rows_of("collation"):
        collations.append(Collation(*values))
    queued = lines.values("queued")
    return Health(
        rooms=tuple(rooms),
        failures=_by_database(lines, "failures"),
        collations=tuple(collations),
        open=tuple(transactions),
        unfrozen=_by_database(lines, "unfrozen"),
        queued=max(queued, default=0),
    )


def _by_database(lines: Lines, word: str) -> dict[str, int]:
    counts = {}
    for database, count in lines.rows_of(word):
        counts[database] = count
    return counts


def _room(values: Values) -> Room:
    """A line of stat's: the folder, free blocks, their size, all blocks, inodes likewise."""
    folder, free, block, size, free_inodes, inodes = values
    bytes_free = int(free) * int(block)
    bytes_there = int(size) * int(block)
    return Room(folder, bytes_free, bytes_there, int(free_inodes), int(inodes))


def _percent(part: int, whole: int) -> str:
    return f"{part * 100 // whole} %"


def _size(size: int) -> str:
    for unit, its in UNITS:
        if size >= its:
            return f"{size // its} {unit}"
    return f"{size} bytes"
