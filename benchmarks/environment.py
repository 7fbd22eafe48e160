"""A benchmark's own environment: an inventory, a port and secrets, removed at its end."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import PYINFRA, run
from tests.server.checkout import free_port

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Environment:
    """The embedded server of one name, on one port."""

    name: str
    port: int

    @property
    def inventory(self) -> Path:
        return ROOT / "inventories" / f"{self.name}.py"

    @property
    def secrets(self) -> Path:
        return ROOT / "secrets" / self.name

    def pyinfra(self, deploy: str, *words: str) -> None:
        run(PYINFRA, "-y", *words, self.inventory, deploy, cwd=ROOT)

    def destroy(self) -> None:
        self.pyinfra("deploys.local.destroy")


@contextmanager
def environment() -> Iterator[Environment]:
    """Nothing is deployed in it yet. Two may run side by side."""
    own = Environment(f"bench-{os.getpid()}", free_port())
    options = {"runtime": "embedded", "stage": "development", "port": own.port, "memory": "1GB"}
    own.inventory.write_text(f"hosts = [('@local', {options!r})]\n")
    try:
        yield own
    finally:
        own.destroy()
        own.inventory.unlink()
        shutil.rmtree(own.secrets, ignore_errors=True)
