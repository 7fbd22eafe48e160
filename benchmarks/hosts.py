"""Hosts for a benchmark: containers that boot systemd, a key that opens them, checkouts."""

import random
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from benchmarks.measure import PYINFRA, run
from tests.docker import host, images
from tests.docker.host import DockerMachine
from tests.fleet import engine
from tests.fleet.engine import docker
from tests.fleet.fleet import Fleet
from tests.fleet.machine import Machine

Kind = TypeVar("Kind", bound=Machine)


class Hosts:
    """Each has a number, and with it an address."""

    def __init__(self, folder: Path, network: str, begin: str) -> None:
        self.folder, self.key = folder, folder / "key"
        self._network, self._begin = network, begin
        self._made: dict[int, Machine] = {}
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.key, cwd=folder)

    def boot(self, suite: str, number: int, *, bare: bool = False) -> Machine:
        """In the place of the one that had the number."""
        return self._boot(Machine, engine.image(suite, bare=bare), number)

    def dock(self, number: int) -> DockerMachine:
        """One with an engine of its own, and the image in it."""
        machine = self._boot(DockerMachine, host.image(), number)
        machine.load(images.image(16, "alpine"))
        return machine

    def _boot(self, kind: type[Kind], image: str, number: int) -> Kind:
        self.remove(number)
        address, key = f"{self._begin}.{number}", self.key.with_suffix(".pub").read_text().strip()
        name = f"{self._network}-{number}"
        try:
            made = kind(name, image, self._network, address, key)
        except BaseException:
            docker("rm", "-f", "-v", name, check=False)
            raise
        self._made[number] = made
        return made

    def remove(self, number: int) -> None:
        if number in self._made:
            self._made.pop(number).remove()

    def remove_all(self) -> None:
        for number in list(self._made):
            self.remove(number)

    def fleet(self, *machines: Machine) -> Fleet:
        """A checkout of its own."""
        return Fleet(self.folder_for_a_checkout(), self.key, list(machines))

    def folder_for_a_checkout(self) -> Path:
        """A new one."""
        return Path(tempfile.mkdtemp(dir=self.folder))

    def ssh(self, fleet: Fleet) -> list[str]:
        """The words that reach a fleet's hosts."""
        options = (f"UserKnownHostsFile={fleet.known_hosts}", "BatchMode=yes")
        return ["ssh", "-i", str(self.key), *(word for o in options for word in ("-o", o))]


@contextmanager
def hosts() -> Iterator[Hosts]:
    """A network for them; all that is made goes at the end."""
    if not engine.answers():
        sys.exit("needs a Docker engine that runs")
    folder = Path(tempfile.mkdtemp(prefix="howdah-bench-", dir="/var/tmp"))
    begin = f"10.{random.randrange(64, 128)}.{random.randrange(256)}"  # noqa: S311 no secret
    network = f"howdah-bench-{begin}"
    docker("network", "create", "--subnet", f"{begin}.0/24", network)
    try:
        made = Hosts(folder, network, begin)
        try:
            yield made
        finally:
            made.remove_all()
    finally:
        docker("network", "rm", network)
        shutil.rmtree(folder)


def pyinfra(fleet: Fleet, deploy: str, *words: str) -> None:
    """As an operator runs it."""
    inventory = f"inventories/{fleet.environment}.py"
    run(PYINFRA, "-y", *words, inventory, deploy, cwd=fleet.folder)


def verify(fleet: Fleet, *words: str) -> None:
    """As `make verify` does."""
    inventory = f"inventories/{fleet.environment}.py"
    run(sys.executable, "-m", "pytest", "-q", "verify", "--inventory", inventory, *words,
        cwd=fleet.folder)  # fmt: skip
