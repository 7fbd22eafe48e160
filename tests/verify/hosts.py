"""An inventory's hosts, loaded and reached as pyinfra's command does it."""

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path

import pytest
from pyinfra.api import Config, Host, State
from pyinfra.api.arguments import pop_global_arguments
from pyinfra.api.connect import disconnect_all
from pyinfra.api.exceptions import ConnectError, PyinfraError
from pyinfra.api.state import StateStage
from pyinfra.context import ctx_config, ctx_host, ctx_inventory, ctx_state
from pyinfra_cli.exceptions import CliError, UnexpectedExternalError
from pyinfra_cli.inventory import make_inventory
from pyinfra_cli.util import exec_file, parse_cli_arg
from testinfra.host import Host as TestinfraHost

from deploys import ROOT, logins, shell
from deploys.snapshot import snapshot
from deploys.sql import psql
from deploys.target import Target
from deploys.tunnel import tunnel
from howdah.found import Found
from howdah.refusal import Refusal
from tests.verify.backend import Pyinfra
from tests.verify.login import Door, passwords


class Inventory:
    """One file of pyinfra's, and ``data`` over what it says. Raises UsageError."""

    def __init__(self, path: str, data: Sequence[str]) -> None:
        if not Path(path).is_file():
            raise pytest.UsageError(f"--inventory {path}: there is no such file")
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
    def at_hand(self, name: str) -> Iterator["AtHand"]:
        """The host that deploys.* speaks of: connected once, as whom its data says."""
        host = self._state.inventory.get_host(name)
        with ctx_host.use(host), ExitStack() as stack:
            with _or_fail(name):
                self._connect(host)
            yield AtHand(host, stack)

    def _connect(self, host: Host) -> None:
        if not host.connected:
            host.connect(show_errors=False, raise_exceptions=True)
            self._state.activate_host(host)
        host.current_op_global_arguments, _ = pop_global_arguments(self._state, host, {})

    def leave(self) -> None:
        """Ends the connections."""
        disconnect_all(self._state)


class AtHand:
    """One host, and all that is known of it: read once, when it is first asked for."""

    def __init__(self, host: Host, stack: ExitStack) -> None:
        self.name, self._stack = host.name, stack
        backend = Pyinfra(self.name)
        self.host = TestinfraHost(backend)
        backend.set_host(self.host)

    @cached_property
    def target(self) -> Target:
        with _or_fail(self.name):
            return Target()

    @cached_property
    def found(self) -> Found:
        with _or_fail(self.name):
            found = snapshot(self.target)
            self.target.runtime.refuse(found)
            if not found.running:
                raise Refusal("the server does not run")
        return found

    def ask(self, sql: str, database: str = "postgres") -> list[str]:
        """As the superuser over the socket: the answer's lines."""
        where = shell.quoted("-h", self.found.socket, "-p", str(self.found.port), "-U", "postgres",
                             "-d", database, "-f", "-")  # fmt: skip
        command = f"cd / && {psql(self.target.runtime)} {where}"
        answer = self.host.run(f"{command} <<'HOWDAH_SQL'\n{sql}\nHOWDAH_SQL")
        if answer.failed:
            pytest.fail(f"{self.name}: {answer.stderr.strip()}", pytrace=False)
        return str(answer.stdout).splitlines()

    @cached_property
    def door(self) -> Door:
        """Where an application enters."""
        address = logins.reached(self.found, self.target)
        with _or_fail(self.name):
            if not address:
                raise Refusal(f"no login can be tried: it listens on {self.found.listen}, which "
                              "is in no allowed network")  # fmt: skip
            known = passwords(self.target)
        near = self._stack.enter_context(tunnel(str(address), self.found.port or 0))
        return Door(address, near, self.target.store.path("ca.crt"), known)


@contextmanager
def _or_fail(name: str) -> Iterator[None]:
    """A refusal is one line, without the frames that a secret may be in."""
    try:
        yield
    except (Refusal, PyinfraError, ConnectError) as e:
        pytest.fail(f"{name}: {e}", pytrace=False)
