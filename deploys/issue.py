"""Secrets and certificates, on the controller."""

import time
from collections.abc import Iterator
from typing import Any

from pyinfra import host, logger
from pyinfra.api.command import FunctionCommand, PyinfraCommand

from deploys.convergent import convergent
from deploys.snapshot import snapshot
from deploys.summary import FEW_DAYS, told, warn
from deploys.target import Target
from deploys.tell import would
from howdah import clocks
from howdah.errors import HowdahError
from howdah.found import Found
from howdah.verifiers import LOGINS


@convergent
def issue(target: Target) -> Iterator[PyinfraCommand]:
    """What the store lacks, and what is due: passwords, their verifiers, CA, host certificate."""
    found = snapshot(target)
    _refuse_to_invent(target, found)
    due = target.due()
    if due:
        would(due, _counted(target, due) if found.first else [])
        yield FunctionCommand(_make, (target,), {})
    told().days_left = target.store.days_left(target.label)
    for what, days in told().days_left.items():
        if days < FEW_DAYS:
            host.log(f"warning: {what}: {days} days left")


def _counted(target: Target, due: list[str]) -> list[str]:
    """What a first deploy makes, in a line."""
    return [f"{len(due)} secrets and certificates in {target.store.folder}"]


def check_clocks(target: Target, found: Found) -> None:
    """A certificate is not issued by a clock that the host's clients do not have.

    Raises HowdahError; where none is due, that is a warning.
    """
    if target.lacks_certificate():
        clocks.check(host.name, found.ahead, now=time.time())
    elif not clocks.agree(found.ahead):
        warn(clocks.difference(host.name, found.ahead, now=time.time()))


def _make(state: Any, host: Any, target: Target) -> bool:  # noqa: ARG001 pyinfra's signature
    """Without a traceback when the store cannot be written."""
    cluster, names = target.cluster, target.certificate_names
    try:
        target.store.make(target.label, names, cluster.certificate_days, cluster.ca_days)
    except (OSError, HowdahError) as e:
        told().failed = f"cannot write the store: {e}"
        host.log_styled(told().failed, fg="red", log_func=logger.error)
        return False
    return True


def _refuse_to_invent(target: Target, found: Found) -> None:
    """A new password would lock out the application that runs with the old one."""
    roles, store = found.catalog().roles, target.store
    lost = {}
    for variable, login in LOGINS.items():
        role = login.role(target.cluster)
        known = role in roles if found.running else found.data
        if known and store.password(variable) is None:
            lost[str(store.password_file(variable))] = role
    if lost:
        raise HowdahError(
            f"{', '.join(lost)} missing, and the server has role {', '.join(lost.values())}: put "
            "it back; to set a new password, write it into that file"
        )
