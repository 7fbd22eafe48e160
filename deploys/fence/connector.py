"""The connection to the current host, as pyinfra's connectors have made it."""

import functools
from collections.abc import Callable
from typing import Any, NoReturn, TextIO

from paramiko import BadHostKeyException, ChannelFile, PKey, SSHException, Transport
from pyinfra import host, state
from pyinfra.api import StringCommand
from pyinfra.api.arguments import (
    CONNECTOR_ARGUMENT_KEYS,
    all_global_arguments,
    pop_global_arguments,
)
from pyinfra.api.connectors import get_all_connectors
from pyinfra.connectors import util
from pyinfra.connectors.local import LocalConnector
from pyinfra.connectors.ssh import SSHConnector
from pyinfra.connectors.sshuserclient.client import SSHClient, StrictPolicy
from pyinfra.connectors.util import CommandOutput

__all__ = ["CommandOutput"]

# What the connectors take apart before they make a command of the rest.
OF_A_RUN = ("_get_pty", "_timeout", "_success_exit_codes")
Arguments = dict[str, Any]


def transport() -> Transport | None:
    """Of the SSH connection; None where the host is this machine."""
    if not isinstance(host.connector, SSHConnector):
        return None
    assert host.connector.client  # noqa: S101 pyinfra has connected
    return host.connector.client.get_transport()


def is_local() -> bool:
    """Whether the host is this machine."""
    return isinstance(host.connector, LocalConnector)


def arguments() -> Arguments:
    """pyinfra's, like _sudo: the current operation's own, or what the next would be given."""
    given: Any = host.current_op_global_arguments
    if not given:
        given, _ = pop_global_arguments(state, host, {})
    kept = {}
    for key, value in given.items():
        if key in CONNECTOR_ARGUMENT_KEYS and key != "_stdin":
            kept[key] = value
    return kept


def as_shell(command: StringCommand) -> str:
    """A command for a shell of the host's, with sudo or su around it where the host needs that."""
    given = arguments()
    for key in OF_A_RUN:
        given.pop(key, None)
    whole = util.make_unix_command_for_host(state, host, command, **given)
    return str(whole.get_raw_value())


def sudo_asks(line: str) -> bool:
    """Whether it is sudo's question for a password."""
    question = str(util.SUDO_PASSWORD_REQUIRED_LINES[0])
    return question in line


@functools.cache
def host_data_keys() -> frozenset[str]:
    """Keys of host data that are pyinfra's: its connectors', and global arguments like _sudo."""
    keys = set()
    for key, _ in all_global_arguments():
        keys.add(key)
    for connector in get_all_connectors().values():
        keys.update(connector.data_cls.__annotations__)
        keys.update(connector.data_meta)
    return frozenset(keys)


# -- What is replaced --------------------------------------------------------------------------


def ask_no_password(error: Exception) -> None:
    """From now on: where pyinfra would ask for sudo's password, ``error`` is raised."""

    def reject(prompt: str = "", stream: TextIO | None = None) -> NoReturn:  # noqa: ARG001
        raise error

    util.getpass = reject


def read_any_encoding() -> None:
    """From now on: a greeting that is not UTF-8 would end pyinfra's reader in a traceback."""
    read_buffer = util.read_buffer

    def read(
        name: str,
        io: Any,
        *given: Any,
        **named: Any,
    ) -> None:
        if ChannelFile in type(io).__mro__:  # which opened it as text, and gives no other way
            io._flags |= ChannelFile.FLAG_BINARY
        lines = (line.decode(errors="replace") for line in io)
        read_buffer(name, lines, *given, **named)

    util.read_buffer = read


HostKeyText = Callable[["Client", str, PKey], str]


class Client:
    """What pyinfra's SSH client knows about how it connects."""

    def __init__(self, client: Any) -> None:
        self.known_hosts = str(client._host_keys_filename)
        self.through_jump_host = bool(client._ssh_config.get("sock"))


def explain_host_keys(unknown: HostKeyText, changed: HostKeyText) -> None:
    """From now on: pyinfra's own words name no file, and nothing to type."""
    connect: Any = SSHClient.connect

    def reject(
        _: StrictPolicy,
        client: Any,
        hostname: str,
        key: PKey,
    ) -> None:
        why = unknown(Client(client), hostname, key)
        raise SSHException(why)

    def connect_or_explain(self: SSHClient, hostname: str, **given: Any) -> None:
        try:
            connect(self, hostname, **given)
        except BadHostKeyException as e:
            why = changed(Client(self), e.hostname, e.key)
            raise SSHException(why) from None

    StrictPolicy.missing_host_key = reject  # type: ignore[method-assign]
    SSHClient.connect = connect_or_explain  # type: ignore[assignment,method-assign]
