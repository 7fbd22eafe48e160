"""Dumps: whether they are made, and have what they must."""

import re
import time
from datetime import datetime
from itertools import pairwise

import pytest
from testinfra.host import Host

from components.dumps import PROBE, Dumps, are_on
from deploys.dumps import has_timer, lacks, place_of
from deploys.target import Target
from howdah import dump
from howdah.cluster import Cluster
from howdah.dumped import Dump
from howdah.found import Found

TIME = re.compile(r": \w{3} (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC")
PERIODS = 2  # one that was missed is not two


@pytest.fixture(autouse=True)
def _are_on(cluster: Cluster) -> None:
    if not are_on(cluster):
        pytest.skip("dumps = 'off'")


@pytest.fixture
def newest(target: Target, found: Found) -> Dump:
    """The last one that is whole."""
    dumps = found.of(PROBE).of(place_of(target).folder)
    assert dumps, "there is no dump; make dump makes one"
    return dumps[-1]


def test_dumps_are_set_up(target: Target, found: Found) -> None:
    assert lacks(target, found) == []


def test_last_dump_is_good_and_young(
    host: Host, target: Target, found: Found, newest: Dump
) -> None:
    last = found.of(PROBE).last[place_of(target).folder]
    assert last.fault == ""
    if not has_timer(target):
        return
    period = _period(host, target.cluster.of(Dumps).dump_calendar)
    age = time.time() - found.ahead - newest.made
    assert age < PERIODS * period, f"it was made {age / 3600:.0f} hours ago"


def _period(host: Host, calendar: str) -> float:
    """The longest of the next few, in seconds, as systemd reads the calendar."""
    asked = "TZ=UTC systemd-analyze calendar --iterations=8 %s"
    shown = str(host.check_output(asked, calendar))
    times = sorted({datetime.fromisoformat(found) for found in TIME.findall(shown)})
    gaps = [0.0]
    for before, after in pairwise(times):
        gap = after - before
        gaps.append(gap.total_seconds())
    return max(gaps)


def test_every_database_is_dumped(target: Target, newest: Dump) -> None:
    wanted = dump.declared(target.want.connlimits)
    assert sorted(newest.databases) == wanted
