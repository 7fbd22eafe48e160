"""Commands whose host may go while they run, and those that show what they wait for."""

from typing import Any

from paramiko import SSHException
from pyinfra.api import StringCommand
from typing_extensions import override

from deploys import host_report
from deploys.connection import LOST
from deploys.fence.connector import CommandOutput
from howdah.answer import failure


class Command(StringCommand):
    """A lost connection fails the host, and the others go on.

    pyinfra 3.10 takes SSHException for that; paramiko raises EOFError too, where the connection
    ends while a channel opens, and pyinfra would end with a traceback.
    """

    @override
    def execute(
        self,
        state: Any,
        host: Any,
        connector_arguments: Any,
    ) -> tuple[bool, CommandOutput]:
        try:
            return self._run(state, host, connector_arguments)
        except EOFError:
            raise SSHException(LOST) from None

    def _run(
        self,
        state: Any,
        host: Any,
        connector_arguments: Any,
    ) -> tuple[bool, CommandOutput]:
        done, output = super().execute(state, host, connector_arguments)
        return done, output


class Live(Command):
    """One whose lines are shown as they come, under the host's name."""

    @override
    def _run(
        self,
        state: Any,
        host: Any,
        connector_arguments: Any,
    ) -> tuple[bool, CommandOutput]:
        """Without output: pyinfra would show it once more where the command fails."""
        arguments = {**connector_arguments, **self.connector_arguments}
        done, output = host.run_shell_command(
            self,
            print_output=True,
            print_input=state.print_input,
            **arguments,
        )
        if not done:
            host_report.current().failed = failure(output.stderr_lines)
        return done, CommandOutput([])
