"""What is told before a server stops: room, checksums, old transactions."""

import json

import pytest

from howdah import found
from howdah.found.health import MOST_UNFROZEN, OLDEST

GB = 1024**3


def room(folder: str, *, free: int, size: int = 100 * GB, inodes: tuple[int, int] = (9, 10)) -> str:
    """A line of the snapshot's, in blocks of 4 kB."""
    return f"room\t{folder}\t{free // 4096}\t4096\t{size // 4096}\t{inodes[0]}\t{inodes[1]}"


def reports(*lines: str) -> list[str]:
    return list(found.read(lines).health.reports())


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (room("/data", free=10 * GB), []),
        (room("/data", free=9 * GB + GB // 2), ["/data: 9 % of 100 GB free; make room"]),
        (room("/data", free=0, size=2**20), ["/data: 0 % of 1 MB free; make room"]),
        (room("/data", free=50 * GB, inodes=(1, 10)), []),
        (room("/data", free=50 * GB, inodes=(9, 100)), ["/data: 9 % of 100 inodes free"]),
        (room("/data", free=50 * GB, inodes=(0, 0)), []),  # btrfs
    ],
)
def test_room(line: str, says: list[str]) -> None:
    told = reports(line)
    assert [its.startswith(said) for its, said in zip(told, says, strict=True)] == [True] * len(
        says
    )


def test_two_folders_on_one_file_system_are_one_line() -> None:
    assert len(reports(room("/data", free=GB), room("/log", free=GB))) == 1
    assert len(reports(room("/data", free=GB), room("/log", free=2 * GB))) == 2


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (["failures", "appdb", 2], "database appdb: 2 checksum failures"),
        (["failures", "", 1], "the shared catalogs: 1 checksum failures"),
        (["collation", "shop-2", "2.36", "2.41"],
         "database shop-2: sorted by version 2.36 of the collations, and the system has 2.41: "
         'REINDEX DATABASE "shop-2"; ALTER DATABASE "shop-2" REFRESH COLLATION VERSION;'),
        (["open", OLDEST + 1, "appdb", "ada", 7],
         "a transaction of ada in appdb is open for 12 hours: SELECT pg_terminate_backend(7);"),
        (["open", 7 * 86400.5, "appdb", "ada", 0],
         "a prepared transaction of ada in appdb is open for 168 hours: see pg_prepared_xacts"),
        (["open", OLDEST - 1, "appdb", "ada", 7], ""),
        (["unfrozen", "appdb", MOST_UNFROZEN + 1],
         "database appdb: 1000 million transactions since the last freeze"),
        (["unfrozen", "appdb", 200_000_000], ""),
        (["queued", 0.51], "the queue of NOTIFY is 51% full"),
        (["queued", 0.5], ""),
    ],
)  # fmt: skip
def test_rows(row: list[object], says: str) -> None:
    told = reports(json.dumps(row))
    assert len(told) == bool(says)
    assert "".join(told).startswith(says)


def test_other_rows_are_the_catalogs() -> None:
    assert found.read(['["connlimit", "appdb", -1]']).rows == (["connlimit", "appdb", -1],)
