"""A bare host, again and again, and who takes it to a server."""

import shutil
from pathlib import Path

from benchmarks.given import Given
from benchmarks.hosts import Hosts, pyinfra
from benchmarks.measure import Clock, clock, run
from benchmarks.playbook import Ansible
from tests.fleet.engine import SUITES
from tests.fleet.fleet import Fleet

SCRIPT = Path(__file__).with_name("floor.sh")


class Fresh:
    """The host of a number, and a checkout that knows it."""

    def __init__(self, made: Hosts, suite: str, number: int) -> None:
        self._made, self._suite, self._number = made, suite, number
        self.fleet: Fleet = made.fleet(made.boot(suite, number, bare=True))
        self.fleet.inventory(version=SUITES[suite])

    def anew(self) -> None:
        """Another host in its place, and an empty store."""
        self.fleet.machines[:] = [self._made.boot(self._suite, self._number, bare=True)]
        self.fleet.know()
        shutil.rmtree(self.fleet.secrets, ignore_errors=True)

    def deploy(self) -> Clock:
        return clock(lambda: pyinfra(self.fleet, "deploy.py"), before=self.anew)

    def by_hand(self, have: Given) -> Clock:
        """The floor."""

        def script() -> None:
            address, version = self.fleet.machines[0].address, str(SUITES[self._suite])
            ssh = [*self._made.ssh(self.fleet), f"root@{address}"]
            run("sh", SCRIPT, have.folder, version, address, *ssh, cwd=self.fleet.folder)

        return clock(script, before=self.anew)

    def playbooks(self, ansible: Ansible, have: Given) -> tuple[Clock, Clock]:
        """Python, which Ansible needs there, and what it is there for."""

        def anew() -> None:
            ansible.hang_up()  # to the host that goes
            self.anew()

        def play(playbook: str) -> None:
            ansible.play(playbook, self.fleet, have, self._made.key)

        return clock(lambda: play("python.yml"), before=anew), clock(lambda: play("site.yml"))
