"""Backups: whether they are made, and whether what they need arrives."""

import time

import pytest

from components.backups import MOST_LOST, PROBE, Backups, are_on, stanza
from deploys.back_up import lacks
from deploys.repository import check_repository
from deploys.target import Target
from howdah import backup
from howdah.backed_up import Backup
from howdah.cluster import Cluster
from howdah.found import Found
from verify.current_host import CurrentHost

DAY = 24 * 3600  # seconds
OLDEST = 2 * DAY  # one that was missed is not two
ARCHIVER = """
SELECT coalesce(last_failed_time > last_archived_time, false) OR last_archived_wal IS NULL
FROM pg_stat_archiver
"""


@pytest.fixture(autouse=True)
def _are_on(cluster: Cluster) -> None:
    if not are_on(cluster):
        pytest.skip("backup = 'off'")


@pytest.fixture
def good(cluster: Cluster, found: Found) -> Backup:
    """The last one."""
    its = found.of(PROBE).good.get(stanza(cluster))
    assert its, "there is no good backup; make deploy makes one"
    return its


def test_backups_are_set_up(target: Target, found: Found) -> None:
    check_repository(target, found)
    assert lacks(target, found) == []


def test_last_backup_is_good_and_young(cluster: Cluster, found: Found, good: Backup) -> None:
    last = found.of(PROBE).last[stanza(cluster)]
    assert last.fault == ""
    age = time.time() - found.ahead - good.ended
    assert age < OLDEST, f"it ended {age / 3600:.0f} hours ago"


def test_wal_arrives(current: CurrentHost, target: Target, found: Found) -> None:
    """PostgreSQL's own word, or how old what waits to be pushed is; a restore looks for holes."""
    assert current.ask(ARCHIVER) == ["f"]
    place = backup.place(target.cluster, target.runtime.layout)
    its = found.of(PROBE)
    since = its.waiting.get(place.archived)
    if since is None:
        return
    age = time.time() - found.ahead - since
    stuck = its.stuck.get(place.stanza)
    why = stuck.fault if stuck else "the unit that pushes it does not run"
    assert age < MOST_LOST, f"{place.archived} waits since {age:.0f} s: {why}"


def test_restore_was_proven(cluster: Cluster, found: Found) -> None:
    """By the timer, or `make drill`; a new cluster has as long for its first."""
    its, name = found.of(PROBE), stanza(cluster)
    drilled = its.drilled.get(name)
    assert not drilled or drilled.fault == ""
    begun = its.made[name].ended
    if name in its.proven:
        begun = its.proven[name].ended
    days = (time.time() - found.ahead - begun) / DAY
    assert days < cluster.of(Backups).proven_days, f"{days:.0f} days ago; make drill proves it"
