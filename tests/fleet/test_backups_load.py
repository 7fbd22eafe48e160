"""Backups and restores under load, without room, and two at once."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import psycopg
import pytest
from typing_extensions import override

from tests.fleet.single import Single
from tests.fleet.test_backups import COUNT, add, left, pgbackrest, rejected
from tests.fleet.test_backups_events import (
    back_up,
    brought_back,
    delete_kept,
    drilled,
    name_of,
    on_small_disk,
    paused,
    paused_backup,
    state,
    verified,
)
from tests.fleet.test_disk import fill
from tests.server.checkout import until

STARTED = "SELECT pg_postmaster_start_time()"
TABLE = """
DROP TABLE IF EXISTS app.noted;
CREATE TABLE app.noted (client int, number int);
ALTER TABLE app.noted OWNER TO appowner;
GRANT INSERT ON app.noted TO appuser
"""
MB = 1024**2


@pytest.fixture(scope="module")
def backed_up(single: Single) -> Single:
    single.inventory(backup="pgbackrest", restart=True)
    single.deploy()
    add(single, "load", 100)
    return single


@pytest.fixture
def small_data(backed_up: Single) -> Iterator[Single]:
    """The data on a small file system, with room for a second data directory."""
    with on_small_disk(backed_up, backed_up.data.rpartition("/")[0], "size=400m"):
        yield backed_up


def test_no_room_for_a_restore(small_data: Single) -> None:
    """It is rejected by the plan, with what is free and what is needed."""
    above = small_data.data.rpartition("/")[0]
    before = small_data.ask(STARTED)
    fill(small_data.machine, above, 24 * MB)
    said = rejected(small_data, "newest")
    assert "MB are free beside the data, and a second data directory needs" in said
    assert left(small_data) == ""
    assert small_data.ask(STARTED) == before


@pytest.mark.all
def test_disk_that_is_full_during_a_restore(small_data: Single) -> None:
    """There are bytes, and no inodes: it fails on its way, and leaves nothing beside."""
    above = small_data.data.rpartition("/")[0]
    before = small_data.ask(STARTED)
    inodes = f"$(($(df --output=iused {above} | tail -n 1) + 200))"
    small_data.machine.sh(f"mount -o remount,nr_inodes={inodes} {above}")
    assert "No space left on device" in rejected(small_data, "newest")
    assert left(small_data) == ""
    assert small_data.ask(STARTED) == before
    small_data.machine.sh(f"mount -o remount,nr_inodes=0 {above}")


class Client(threading.Thread):
    """Inserts numbered rows until its server ends; notes when each was sent and acknowledged."""

    def __init__(self, single: Single, number: int) -> None:
        super().__init__(daemon=True)
        self._single, self._number = single, number
        self.sent: list[datetime] = []
        self.acknowledged: list[datetime] = []

    @override
    def run(self) -> None:
        insert = "INSERT INTO app.noted VALUES (%s, %s)"
        try:
            with self._single.session("appuser", "appdb") as session:
                while True:
                    self.sent.append(datetime.now(UTC))
                    session.execute(insert, (self._number, len(self.sent)))
                    self.acknowledged.append(datetime.now(UTC))
        except psycopg.OperationalError:  # its server has ended
            return

    def has(self, number: int) -> Callable[[], bool]:
        return lambda: len(self.acknowledged) >= number


def test_restore_under_load(backed_up: Single) -> None:
    """All that was acknowledged before the time is there, and nothing that was sent after it."""
    backed_up.ask(TABLE, "appdb")
    clients = [Client(backed_up, number) for number in range(3)]
    for client in clients:
        client.start()
    for client in clients:
        until(client.has(100))
    target = datetime.now(UTC)
    for client in clients:
        until(client.has(len(client.acknowledged) + 100))
    brought_back(backed_up, target.isoformat(sep=" "))
    for number, client in enumerate(clients):
        client.join()
        rows = backed_up.ask(f"SELECT number FROM app.noted WHERE client = {number} ORDER BY 1",
                             "appdb")  # fmt: skip
        there = [int(row) for row in rows.split()]
        assert there == [*range(1, len(there) + 1)]
        assert sum(at < target for at in client.acknowledged) <= len(there)
        assert len(there) <= sum(at < target for at in client.sent)
    delete_kept(backed_up)


@pytest.mark.all
def test_two_backups(backed_up: Single) -> None:
    """The second is rejected by name, and the first is good."""
    with paused_backup(backed_up):
        assert back_up(backed_up) != 0
        assert "unable to acquire lock" in state(backed_up, "last")
    assert verified(backed_up, "last_backup")


@pytest.mark.all
def test_drill_during_a_backup(backed_up: Single) -> None:
    """They do not wait for each other."""
    with paused_backup(backed_up):
        assert "proven: " in drilled(backed_up)
    assert verified(backed_up, "backup or proven")


@pytest.mark.all
def test_archive_during_a_drill(backed_up: Single) -> None:
    """Neither waits for the other's lock, and what the server's archive has noted stays."""
    machine, name = backed_up.machine, name_of(backed_up)
    locks = f"/run/postgresql/pgbackrest/{name}-archive"
    noted = f"/var/spool/pgbackrest/archive/{name}/out/0000000100000000000000FF.error"
    pgbackrest(backed_up, "check")
    machine.sh(f"touch {noted}; systemd-run --unit=holder --uid=postgres flock -n {locks}.lock "
               f"flock -n {locks}-1.lock sleep infinity")  # fmt: skip
    try:
        assert "proven: " in drilled(backed_up)
        machine.sh(f"rm {noted}")
    finally:
        machine.sh("systemctl stop holder")
    assert machine.sh("ls /var/spool/pgbackrest") == "archive"


@pytest.mark.all
def test_deploy_during_a_backup(backed_up: Single) -> None:
    """One that changes nothing, and one that reloads."""
    with paused_backup(backed_up):
        assert backed_up.deploy().changed == []
        backed_up.inventory(backup="pgbackrest", restart=True, work_mem="9MB")
        backed_up.deploy()
    assert backed_up.ask("SHOW work_mem") == "9MB"
    assert verified(backed_up, "backup")
    backed_up.inventory(backup="pgbackrest", restart=True)
    backed_up.deploy()


@pytest.mark.all
def test_restore_during_a_backup(backed_up: Single) -> None:
    """The backup ends with its server, and says so; the deploy after the restore makes another."""
    number = backed_up.ask(COUNT, "appdb")
    with paused_backup(backed_up):
        assert "full backup" in brought_back(backed_up, "newest")
    assert backed_up.ask(COUNT, "appdb") == number
    assert backed_up.deploy().changed == []
    assert back_up(backed_up) == 0
    assert verified(backed_up, "backup")
    delete_kept(backed_up)


@pytest.mark.all
def test_two_restores(backed_up: Single) -> None:
    """The second waits a minute, and is rejected with the cause."""
    number = backed_up.ask(COUNT, "appdb")
    done: list[str] = []
    first = threading.Thread(target=lambda: done.append(brought_back(backed_up, "newest")))
    first.start()
    with paused(backed_up, "restore"):
        assert "another deploy is at work on this host" in rejected(backed_up, "newest")
    first.join()
    assert done
    assert backed_up.ask(COUNT, "appdb") == number
    delete_kept(backed_up)
