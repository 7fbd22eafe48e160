"""The tunnel's end that clients connect to; the host behind it is a stand-in that has gone."""

from typing import Any

import pytest
from gevent import socket
from paramiko import SSHException

from deploys import tunnel


class Channel:
    """One that is only closed."""

    def close(self) -> None:
        pass


class Lost:
    """A transport whose connection ends when the second channel is asked for."""

    def __init__(self, error: Exception) -> None:
        self._error = error
        self._asked = 0

    def open_channel(self, *_: Any) -> Any:
        self._asked += 1
        if self._asked > 1:
            raise self._error
        return Channel()


@pytest.mark.parametrize("error", [ConnectionResetError(), EOFError(), SSHException()])
def test_client_of_a_lost_host_sees_its_connection_end(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Without a traceback of gevent's in the run's output."""
    monkeypatch.setattr(tunnel, "transport", lambda: Lost(error))
    with (
        tunnel.tunnel("127.0.0.1", 5432) as near,
        socket.create_connection(near, timeout=60) as client,
    ):
        assert client.recv(1) == b""
    assert capfd.readouterr().err == ""
