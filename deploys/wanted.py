"""What is wanted of a host, put together from the pure parts."""

from collections.abc import Mapping
from pathlib import Path

from pyinfra import host
from pyinfra.api.exceptions import DeployError

from deploys.inventory import ROOT
from deploys.issue import certificate_names, host_label
from deploys.runtime import Runtime
from howdah import render
from howdah.cluster import Cluster
from howdah.declared import declared
from howdah.render import File
from howdah.revisions import BadSchema, head
from howdah.sqlfiles import BadSql
from howdah.store import Store
from howdah.wanted import Wanted


def store_of(cluster: Cluster) -> Store:
    """The environment's secrets."""
    folder = Path(ROOT, "secrets", cluster.environment)
    return Store(folder, lenient=cluster.stage == "development")


def want_of(cluster: Cluster) -> Wanted:
    """Roles, databases and rights. Raises DeployError for what cannot be wanted."""
    try:
        head(cluster.bootstrap)
        return declared(cluster)
    except (BadSql, BadSchema) as e:
        raise DeployError(f"{e} (host {host.name})") from None


def files_of(runtime: Runtime, want: Wanted, store: Store) -> Mapping[str, File]:
    """The files of a release. A certificate that is due counts as not made yet."""
    cluster, label = runtime.cluster, host_label()
    due = store.leaf_faults(label, certificate_names(cluster), cluster.certificate_days)
    pair = None if due else store.leaf(label)
    return render.files(cluster, runtime.layout, want.logins(), pair)
