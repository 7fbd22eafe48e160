"""Operations that yield the difference between what is wanted and what the host reports."""

import functools
import inspect
from collections.abc import Callable, Generator, Iterator
from typing import Any, ParamSpec

from pyinfra import host, logger, state
from pyinfra.api.command import FunctionCommand, PyinfraCommand
from pyinfra.api.operation import PyinfraOperation, operation

from deploys import lock
from deploys.snapshot import drop
from deploys.summary import fail, told
from howdah.errors import HowdahError

P = ParamSpec("P")


def convergent(
    function: Callable[P, Iterator[PyinfraCommand]],
) -> PyinfraOperation[P]:
    """An operation that asks the snapshot, and drops it before each command that it yields.

    Before, not after: also a command that fails may have changed something. A refusal fails
    this host only, with one line.
    """

    @operation()
    @functools.wraps(function)
    def generator(*args: P.args, **kwargs: P.kwargs) -> Generator[PyinfraCommand]:
        if host in state.failed_hosts:
            return
        try:
            yield from _alone(function, *args, **kwargs)
        except HowdahError as e:
            yield from _refuse(str(e))

    return generator


def differences(operation: PyinfraOperation[Any], target: Any) -> list[str]:
    """What a dry run would show of an operation. Nothing is run. Raises HowdahError."""
    planned = told().planned
    planned.clear()
    commands: Iterator[PyinfraCommand] = inspect.unwrap(operation)(target=target)
    if next(commands, None) is None:
        return []
    return [line for lines in planned.values() for line in lines]


def _alone(
    function: Callable[P, Iterator[PyinfraCommand]], *args: P.args, **kwargs: P.kwargs
) -> Iterator[PyinfraCommand]:
    """Its commands, under the host's lock; from the start again where another run came between."""
    for command in function(*args, **kwargs):
        if state.is_executing:
            target: Any = kwargs["target"]
            holds = lock.take(target.runtime, drop())
            if not holds:
                yield from _alone(function, *args, **kwargs)
                return
        yield command


def _refuse(message: str) -> Iterator[PyinfraCommand]:
    if state.is_executing:
        yield FunctionCommand(_say, (message,), {})
    else:
        fail(message)


def _say(state: Any, host: Any, message: str) -> bool:  # noqa: ARG001 pyinfra's signature
    """From here: the host may be out of reach."""
    told().failed = message
    host.log_styled(message, fg="red", log_func=logger.error)
    return False
