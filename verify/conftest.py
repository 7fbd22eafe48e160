"""Verification of hosts that a deploy has made: pytest verify --inventory FILE."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from testinfra.host import Host

    from deploys.target import Target
    from howdah.cluster import Cluster
    from howdah.found import Found
    from verify.client import Client
    from verify.current_host import CurrentHost
    from verify.inventory import Inventory

INVENTORY = pytest.StashKey["Inventory"]()
NEEDS = "verify: needs --inventory inventories/NAME.py; `make verify ENV=NAME` gives it"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("howdah")
    group.addoption("--inventory", metavar="FILE", help="whose hosts are verified")
    group.addoption(
        "--data",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="host data over the inventory's, as pyinfra's own --data",
    )


def pytest_configure(config: pytest.Config) -> None:
    """gevent first: what is imported before it would wait without letting others work."""
    path = config.getoption("--inventory", default=None)
    if not path:
        return
    from gevent import monkey  # noqa: PLC0415 a run that verifies nothing is not patched

    monkey.patch_all()
    from verify.inventory import Inventory  # noqa: PLC0415 after gevent

    for name in list(os.environ):
        if name.startswith("PG"):  # libpq would read it
            del os.environ[name]
    config.stash[INVENTORY] = Inventory(path, config.getoption("--data"))


def pytest_unconfigure(config: pytest.Config) -> None:
    if inventory := config.stash.get(INVENTORY, None):
        inventory.leave()


def pytest_sessionstart(session: pytest.Session) -> None:
    """Raises UsageError without an inventory."""
    _inventory(session.config)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every test once for each host, and all of one host's before the next's."""
    names = _inventory(metafunc.config).names
    metafunc.parametrize("current", names, indirect=True, scope="session")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Why a host cannot be verified is shown once."""
    assert isinstance(item, pytest.Function)
    name = str(item.callspec.params["current"])
    if why := _inventory(item.config).lost.get(name):
        pytest.skip(f"{name} was not verified: {why}")


def _inventory(config: pytest.Config) -> Inventory:
    inventory = config.stash.get(INVENTORY, None)
    if inventory is None:
        raise pytest.UsageError(NEEDS)
    return inventory


@pytest.fixture(scope="session")
def current(request: pytest.FixtureRequest) -> Iterator[CurrentHost]:
    with _inventory(request.config).current(request.param) as its:
        yield its


@pytest.fixture(scope="session")
def host(current: CurrentHost) -> Host:
    """testinfra's, over pyinfra's connection."""
    return current.host


@pytest.fixture(scope="session")
def target(current: CurrentHost) -> Target:
    """What the inventory and roles-sql want of it."""
    return current.target


@pytest.fixture(scope="session")
def cluster(target: Target) -> Cluster:
    return target.cluster


@pytest.fixture(scope="session")
def found(current: CurrentHost) -> Found:
    """What it has, in one snapshot: the same for all tests."""
    return current.found


@pytest.fixture(scope="session")
def client(current: CurrentHost) -> Client:
    return current.client


@pytest.fixture
def tls(cluster: Cluster) -> None:
    """For what development may do without."""
    if not cluster.tls:
        pytest.skip("tls = False")
