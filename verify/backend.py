"""testinfra over pyinfra's own connector: what the inventory sets for a host holds here too."""

from typing import Any

from testinfra.backend.base import BaseBackend, CommandResult
from typing_extensions import override

from deploys import connection


class Pyinfra(BaseBackend):
    """The current host."""

    NAME = "pyinfra"

    @override
    def run(self, command: str, *args: str, **kwargs: Any) -> CommandResult:
        """The connectors report success only, so the exit code comes as the last line."""
        words = self.get_command(command, *args)
        answer = connection.run(f"(\n{words}\n)\nprintf '\\n%s' $?").get()
        if not answer.done:
            raise ConnectionError(f"{self.hostname}: {answer.cause}")
        *lines, code = answer.lines
        output = "\n".join(lines)
        errors = "\n".join(answer.errors)
        return self.result(int(code), words.encode(), output, errors)

    @override
    def get_pytest_id(self) -> str:
        return str(self.hostname)
