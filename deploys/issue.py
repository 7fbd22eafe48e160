"""Secrets and certificates, on the controller."""

import time
from collections.abc import Iterator
from typing import Any

from pyinfra import host
from pyinfra.api.command import FunctionCommand, PyinfraCommand

from components.backups import are_on
from deploys import host_report
from deploys.convergent import convergent
from deploys.snapshot import snapshot
from deploys.summary import FEW_DAYS, warn
from deploys.target import Target
from deploys.tell import would
from howdah.errors import HowdahError
from howdah.found import Found
from howdah.secrets import backup_key, clocks
from howdah.secrets.verifiers import LOGINS


@convergent
def issue(target: Target) -> Iterator[PyinfraCommand]:
    """What the store lacks, and what is due: passwords, their verifiers, CA, host certificate."""
    found = snapshot(target)
    _check_passwords(target, found)
    due = target.due()
    if due:
        brief = []
        if found.first:
            brief.append(f"{len(due)} secrets and certificates in {target.store.folder}")
        would(due, brief)
        yield FunctionCommand(_make, (target,), {})
    left = target.store.days_left(target.label)
    host_report.current().days_left = left
    for what, days in left.items():
        if days < FEW_DAYS:
            host.log(f"warning: {what}: {days} days left")


def check_clocks(target: Target, found: Found) -> None:
    """A certificate is not issued by a clock that the host's clients do not have.

    Raises HowdahError; where none is due, that is a warning.
    """
    now = time.time()
    if target.lacks_certificate():
        clocks.check(host.name, found.ahead, now=now)
    elif not clocks.agree(found.ahead):
        difference = clocks.difference(host.name, found.ahead, now=now)
        warn(difference)


def _make(
    state: Any,  # noqa: ARG001 pyinfra's signature
    host: Any,  # noqa: ARG001
    target: Target,
) -> bool:
    """Without a traceback when the store cannot be written."""
    cluster = target.cluster
    names = target.certificate_names
    try:
        target.store.make(target.label, names, cluster.certificate_days, cluster.ca_days)
        if are_on(cluster):
            backup_key.make(target.store)
    except (OSError, HowdahError) as e:
        host_report.fail(f"cannot write the store: {e}")
        return False
    return True


def _check_passwords(target: Target, found: Found) -> None:
    """A new password would lock out the application that runs with the old one."""
    store = target.store
    roles = found.catalog().roles
    lost = {}
    for variable, login in LOGINS.items():
        role = login.role(target.cluster)
        known = found.data.there
        if found.running:
            known = role in roles
        if known and store.password(variable) is None:
            file = str(store.password_file(variable))
            lost[file] = role
    if lost:
        files = ", ".join(lost)
        names = ", ".join(lost.values())
        raise HowdahError(
            f"{files} missing, and the server has role {names}: put "
            "it back; to set a new password, write it into that file"
        )
