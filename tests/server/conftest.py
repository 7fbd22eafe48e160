"""Real servers, each of a checkout of its own."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.server.checkout import NOBODY, Checkout
from tests.server.fuzz.examples import Servers
from tests.server.fuzz.server import BareServer, binaries

NewCheckout = Callable[..., Checkout]


@pytest.fixture(scope="session")
def new_checkout() -> Iterator[NewCheckout]:
    """Makes checkouts where every user may read; all are removed at the end."""
    made: list[Checkout] = []

    def make(name: str = "howdah", *, user: str | None = None) -> Checkout:
        above = Path(tempfile.mkdtemp(prefix="howdah-test-", dir="/var/tmp"))
        above.chmod(0o755)
        folder = above / name
        folder.mkdir(parents=True)
        made.append(Checkout(folder, user=user))
        return made[-1]

    yield make
    for checkout in made:
        checkout.remove()
        shutil.rmtree(Path(*checkout.folder.parts[:4]))


@pytest.fixture(scope="session")
def deployed(new_checkout: NewCheckout) -> Checkout:
    """A converged cluster. Who changes it puts it right again by a deploy."""
    checkout = new_checkout()
    checkout.deploy()
    return checkout


@pytest.fixture
def converged(deployed: Checkout) -> Iterator[Checkout]:
    """The converged cluster, and again after the test."""
    yield deployed
    deployed.inventory()
    deployed.deploy()


@pytest.fixture
def store(converged: Checkout, tmp_path: Path) -> Iterator[Path]:
    """The secrets of the converged cluster's, and again after the test."""
    shutil.copytree(converged.secrets, tmp_path / "kept")
    yield converged.secrets
    shutil.rmtree(converged.secrets)
    shutil.copytree(tmp_path / "kept", converged.secrets)


@pytest.fixture
def bare(new_checkout: NewCheckout) -> Checkout:
    """Nothing deployed yet."""
    return new_checkout()


@pytest.fixture
def of_a_user(new_checkout: NewCheckout) -> Checkout:
    """An ordinary user's, far down in a path with a space, longer than a socket's may be."""
    user = NOBODY if os.geteuid() == 0 else None
    return new_checkout("a path with spaces/" + "/".join(["long"] * 25), user=user)


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    """Two bare servers of a version: one for psql, one for Howdah; kept for all examples."""
    made: list[BareServer] = []

    @cache
    def server(version: int, _whose: str) -> BareServer:
        where = binaries(version)
        if not where:
            pytest.skip(f"no PostgreSQL {version} here")
        made.append(BareServer(version, where))
        return made[-1]

    yield server
    for one in made:
        one.remove()
