"""A process on the host at hand that goes on while other commands run."""

import subprocess
from collections.abc import Mapping
from typing import Any

from paramiko import Channel
from pyinfra.api import QuoteString, StringCommand

from deploys.fence.connector import as_shell, transport
from deploys.script import script
from howdah import answer


class Process:
    """A script that goes on on the host, until the end of this process.

    It is deploys/FILE.sh, with these variables. Raises one of BROKEN where the connection is lost.
    """

    def __init__(self, file: str, variables: Mapping[str, str]) -> None:
        over = transport()
        text = script(["english", "begin", file], {"begin": answer.BEGIN, **variables})
        command = as_shell(StringCommand("sh", "-c", QuoteString(text)))
        self._local: subprocess.Popen[bytes] | None = None
        self._channel: Channel | None = None
        if over:
            self._channel = over.open_session()
            self._channel.exec_command(command)
            self._out: Any = self._channel.makefile("rb")
            self._err: Any = self._channel.makefile_stderr("rb")
        else:
            self._local = subprocess.Popen(  # noqa: S602 our own script
                command, shell=True, stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            )  # fmt: skip
            self._out, self._err = self._local.stdout, self._local.stderr

    def begin(self) -> str:
        """Waits until the script runs. Empty, or why it does not."""
        before = []
        while line := self.readline():
            if line.rstrip("\n") == answer.BEGIN:
                return ""
            before.append(line.rstrip("\n"))
        errors = self._err.read().decode(errors="replace")
        return answer.not_begun(before, errors.splitlines())

    def readline(self) -> str:
        """Empty where it has ended."""
        line: bytes = self._out.readline()
        return line.decode(errors="replace")

    def write(self, text: str) -> None:
        """Raises OSError where it has ended."""
        if self._channel:
            self._channel.sendall(text.encode())
        elif self._local and self._local.stdin:
            self._local.stdin.write(text.encode())
            self._local.stdin.flush()

    @property
    def alive(self) -> bool:
        """Whether it goes on, as far as is known here."""
        if self._channel:
            return not self._channel.closed and not self._channel.exit_status_ready()
        return self._local is not None and self._local.poll() is None
