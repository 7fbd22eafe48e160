"""A checkout whose host runs the server in a container."""

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from typing_extensions import override

from tests.fleet.fleet import Fleet
from tests.fleet.machine import Machine


class Docked(Fleet):
    """One host with an engine. Its server is published on the host's loopback address alone."""

    @property
    def machine(self) -> Machine:
        return self.machines[0]

    @override
    def inventory(self, **options: object) -> None:
        self.port = 5432
        super().inventory(**{"runtime": "docker", "stage": "staging", **options})

    @property
    def place(self) -> str:
        """The home, on the host."""
        return f"/srv/howdah/{self.environment}"

    @property
    def container(self) -> str:
        return f"howdah-{self.environment}"

    def inspect(self) -> dict[str, Any]:
        """What the engine knows of the container."""
        found = json.loads(self.machine.sh(f"docker inspect {self.container}"))
        return dict(found[0])

    @override
    def link(self, name: str) -> str:
        return self.machine.sh(f"readlink {self.place}/etc/{name}")

    @override
    def ask(self, sql: str, database: str = "postgres", *, pgoptions: str = "") -> str:
        psql = f"psql -XAtq -v ON_ERROR_STOP=1 -d {database} -U postgres -f -"
        environment = f"-e PGOPTIONS='{pgoptions}'"
        return self.machine.sh(f"docker exec -i {environment} {self.container} {psql}", stdin=sql)

    def refused_dry(self) -> str:
        """The lines of a dry run that must fail, joined."""
        run = self.pyinfra("--dry", "deploy.py")
        assert run.code not in (0, 2), run.output
        return " ".join(run.output.split())

    @property
    @override
    def log(self) -> str:
        return self.machine.sh(f"cat {self.place}/log/*")


@contextmanager
def docked_on(machine: Machine, key: Path, kind: type[Docked] = Docked) -> Iterator[Docked]:
    """A checkout for the machine, which goes afterwards."""
    above = Path(tempfile.mkdtemp(prefix="howdah-test-", dir="/var/tmp"))
    folder = above / "howdah"
    folder.mkdir()
    yield kind(folder, key, [machine])
    shutil.rmtree(above)
