"""An inventory's hosts, loaded and reached as pyinfra's command does it.

Only for a run that verifies: pyinfra_cli patches the process for gevent.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from pyinfra.api import Config, Host, State
from pyinfra.api.arguments import pop_global_arguments
from pyinfra.api.connect import disconnect_all
from pyinfra.api.exceptions import PyinfraError
from pyinfra.api.state import StateStage
from pyinfra.context import ctx_config, ctx_host, ctx_inventory, ctx_state
from pyinfra_cli.exceptions import CliError, UnexpectedExternalError
from pyinfra_cli.inventory import make_inventory
from pyinfra_cli.util import exec_file, parse_cli_arg

from deploys import ROOT
from tests.verify.at_hand import AtHand, or_fail


class Inventory:
    """One file of pyinfra's, and ``data`` over what it says. Raises UsageError."""

    def __init__(self, path: str, data: Sequence[str]) -> None:
        if not Path(path).is_file():
            raise pytest.UsageError(f"--inventory {path}: there is no such file")
        self.lost: dict[str, str] = {}  # why a host cannot be verified at all
        os.environ.setdefault("PYINFRA_PROGRESS", "off")
        self._state = State()
        self._state.cwd = str(ROOT)
        ctx_state.set(self._state)
        try:
            self._read(path, data)
        except (PyinfraError, CliError, UnexpectedExternalError) as e:
            raise pytest.UsageError(f"--inventory {path}: {e}") from None
        self._state.set_stage(StateStage.Prepare)

    def _read(self, path: str, data: Sequence[str]) -> None:
        config = Config()
        ctx_config.set(config)
        exec_file(str(ROOT / "config.py"))
        pairs = (entry.partition("=") for entry in data)
        over = {key: parse_cli_arg(value) for key, _, value in pairs}
        inventory = make_inventory(path, override_data=over, cwd=self._state.cwd)
        ctx_inventory.set(inventory)
        self._state.init(inventory, config)

    @property
    def names(self) -> list[str]:
        return [host.name for host in self._state.inventory]

    @contextmanager
    def at_hand(self, name: str) -> Iterator[AtHand]:
        """The host that deploys.* speaks of: connected once, as whom its data says."""
        host = self._state.inventory.get_host(name)
        with ctx_host.use(host), ExitStack() as stack:
            with or_fail(name, self.lost):
                self._connect(host)
            yield AtHand(host, stack, self.lost)

    def _connect(self, host: Host) -> None:
        if not host.connected:
            host.connect(show_errors=False, raise_exceptions=True)
            self._state.activate_host(host)
        host.current_op_global_arguments, _ = pop_global_arguments(self._state, host, {})

    def leave(self) -> None:
        """Ends the connections."""
        disconnect_all(self._state)
