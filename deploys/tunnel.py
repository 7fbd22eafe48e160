"""A port of the current host, reached through pyinfra's own connection to it."""

import contextlib
import socket
from collections.abc import Iterator
from typing import Any

import gevent
from gevent.server import StreamServer
from paramiko import ChannelException, Transport
from paramiko.common import OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED
from pyinfra import host

from deploys.connection import BROKEN, LOST
from deploys.fence.connector import transport
from howdah.errors import HowdahError


@contextlib.contextmanager
def tunnel(address: str, port: int) -> Iterator[tuple[str, int]]:
    """Where (address, port), as the host itself reaches it, is reached from here.

    Raises OSError, HowdahError.
    """
    over = transport()
    if not over:
        yield address, port
        return
    _check_open(over, address, port)

    def forward(near: socket.socket, _: Any) -> None:
        client = near.getpeername()
        try:
            far = over.open_channel("direct-tcpip", (address, port), client)
        except BROKEN:  # the client sees its connection end
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


def _check_open(
    over: Transport,
    address: str,
    port: int,
) -> None:
    try:
        channel = over.open_channel("direct-tcpip", (address, port), ("127.0.0.1", 0))
        channel.close()
    except ChannelException as e:
        if e.code == OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED:
            raise HowdahError(
                f"sshd on {host.name} forwards no port, so no login can be tried: needs "
                "AllowTcpForwarding local"
            ) from None
        raise ConnectionRefusedError(e.text) from None
    except BROKEN:
        raise ConnectionRefusedError(LOST) from None


def _pump(source: Any, sink: Any) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
