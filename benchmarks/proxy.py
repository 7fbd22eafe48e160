"""A slow link: TCP on loopback, each chunk late by half a round trip, as many as come."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from queue import SimpleQueue

HALF = 0.05  # seconds, each way

Late = SimpleQueue[tuple[float, bytes]]


@contextmanager
def slow(address: str, port: int = 22) -> Iterator[int]:
    """The port on 127.0.0.1 from where (address, port) is 100 ms of round trip away."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_accept, args=(server, address, port), daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


def _accept(server: socket.socket, address: str, port: int) -> None:
    with suppress(OSError):
        while True:
            near, _ = server.accept()
            threading.Thread(target=_join, args=(near, address, port), daemon=True).start()


def _join(near: socket.socket, address: str, port: int) -> None:
    """What connecting takes is a round trip too."""
    time.sleep(2 * HALF)
    far = socket.create_connection((address, port))
    for source, sink in ((near, far), (far, near)):
        sink.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        late: Late = SimpleQueue()
        threading.Thread(target=_read, args=(source, late), daemon=True).start()
        threading.Thread(target=_write, args=(late, sink), daemon=True).start()


def _read(source: socket.socket, late: Late) -> None:
    data = b"-"
    while data:
        try:
            data = source.recv(1 << 20)
        except OSError:
            data = b""
        late.put((time.monotonic() + HALF, data))


def _write(late: Late, sink: socket.socket) -> None:
    with suppress(OSError):
        while True:
            due, data = late.get()
            time.sleep(max(0, due - time.monotonic()))
            if not data:
                sink.shutdown(socket.SHUT_WR)
                return
            sink.sendall(data)
