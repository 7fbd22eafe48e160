"""What stands between a client and a server, and may forget their connections."""

import contextlib
import socket
import threading
from types import TracebackType


class Between:
    """A port that leads to the server's."""

    def __init__(self, target: int) -> None:
        self._target, self._open = target, list[socket.socket]()
        self._silent = set[socket.socket]()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> "Between":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        self._thread.join()

    def cut(self) -> None:
        """Close all that is open, in both directions, without a word of TLS's."""
        while self._open:
            with contextlib.suppress(OSError):
                self._open.pop().shutdown(socket.SHUT_RDWR)

    def silence(self) -> None:
        """Forward nothing more of what is open, and close nothing."""
        self._silent.update(self._open)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
                self._open += [client, server]
                for one, other in ((client, server), (server, client)):
                    threading.Thread(
                        target=_pump, args=(one, other, self._silent), daemon=True
                    ).start()


def _pump(one: socket.socket, other: socket.socket, silent: set[socket.socket]) -> None:
    with contextlib.suppress(OSError):
        while data := one.recv(65536):
            if other not in silent:
                other.sendall(data)
    with contextlib.suppress(OSError):
        other.shutdown(socket.SHUT_RDWR)
    one.close()
