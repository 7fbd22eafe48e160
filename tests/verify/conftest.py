"""Verification of hosts that a deploy has made: pytest tests/verify --inventory FILE."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from testinfra.host import Host

    from deploys.target import Target
    from howdah.cluster import Cluster
    from howdah.found import Found
    from tests.verify.at_hand import AtHand
    from tests.verify.login import Door

INVENTORY = pytest.StashKey[Any]()
NONE = "NO HOST WAS VERIFIED: needs --inventory inventories/NAME.py"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("howdah")
    group.addoption("--inventory", metavar="FILE", help="whose hosts are verified")
    group.addoption("--data", metavar="KEY=VALUE", action="append", default=[],
                    help="host data over the inventory's, as pyinfra's own --data")  # fmt: skip


def pytest_configure(config: pytest.Config) -> None:
    """gevent first: what is imported before it would wait without letting others work."""
    path = config.getoption("--inventory", default=None)
    if not path:
        return
    from gevent import monkey  # noqa: PLC0415 nobody else's test is patched

    monkey.patch_all()
    from tests.verify.inventory import Inventory  # noqa: PLC0415 after gevent

    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]  # what libpq would take from it
    config.stash[INVENTORY] = Inventory(path, config.getoption("--data"))


def pytest_unconfigure(config: pytest.Config) -> None:
    if inventory := config.stash.get(INVENTORY, None):
        inventory.leave()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every test once for each host, and all of one host's before the next's."""
    inventory = metafunc.config.stash.get(INVENTORY, None)
    names = inventory.names if inventory else ["no-inventory"]
    metafunc.parametrize("at_hand", names, indirect=True, scope="session")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A run of all tests has no inventory; a host that is down is told once."""
    inventory = item.config.stash.get(INVENTORY, None)
    if inventory is None:
        pytest.skip(NONE)
    assert isinstance(item, pytest.Function)
    name = item.callspec.params["at_hand"]
    if why := inventory.lost.get(name):
        pytest.skip(f"{name} was not verified: {why}")


@pytest.fixture(scope="session")
def at_hand(request: pytest.FixtureRequest) -> Iterator[AtHand]:
    with request.config.stash[INVENTORY].at_hand(request.param) as its:
        yield its


@pytest.fixture(scope="session")
def host(at_hand: AtHand) -> Host:
    """testinfra's, over pyinfra's connection."""
    return at_hand.host


@pytest.fixture(scope="session")
def target(at_hand: AtHand) -> Target:
    """What the inventory and roles-sql want of it."""
    return at_hand.target


@pytest.fixture(scope="session")
def cluster(target: Target) -> Cluster:
    return target.cluster


@pytest.fixture(scope="session")
def found(at_hand: AtHand) -> Found:
    """What it has, in one snapshot: the same for all tests."""
    return at_hand.found


@pytest.fixture(scope="session")
def door(at_hand: AtHand) -> Door:
    return at_hand.door
