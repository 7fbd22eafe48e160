"""Real hosts, made from one image; each test module shares what it can."""

import random
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.fleet import engine
from tests.fleet.engine import BOTH, docker
from tests.fleet.fleet import Fleet
from tests.fleet.machine import Machine
from tests.fleet.single import Single

NewMachine = Callable[..., Machine]
NewFleet = Callable[..., Fleet]


@pytest.fixture(scope="session")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SSH key that opens every host."""
    path = tmp_path_factory.mktemp("ssh") / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True)
    return path


@pytest.fixture(scope="session")
def network() -> Iterator[tuple[str, str]]:
    """(name, the addresses' beginning) of a network between this machine and the hosts."""
    engine.require()
    begin = f"10.{random.randrange(64, 128)}.{random.randrange(256)}"
    name = f"howdah-test-{begin}"
    docker("network", "create", "--subnet", f"{begin}.0/24", name)
    yield name, begin
    docker("network", "rm", name)


@pytest.fixture(scope="session")
def new_machine(network: tuple[str, str], key: Path) -> Iterator[NewMachine]:
    """Boots hosts; all are removed at the end."""
    made: list[Machine] = []

    def boot(suite: str = "trixie", *, bare: bool = False) -> Machine:
        name, begin = network
        number = len(made) + 2
        address = f"{begin}.{number}"
        public = key.with_suffix(".pub").read_text().strip()
        image = engine.image(suite, bare=bare)
        made.append(Machine(f"{name}-{number}", image, name, address, public))
        return made[-1]

    yield boot
    for machine in made:
        machine.remove()


@pytest.fixture(scope="session")
def new_fleet(new_machine: NewMachine, key: Path) -> Iterator[NewFleet]:
    """Makes checkouts, each with hosts of its own unless they are given."""
    made: list[Fleet] = []

    def make(*suites: str, bare: bool = False, machines: list[Machine] | None = None) -> Fleet:
        above = Path(tempfile.mkdtemp(prefix="howdah-test-", dir="/var/tmp"))
        folder = above / "howdah"
        folder.mkdir()
        hosts = machines or [new_machine(suite, bare=bare) for suite in suites or ("trixie",)]
        made.append(Fleet(folder, key, hosts))
        return made[-1]

    yield make
    for fleet in made:
        fleet.remove()
        shutil.rmtree(fleet.folder.parent, ignore_errors=True)


@pytest.fixture(scope="module")
def deployed(new_fleet: NewFleet) -> Fleet:
    """One Debian 13 host, converged."""
    fleet = new_fleet()
    fleet.deploy()
    return fleet


# -- One host, and what is done to it --------------------------------------------------------


@pytest.fixture(scope="module", params=BOTH)
def suite(request: pytest.FixtureRequest) -> str:
    """Debian 13; of all tests (make test-all), Debian 12 too."""
    return str(request.param)


@contextmanager
def _single(machine: Machine, key: Path) -> Iterator[Single]:
    above = Path(tempfile.mkdtemp(prefix="howdah-test-", dir="/var/tmp"))
    folder = above / "howdah"
    folder.mkdir()
    yield Single(folder, key, [machine])
    machine.remove()
    shutil.rmtree(above)


@pytest.fixture(scope="module")
def single(suite: str, new_machine: NewMachine, key: Path) -> Iterator[Single]:
    """A host of the module's, converged."""
    with _single(new_machine(suite), key) as single:
        single.deploy()
        yield single


@pytest.fixture
def converged(single: Single) -> Iterator[Single]:
    """The module's host, and again after the test."""
    yield single
    single.inventory()
    single.deploy("--data", "restart=yes")


@pytest.fixture
def fresh(suite: str, new_machine: NewMachine, key: Path) -> Iterator[Single]:
    """A host of the test's own, with the packages and nothing else."""
    with _single(new_machine(suite), key) as single:
        yield single


@pytest.fixture
def bare(suite: str, new_machine: NewMachine, key: Path) -> Iterator[Single]:
    """A host of the test's own, with nothing."""
    with _single(new_machine(suite, bare=True), key) as single:
        yield single
