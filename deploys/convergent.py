"""Operations that yield the difference between what is wanted and what the host reports."""

import functools
import inspect
from collections.abc import Callable, Generator, Iterator
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, cast

from pyinfra import host, state
from pyinfra.api import FunctionCommand, operation
from pyinfra.api.command import PyinfraCommand

from deploys import host_report, lock
from deploys.fence.run import OperationMeta
from deploys.snapshot import drop
from deploys.summary import fail
from deploys.target import Server
from howdah.errors import HowdahError

T = TypeVar("T", bound=Server)
T_contra = TypeVar("T_contra", bound=Server, contravariant=True)
P = ParamSpec("P")
Commands = Callable[Concatenate[T, P], Iterator[PyinfraCommand]]


class Convergent(Protocol[T_contra, P]):
    """An operation of pyinfra's on one target; ``name`` is what it is called where it shows."""

    def __call__(
        self,
        target: T_contra,
        name: str,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> OperationMeta: ...


def convergent(function: Commands[T, P]) -> Convergent[T, P]:
    """An operation that asks the snapshot, and drops it before each command that it yields.

    Before, not after: also a command that fails may have changed something. A HowdahError fails
    this host only, with one line.
    """

    @operation()
    @functools.wraps(function)
    def generator(
        target: T,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Generator[PyinfraCommand]:
        if host in state.failed_hosts:
            return
        try:
            yield from _alone(function, target, *args, **kwargs)
        except HowdahError as e:
            yield from _fail(str(e))

    return cast("Convergent[T, P]", generator)


def differences(operation: Convergent[T, ...], target: T) -> list[str]:
    """What a dry run would show of an operation. Nothing is run. Raises HowdahError."""
    planned = host_report.current().planned
    planned.clear()
    function = inspect.unwrap(operation)
    commands: Iterator[PyinfraCommand] = function(target)
    if next(commands, None) is None:
        return []
    shown = []
    for lines in planned.values():
        shown += lines
    return shown


def _alone(
    function: Commands[T, P],
    target: T,
    *args: P.args,
    **kwargs: P.kwargs,
) -> Iterator[PyinfraCommand]:
    """Its commands, under the host's lock; from the start again where another run came between."""
    for command in function(target, *args, **kwargs):
        if state.is_executing:
            holds = lock.take(target.runtime, drop())
            if not holds:
                yield from _alone(function, target, *args, **kwargs)
                return
        yield command


def _fail(message: str) -> Iterator[PyinfraCommand]:
    if state.is_executing:
        yield FunctionCommand(_fail_operation, (message,), {})
    else:
        fail(message)


def _fail_operation(
    state: Any,  # noqa: ARG001 pyinfra's signature
    host: Any,  # noqa: ARG001
    message: str,
) -> bool:
    """From here: the host may be out of reach."""
    host_report.fail(message)
    return False
