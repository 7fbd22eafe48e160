"""Howdah's deploy.py, for the deploy.py of a team's folder."""

from functools import cache
from types import CodeType

from howdah.team import CHECKOUT


def deploy() -> None:
    """Prepare each of its operations for the host at hand. Those of the team may come after it.

    Not by pyinfra's `local.include`: each operation would have the file's path in its name.
    """
    exec(_code(), {"__name__": "deploy"})  # noqa: S102 it is ours


@cache
def _code() -> CodeType:
    file = CHECKOUT / "deploy.py"
    return compile(file.read_text(), str(file), "exec")
