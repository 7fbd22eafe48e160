"""Dumps: their options, what a host has of them, and what the deploy makes of it."""

from typing import Any

import pytest

from components.dumps import meant
from howdah import dump
from howdah.cluster import Cluster
from howdah.dumped import Dump, Last, read
from howdah.errors import ClusterError
from howdah.host_data import read as read_data
from howdah.layout import Layout
from howdah.render import peers
from howdah.roles_sql.declared import declared

LAYOUT = Layout("/h", "", "", "/d", "/etc", "/l", "/c", "/s", "postgres", "", "640")
# As components/dumps.sh has printed them on Debian 13.
FOLDER = "/var/lib/howdah/prod-main.dumps"
LINES = [
    "systemd",
    "timer howdah-dump-prod-main.timer",
    "sum 5891b5b5  /etc/howdah/17-main/dump.sh",
    f"last\t{FOLDER}\t1795917654 good 20261129T140054Z: 3 databases",
    f"dump\t{FOLDER}\t20261128T013000Z\t1795829400\t70123\t8\tappdb\tChärts 2",
    f"dump\t{FOLDER}\t20261129T140054Z\t1795917654\t70125\t9\tappdb",
    "last\t/srv/howdah/db/dumps\t1795917654 failed appdb: permission denied for table t",
]


def cluster(**options: Any) -> Cluster:
    return read_data({"environment": "prod", **options})


def test_what_a_host_has() -> None:
    found = read([], LINES)
    assert dump.place(cluster(), LAYOUT).folder == FOLDER
    first, last = found.of(FOLDER)
    assert first == Dump("20261128T013000Z", 1795829400, 70123, 8, ("appdb", "Chärts 2"))
    assert last.name == "20261129T140054Z"
    assert found.last[FOLDER] == Last(1795917654, "")
    other = found.last["/srv/howdah/db/dumps"]
    assert other.fault == "appdb: permission denied for table t"
    assert found.of("/srv/howdah/db/dumps") == ()
    assert found.has_systemd
    assert not read([], []).has_systemd


@pytest.mark.parametrize(
    ("option", "says"),
    [
        ({"dumps": "yes"}, "should be 'on' or 'off'"),
        ({"dump_keep": 1}, "greater than or equal to 2"),
        ({"dump_calendar": "daily\n"}, "needs systemd's OnCalendar"),
        ({"row_security": "app.orders"}, "needs a list"),
        ({"row_security": ["orders"]}, "needs tables with their schemas, like app.orders"),
        ({"row_security": ["app.x\ny"]}, "needs tables with their schemas, like app.orders"),
        ({"dump_from": "../x"}, "needs 'newest' or the name of a dump"),
    ],
)
def test_option_that_cannot_be(option: dict[str, Any], says: str) -> None:
    with pytest.raises(ClusterError, match=says):
        cluster(**option)


def test_role_reads_past_row_security_where_that_is_asked_for() -> None:
    named = cluster(row_security=["app.orders"])
    assert declared(named).roles["backupuser"].bypassrls
    assert not declared(cluster(dumps="on")).roles["backupuser"].bypassrls
    assert meant(named, ["appdb"]) == ["table app.orders in appdb has row security"]


def test_os_user_is_backupuser_where_dumps_are_on() -> None:
    assert peers(cluster(), LAYOUT) == ["postgres"]
    assert peers(cluster(dumps="on"), LAYOUT) == ["postgres", "backupuser"]


def test_names_stay_within_63_bytes() -> None:
    time = "_20261129_140054"
    for name in ("a" * 63, "ä" * 31):
        assert len((dump.kept_name(name) + time).encode()) <= 63
        assert len(dump.new_name(name).encode()) <= 63
    assert dump.kept_name("appdb") == "appdb_before"
