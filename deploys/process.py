"""A process on the current host that goes on while other commands run."""

import subprocess
from collections.abc import Mapping
from typing import Any

from paramiko import Channel, Transport
from pyinfra.api import QuoteString, StringCommand

from deploys.fence.connector import as_shell, transport
from deploys.script import script
from howdah import answer


class Process:
    """A script that goes on on the host, until the end of this process.

    It is deploys/FILE.sh, with these variables. Raises one of BROKEN where the connection is lost.
    """

    def __init__(self, file: str, variables: Mapping[str, str]) -> None:
        header = {"begin": answer.BEGIN, **variables}
        text = script(["english", "begin", file], header)
        words = StringCommand("sh", "-c", QuoteString(text))
        command = as_shell(words)
        self._local: subprocess.Popen[bytes] | None = None
        self._channel: Channel | None = None
        self._out: Any
        self._err: Any
        over = transport()
        if over:
            self._over_ssh(over, command)
        else:
            self._here(command)

    def _over_ssh(self, over: Transport, command: str) -> None:
        channel = over.open_session()
        channel.exec_command(command)
        self._channel = channel
        self._out = channel.makefile("rb")
        self._err = channel.makefile_stderr("rb")

    def _here(self, command: str) -> None:
        process = subprocess.Popen(  # noqa: S602 our own script
            command,
            shell=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._local = process
        self._out = process.stdout
        self._err = process.stderr

    def begin(self) -> str:
        """Waits until the script runs. Empty, or why it does not."""
        before = []
        while line := self.readline():
            text = line.rstrip("\n")
            if text == answer.BEGIN:
                return ""
            before.append(text)
        errors = self._err.read().decode(errors="replace")
        lines = errors.splitlines()
        return answer.not_begun(before, lines)

    def readline(self) -> str:
        """Empty where it has ended."""
        line: bytes = self._out.readline()
        return line.decode(errors="replace")

    def write(self, text: str) -> None:
        """Raises OSError where it has ended."""
        sent = text.encode()
        if self._channel:
            self._channel.sendall(sent)
        elif self._local and self._local.stdin:
            self._local.stdin.write(sent)
            self._local.stdin.flush()

    @property
    def alive(self) -> bool:
        """Whether it goes on, as far as is known here."""
        if self._channel:
            ended = self._channel.closed or self._channel.exit_status_ready()
            return not ended
        if self._local:
            return self._local.poll() is None
        return False
