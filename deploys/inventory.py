"""Host data -> Cluster, for the current host."""

import sys
import textwrap
from pathlib import Path

from pyinfra import host
from pyinfra.api import DeployError

from deploys import connection
from deploys.fence.connector import host_data_keys
from deploys.runtime.package import version_of
from deploys.script import text
from deploys.summary import fail, warn
from howdah import budget, host_data
from howdah.cautions import cautions
from howdah.cluster import Cluster
from howdah.errors import ClusterError
from howdah.options import version_of_image
from howdah.team import TeamError, check_file


def read_cluster() -> Cluster:
    """The cluster that this host's data describes.

    Raises DeployError, with every fault, before any host is touched.
    """
    _check_files()
    data = host.data.dict()
    data.setdefault("environment", inventory_name())
    try:
        read = host_data.read(data, host_data_keys)
        budget.check(read)
        if "version" not in read.model_fields_set and read.runtime != "embedded":
            data["version"] = _version(read)
            read = host_data.read(data, host_data_keys)
    except ClusterError as e:
        faults = textwrap.indent(str(e), "    ")
        raise DeployError(f"the data of host {host.name} cannot be used\n{faults}") from None
    for warning in cautions(read):
        warn(warning)
    return read


def _check_files() -> None:
    """Raises DeployError for an inventory, or a deploy, of another team's."""
    for word in sys.argv[1:]:
        name = word.removeprefix("--inventory=")
        if name.endswith(".py"):
            try:
                check_file(Path(name))
            except TeamError as e:
                raise DeployError(str(e)) from None


def _version(cluster: Cluster) -> int:
    """What the image has, by its tag, or the host's distribution.

    A host that cannot be asked fails, and no other.
    """
    if cluster.runtime == "docker":
        return version_of_image(cluster.image)
    script = text("os_release")
    answer = connection.run(script, {}).get()
    why = f"cannot read the version of its system: {answer.cause}"
    try:
        return version_of("".join(answer.lines))
    except ClusterError as e:
        if answer.done:
            why = str(e)
    fail(why)
    return int(Cluster.model_fields["version"].default)


def inventory_name() -> str | None:
    """The inventory file's name; pyinfra makes it a group of every host in it."""
    for word in sys.argv[1:]:
        stem = Path(word).stem
        if word.endswith(".py") and stem in host.groups:
            return stem
    return None
