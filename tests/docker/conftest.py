"""Debian 13 hosts with an engine of their own, and the image `postgres` in it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.docker import host, images
from tests.docker.docked import Docked, docked_on
from tests.docker.host import DockerMachine
from tests.fleet.conftest import key, network
from tests.fleet.machine import Machine

__all__ = ["key", "network"]  # fixtures of the fleet's, found here by their names

NewDockerMachine = Callable[..., DockerMachine]


@pytest.fixture(scope="session")
def new_docker_machine(network: tuple[str, str], key: Path) -> Iterator[NewDockerMachine]:
    """Boots hosts; all are removed at the end."""
    made: list[DockerMachine] = []

    def boot(version: int = 16, flavour: str = "alpine") -> DockerMachine:
        name, begin = network
        number = len(made) + 130  # the fleet's own hosts are before it
        public = key.with_suffix(".pub").read_text().strip()
        image = images.image(version, flavour)
        address = f"{begin}.{number}"
        made.append(DockerMachine(f"{name}-{number}", host.image(), name, address, public))
        made[-1].load(image)
        return made[-1]

    yield boot
    for machine in made:
        machine.remove()


@pytest.fixture(scope="module")
def docker_machine(new_docker_machine: NewDockerMachine) -> Iterator[DockerMachine]:
    """A host of the module's, with postgres:16-alpine and nothing deployed."""
    machine = new_docker_machine()
    yield machine
    machine.remove()


@pytest.fixture(scope="module")
def docked(docker_machine: Machine, key: Path) -> Iterator[Docked]:
    """The module's host, converged."""
    with docked_on(docker_machine, key) as one:
        one.deploy()
        yield one


@pytest.fixture
def converged(docked: Docked) -> Iterator[Docked]:
    """The module's host, and again after the test."""
    yield docked
    docked.inventory()
    docked.deploy()
