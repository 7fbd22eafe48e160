"""What pyinfra knows of this run: its operations, and how they went on each host."""

import sys
from collections.abc import Iterator
from types import ModuleType

from pyinfra import host, state
from pyinfra.api import Host
from pyinfra.api.exceptions import PyinfraError
from pyinfra.api.operation import OperationMeta

__all__ = ["OperationMeta"]


def operations() -> list[str]:
    """The names of the run's operations, in their order."""
    return [_name(op_hash) for op_hash in state.get_op_order()]


def _name(op_hash: str) -> str:
    meta = state.get_op_meta(op_hash)
    return min(meta.names)


def current_operation() -> str:
    """The name of the one that is prepared, or at work."""
    op_hash = host.current_op_hash
    if not op_hash:
        return ""
    return _name(op_hash)


def outcomes(each: Host) -> Iterator[tuple[str, OperationMeta]]:
    """Of each operation of a host's, by name, in their order."""
    for op_hash, data in state.ops[each].items():
        yield _name(op_hash), data.operation_meta


def would_change(each: Host) -> bool:
    """Whether an operation of a host's has found a difference, while it was prepared."""
    if not state.initialised:
        return False
    return any(meta._maybe_is_change for _, meta in outcomes(each))


def differs() -> bool:
    """Whether one of any host's has."""
    hosts = state.inventory.iter_activated_hosts()
    return any(would_change(each) for each in hosts)


def hosts() -> list[Host]:
    """The inventory's, in its order; none before pyinfra has read it."""
    if not state.initialised:
        return []
    return list(state.inventory)


def is_prompted() -> bool:
    """Whether somebody is asked before anything is changed."""
    return bool(state.check_for_changes)


def make_module() -> None:
    """Makes a module of the file that pyinfra executes.

    For each operation pyinfra has inspect find the module of every frame on the stack. Where there
    is none, inspect goes through all modules, time and again: a third of what a further host costs.
    """
    file = state.current_exec_filename
    if file and file not in sys.modules:
        module = ModuleType(file)
        module.__file__ = file
        sys.modules[file] = module


def leave_out() -> bool:
    """The current host has no further part in the run. Returns whether any host is left."""
    try:
        # not pyinfra's proxy, which is another host a moment later
        state.fail_hosts({state.inventory.get_host(host.name)})
    except PyinfraError:
        return False
    return True
