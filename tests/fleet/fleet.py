"""A checkout whose inventory is of hosts over SSH."""

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg
from typing_extensions import override

from tests.fleet.machine import Machine
from tests.server.checkout import Checkout


class Fleet(Checkout):
    """As an ops team has it: hosts by address, a key, a file of known host keys."""

    def __init__(self, folder: Path, key: Path, machines: list[Machine]) -> None:
        self.machines, self.key = machines, key
        super().__init__(folder)
        self.know()

    @override
    def inventory(self, **options: object) -> None:
        """Writes the inventory: the machines, and ``options`` for all of them."""
        self.hosts({m.name: {"ssh_hostname": m.address, **options} for m in self.machines})

    def hosts(self, hosts: Mapping[str, Mapping[str, object]]) -> None:
        """Writes the inventory, host by host."""
        common = {"ssh_key": str(self.key), "ssh_known_hosts_file": str(self.known_hosts),
                  "ssh_user": "root", "memory": "512MB", "backup": "off"}  # fmt: skip
        path = self.folder / "inventories" / f"{self.environment}.py"
        path.write_text(f"hosts = ({list(hosts.items())!r}, {common!r})\n")

    def refused_in_one_line(self, *words: str) -> str:
        """What a deploy that must fail said, its wrapped lines joined."""
        return self.refused(*words).replace("\n        ", " ")

    @property
    def known_hosts(self) -> Path:
        return self.folder / "known_hosts"

    def know(self) -> None:
        """The machines' host keys."""
        lines = []
        for machine in self.machines:
            keys = machine.sh("cat /etc/ssh/ssh_host_*_key.pub").splitlines()
            lines += [f"{machine.address} {' '.join(key.split()[:2])}" for key in keys]
        self.known_hosts.write_text("".join(f"{line}\n" for line in lines))

    def enter(
        self, role: str, database: str, sql: str = "SELECT 1", **conninfo: Any
    ) -> tuple[str, list[tuple[Any, ...]]]:
        """(what the server refused it with, rows), as an application on another host enters."""
        given = {
            "host": self.machines[0].address, "port": 5432, "dbname": database, "user": role,
            "password": self.password(role), "sslmode": "verify-full",
            "sslrootcert": str(self.secrets / "ca.crt"), "connect_timeout": 10, **conninfo,
        }  # fmt: skip
        try:
            with psycopg.connect(**given) as session:
                return "", session.execute(sql).fetchall()
        except psycopg.Error as e:
            return str(e), []

    @override
    def remove(self) -> None:
        subprocess.run(["rm", "-rf", self.folder], check=True)
