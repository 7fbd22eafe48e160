"""Howdah's deploy.py, for the deploy.py of a team's folder."""

from functools import cache
from types import CodeType
from typing import Any

from deploys.target import Target
from howdah.team import CHECKOUT


def deploy() -> Target:
    """Prepare each of its operations for the current host. The team's may follow, on its target.

    Not by pyinfra's `local.include`: each operation would have the file's path in its name.
    """
    names: dict[str, Any] = {"__name__": "deploy"}
    exec(_code(), names)  # noqa: S102 it is ours
    target: Target = names["target"]
    return target


@cache
def _code() -> CodeType:
    file = CHECKOUT / "deploy.py"
    return compile(file.read_text(), str(file), "exec")
