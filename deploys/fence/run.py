"""What pyinfra knows of this run: its operations, and how they went on each host."""

from collections.abc import Iterator

from pyinfra import host, state
from pyinfra.api import Host
from pyinfra.api.exceptions import PyinfraError
from pyinfra.api.operation import OperationMeta

__all__ = ["OperationMeta"]


def operations() -> list[str]:
    """The names of the run's operations, in their order."""
    return [min(state.get_op_meta(op_hash).names) for op_hash in state.get_op_order()]


def current_operation() -> str:
    """The name of the one that is prepared, or at work."""
    op_hash = host.current_op_hash
    return min(state.get_op_meta(op_hash).names) if op_hash else ""


def outcomes(each: Host) -> Iterator[tuple[str, OperationMeta]]:
    """Of each operation of a host's, by name, in their order."""
    for op_hash, data in state.ops[each].items():
        yield min(state.get_op_meta(op_hash).names), data.operation_meta


def would_change(each: Host) -> bool:
    """Whether an operation of a host's has found a difference, while it was prepared."""
    if not state.initialised:
        return False
    return any(data.operation_meta._maybe_is_change for data in state.ops[each].values())


def differs() -> bool:
    """Whether one of any host's has."""
    return any(map(would_change, state.inventory.iter_activated_hosts()))


def hosts() -> list[Host]:
    """The inventory's, in its order; none before pyinfra has read it."""
    return list(state.inventory) if state.initialised else []


def is_prompted() -> bool:
    """Whether somebody is asked before anything is changed."""
    return bool(state.check_for_changes)


def leave_out() -> bool:
    """The current host has no further part in the run. Returns whether any host is left."""
    try:
        # not pyinfra's proxy, which is another host a moment later
        state.fail_hosts({state.inventory.get_host(host.name)})
    except PyinfraError:
        return False
    return True
