"""An inventory's hosts, loaded and reached as pyinfra's command does it.

Only for a process that runs no pyinfra command: pyinfra_cli patches it for gevent.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from pyinfra.api import Config, Host, State
from pyinfra.api.arguments import pop_global_arguments
from pyinfra.api.connect import disconnect_all
from pyinfra.api.exceptions import PyinfraError
from pyinfra.api.state import StateStage
from pyinfra.context import ctx_config, ctx_host, ctx_inventory, ctx_state
from pyinfra_cli.exceptions import CliError, UnexpectedExternalError
from pyinfra_cli.inventory import make_inventory
from pyinfra_cli.util import exec_file, parse_cli_arg

from howdah.errors import HowdahError
from howdah.team import FOLDER


class InventoryError(HowdahError):
    """A file that pyinfra cannot read, in its own words."""


class LoadedInventory:
    """One file of pyinfra's, and ``data`` (key=value) over its own. Raises InventoryError."""

    def __init__(self, path: str, data: Sequence[str]) -> None:
        os.environ.setdefault("PYINFRA_PROGRESS", "off")
        self._state = State()
        self._state.cwd = str(FOLDER)
        ctx_state.set(self._state)
        try:
            self._read(path, data)
        except (PyinfraError, CliError, UnexpectedExternalError) as e:
            raise InventoryError(str(e)) from None
        self._state.set_stage(StateStage.Prepare)

    def _read(self, path: str, data: Sequence[str]) -> None:
        config = Config()
        ctx_config.set(config)
        file = FOLDER / "config.py"
        exec_file(str(file))
        over = {}
        for entry in data:
            key, _, value = entry.partition("=")
            over[key] = parse_cli_arg(value)
        inventory = make_inventory(path, override_data=over, cwd=self._state.cwd)
        ctx_inventory.set(inventory)
        self._state.init(inventory, config)

    @property
    def names(self) -> list[str]:
        """Of its hosts."""
        names = []
        for host in self._state.inventory:
            names.append(host.name)
        return names

    @contextmanager
    def current(self, name: str) -> Iterator[Host]:
        """The current host of deploys.*, within this."""
        host = self._state.inventory.get_host(name)
        with ctx_host.use(host):
            yield host

    def connect(self, host: Host) -> None:
        """Once, as the user of its data. Raises pyinfra's ConnectError."""
        if not host.connected:
            host.connect(show_errors=False, raise_exceptions=True)
            self._state.activate_host(host)
        arguments, _ = pop_global_arguments(self._state, host, {})
        host.current_op_global_arguments = arguments

    def disconnect(self) -> None:
        """Ends the connections."""
        disconnect_all(self._state)
