"""The hosts of the inventory that is verified.

What this imports patches the process for gevent: only a run that verifies imports it.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from deploys.fence.inventory import InventoryError, LoadedInventory
from verify.current_host import CurrentHost, or_fail


class Inventory:
    """One file of pyinfra's, and ``data`` over what it says. Raises UsageError."""

    def __init__(self, path: str, data: Sequence[str]) -> None:
        if not Path(path).is_file():
            raise pytest.UsageError(f"--inventory {path}: there is no such file")
        self.lost: dict[str, str] = {}  # why a host cannot be verified at all
        try:
            self._loaded = LoadedInventory(path, data)
        except InventoryError as e:
            raise pytest.UsageError(f"--inventory {path}: {e}") from None
        self.names = self._loaded.names
        self.leave = self._loaded.disconnect

    @contextmanager
    def current(self, name: str) -> Iterator[CurrentHost]:
        """The host that deploys.* speaks of: connected once, as its data requires."""
        with self._loaded.current(name) as host, ExitStack() as stack:
            with or_fail(name, self.lost):
                self._loaded.connect(host)
            yield CurrentHost(host, stack, self.lost)
