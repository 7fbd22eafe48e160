"""Who reaches the server's port and has no password: logins that are begun and never finished."""

import socket
import ssl
import struct
from typing import Self

SSL_REQUEST, PROTOCOL = 80877103, 196608


class HalfOpen:
    """A login, up to the server's question for the proof. It is not answered."""

    def __init__(self, host: str, port: int, *, user: str = "appuser", database: str = "appdb",
                 **options: str) -> None:  # fmt: skip
        raw = socket.create_connection((host, port), timeout=60)
        raw.sendall(struct.pack("!ii", 8, SSL_REQUEST))
        assert raw.recv(1) == b"S"
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self._socket = context.wrap_socket(raw)
        words = {"user": user, "database": database, **options}
        body = b"".join(f"{k}\0{v}\0".encode() for k, v in words.items()) + b"\0"
        self._socket.sendall(struct.pack("!ii", len(body) + 8, PROTOCOL) + body)
        kind = self._socket.recv(1)
        self.asked = kind == b"R"  # for the proof; else there was no slot
        self.said = kind + self._socket.recv(4096)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()
