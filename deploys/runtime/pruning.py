"""What keeps the files of a server's log within bounds."""

from deploys import shell
from deploys.script import filled
from howdah import logs
from howdah.cluster import Cluster
from howdah.layout import Layout

AS_POSTGRES = "User=postgres\nCapabilityBoundingSet="
# The folder is another system's user's: it writes there all the same, and nowhere else.
AS_ROOT = "CapabilityBoundingSet=CAP_DAC_OVERRIDE"


def prune_logs(layout: Layout, cluster: Cluster) -> str:
    """The script that keeps the log's files within the size and the age that the cluster names."""
    return filled(
        "runtime/prune_logs.sh",
        log=shell.quoted(layout.log),
        minutes=str(logs.minutes(cluster)),
        bytes=str(logs.kept(cluster)),
    ).strip()


def files(
    layout: Layout,
    cluster: Cluster,
    units: str,
    label: str,
    user: str,
) -> dict[str, str]:
    """That script, and two units that run it: paths and contents.

    ``units``: their name; ``user``: lines of the service, as whom.
    """
    script = f"{layout.home}/prune_logs.sh"
    path = f"/etc/systemd/system/{units}"
    parts = {"label": label, "script": script, "log": layout.log, "as": user}
    return {
        script: prune_logs(layout, cluster),
        f"{path}.service": filled("runtime/logs.service", **parts).strip(),
        f"{path}.path": filled("runtime/logs.path", **parts).strip(),
    }
