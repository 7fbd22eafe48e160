"""Commands that say what they wait for, while they wait."""

from typing import Any

from pyinfra.api.command import StringCommand
from pyinfra.connectors.util import CommandOutput
from typing_extensions import override

from deploys.summary import told
from howdah.answer import failure


class Live(StringCommand):
    """One whose lines are shown as they come, under the host's name."""

    @override
    def execute(
        self, state: Any, host: Any, connector_arguments: Any
    ) -> tuple[bool, CommandOutput]:
        """Without output: pyinfra would show it once more where the command fails."""
        arguments = {**connector_arguments, **self.connector_arguments}
        done, output = host.run_shell_command(
            self, print_output=True, print_input=state.print_input, **arguments
        )
        if not done:
            told().failed = failure(output.stderr_lines)
        return done, CommandOutput([])
