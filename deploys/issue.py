"""Secrets and certificates, on the controller."""

from collections.abc import Iterator
from typing import Any

from pyinfra import host, logger
from pyinfra.api.command import FunctionCommand, PyinfraCommand

from deploys.runtime import Runtime
from deploys.snapshot import convergent, snapshot
from deploys.tell import would
from howdah import x509
from howdah.cluster import Cluster
from howdah.declared import VERIFIERS
from howdah.found import Found
from howdah.store import PASSWORDS, BadSecret, Store
from howdah.wanted import Wanted

FEW_DAYS = 30


def host_label() -> str:
    """The host's name as a file's name."""
    return host.name.lstrip("@").replace("/", "_")


def certificate_names(cluster: Cluster) -> list[str]:
    """Every name that a client may know the server by; localhost for who is on the host."""
    own = [] if host.name.startswith("@") else [str(host.data.get("ssh_hostname") or host.name)]
    addresses = [str(a) for a in cluster.listen_addresses if not a.is_unspecified]
    names = [*own, *cluster.certificate_names, *addresses, "localhost", "127.0.0.1", "::1"]
    return list(dict.fromkeys(names))


@convergent
def issue(runtime: Runtime, want: Wanted, store: Store) -> Iterator[PyinfraCommand]:
    """What the store lacks, and what is due: passwords, their verifiers, CA, host certificate."""
    cluster = runtime.cluster
    label, names = host_label(), certificate_names(cluster)
    _refuse_to_invent(cluster, snapshot(runtime, want), store)
    due = store.due(label, names, cluster.certificate_days)
    if due:
        would(due)

        def make(state: Any, host: Any) -> bool:  # noqa: ARG001 pyinfra looks for these names
            try:
                store.make(label, names, cluster.certificate_days, cluster.ca_days)
            except (OSError, BadSecret) as e:
                host.log_styled(f"cannot write to the store: {e}", fg="red", log_func=logger.error)
                return False
            return True

        yield FunctionCommand(make, (), {})
    _say_days_left(store, label)


def _refuse_to_invent(cluster: Cluster, found: Found, store: Store) -> None:
    """A new password would lock out the application that runs with the old one."""
    roles = found.catalog().roles
    for variable, knob in VERIFIERS.items():
        role = getattr(cluster, knob)
        known = role in roles if found.running else found.data
        if known and store.password(variable) is None:
            raise BadSecret(
                f"{store.path(PASSWORDS[variable])} is missing, and the server has role {role}: "
                "put the file back; to set a new password, write it into that file"
            )


def _say_days_left(store: Store, label: str) -> None:
    ca, leaf = store.ca(), store.leaf(label)
    for what, pair in (("certificate", leaf), ("CA", ca)):
        if pair:
            days = x509.days_left(pair.certificate)
            warning = "warning: " if days < FEW_DAYS else ""
            host.log(f"{warning}{what}: {days} days left")
