"""The host at hand, past pyinfra's facts and operations: those print, and swallow failures."""

import contextlib
import socket
import subprocess
from collections.abc import Iterator
from typing import Any, NoReturn, TextIO

import gevent
from gevent import Greenlet
from gevent.server import StreamServer
from paramiko import Channel, ChannelException, SSHException, Transport
from paramiko.common import OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED
from pyinfra import host, state
from pyinfra.api.arguments import CONNECTOR_ARGUMENT_KEYS
from pyinfra.api.command import QuoteString, StringCommand
from pyinfra.api.exceptions import DeployError
from pyinfra.connectors import util
from pyinfra.connectors.local import LocalConnector
from pyinfra.connectors.ssh import SSHConnector
from pyinfra.connectors.util import CommandOutput, OutputLine

from howdah.refusal import Refusal

# So a password is not even asked for.
SHOWN = ("pyinfra would show the password to everybody on the host, in the arguments of a process: "
         "needs NOPASSWD for this user, or ssh_user = 'root'")  # fmt: skip
PASSWORD_KEYS = ("_sudo_password", "_use_sudo_password", "_su_password")
# What pyinfra's connectors take apart before they make a command of the rest.
OF_A_RUN = ("_get_pty", "_timeout", "_success_exit_codes")
LOST = "the connection to the host is lost; run this again"
BROKEN = (SSHException, EOFError, OSError)  # what paramiko raises then
# A host that is gone without a word is noticed after a minute, and not after TCP's quarter of an
# hour, or never.
TCP = {"TCP_NODELAY": 1, "TCP_KEEPIDLE": 20, "TCP_KEEPINTVL": 10, "TCP_USER_TIMEOUT": 60_000}


def _no_password(prompt: str = "", stream: TextIO | None = None) -> NoReturn:  # noqa: ARG001
    raise Refusal(f"sudo asks for a password, and {SHOWN}")


util.getpass = _no_password


def refuse(stage: str) -> None:
    """What would show a password, or trust a host that nobody has looked at. Raises DeployError."""
    for key in PASSWORD_KEYS:
        if host.data.get(key):
            raise DeployError(f"{key}: {SHOWN} (host {host.name})")
    checking = host.data.get("ssh_strict_host_key_checking")
    if stage == "production" and _transport() and checking != "yes":
        raise DeployError(f"ssh_strict_host_key_checking = {checking!r}: production needs 'yes' "
                          f"(host {host.name})")  # fmt: skip


def run(text: str) -> "Greenlet[..., Any]":
    """A shell script, begun now. Its greenlet gives (done, output), as pyinfra's connectors do."""
    command = StringCommand("sh", "-c", QuoteString(text))
    answer = gevent.spawn(_ask, host.run_shell_command, _transport(), command, _arguments())
    gevent.sleep(0)  # the question leaves now
    return answer


def _ask(run: Any, transport: Transport | None, command: StringCommand, arguments: Any) -> Any:
    """Where the connection is lost, that is the answer."""
    try:
        done, output = run(command, print_output=False, **arguments)
    except (*BROKEN, Refusal) as e:
        done, output = False, CommandOutput([OutputLine("stderr", str(e))])
    if not done and transport and not transport.is_active():
        output = CommandOutput([OutputLine("stderr", LOST)])
    return done, output


def _arguments() -> dict[str, Any]:
    """The operation's own: as whom it runs."""
    given: Any = host.current_op_global_arguments or {}
    return {k: v for k, v in given.items() if k in CONNECTOR_ARGUMENT_KEYS and k != "_stdin"}


def _transport() -> Transport | None:
    """Of the connection; None where the host is this machine."""
    if not isinstance(host.connector, SSHConnector):
        return None
    assert host.connector.client  # noqa: S101 pyinfra has connected
    return host.connector.client.get_transport()


def is_local() -> bool:
    """Whether the host is this machine."""
    return isinstance(host.connector, LocalConnector)


def is_lost() -> bool:
    """Whether the host was there, and is gone."""
    transport = _transport()
    return transport is not None and not transport.is_active()


def hurry() -> None:
    """Without waiting for small packets to fill: 40 ms for each command, where it is not set."""
    transport = _transport()
    if transport and isinstance(transport.sock, socket.socket):  # not through a jump host
        transport.sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in TCP.items():
            if hasattr(socket, name):  # not every system has all of them
                transport.sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


class Process:
    """A script that goes on on the host, until `close` or the end of this process.

    Raises one of BROKEN where the connection is lost.
    """

    def __init__(self, script: str, *words: str) -> None:
        transport = _transport()
        command = StringCommand("sh", "-c", *map(QuoteString, (script, "sh", *words)))
        arguments = {k: v for k, v in _arguments().items() if k not in OF_A_RUN}
        whole = util.make_unix_command_for_host(state, host, command, **arguments)
        self._local: subprocess.Popen[str] | None = None
        self._channel: Channel | None = None
        if transport:
            self._channel = transport.open_session()
            self._channel.set_combine_stderr(True)
            self._channel.exec_command(whole.get_raw_value())
            self._out: Any = self._channel.makefile("r")
        else:
            self._local = subprocess.Popen(  # noqa: S602 our own script
                whole.get_raw_value(), shell=True, text=True, stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            )  # fmt: skip
            self._out = self._local.stdout

    def readline(self) -> str:
        """Empty where it has ended."""
        return str(self._out.readline())

    def write(self, text: str) -> None:
        """Raises OSError where it has ended."""
        if self._channel:
            self._channel.sendall(text.encode())
        elif self._local and self._local.stdin:
            self._local.stdin.write(text)
            self._local.stdin.flush()

    @property
    def alive(self) -> bool:
        """Whether it goes on, as far as is known here."""
        if self._channel:
            return not self._channel.closed and not self._channel.exit_status_ready()
        return self._local is not None and self._local.poll() is None


@contextlib.contextmanager
def tunnel(address: str, port: int) -> Iterator[tuple[str, int]]:
    """Where (address, port), as the host itself reaches it, is reached from here.

    Raises OSError, Refusal.
    """
    transport = _transport()
    if not transport:
        yield address, port
        return
    _refuse_closed(transport, address, port)

    def forward(near: socket.socket, _: Any) -> None:
        try:
            far = transport.open_channel("direct-tcpip", (address, port), near.getpeername())
        except SSHException:  # the client sees its connection end
            return
        back = gevent.spawn(_pump, far, near)
        _pump(near, far)
        far.close()
        back.join()

    server = StreamServer(("127.0.0.1", 0), forward)
    server.start()
    try:
        yield "127.0.0.1", server.server_port
    finally:
        server.stop()


def _refuse_closed(transport: Transport, address: str, port: int) -> None:
    try:
        transport.open_channel("direct-tcpip", (address, port), ("127.0.0.1", 0)).close()
    except ChannelException as e:
        if e.code == OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED:
            raise Refusal(f"sshd on {host.name} forwards no port, so no login can be tried: needs "
                          "AllowTcpForwarding local") from None  # fmt: skip
        raise ConnectionRefusedError(e.text) from None
    except BROKEN:
        raise ConnectionRefusedError(LOST) from None


def _pump(source: Any, sink: Any) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
