"""What keeps the files of a server's log within bounds."""

from deploys import shell
from deploys.script import filled
from howdah import logs
from howdah.cluster import Cluster
from howdah.layout import Layout


def prune_logs(layout: Layout, cluster: Cluster) -> str:
    """The script that keeps the log's files within the size and the age that the cluster names."""
    return filled(
        "runtime/prune_logs.sh",
        log=shell.quoted(layout.log),
        minutes=str(logs.minutes(cluster)),
        bytes=str(logs.kept(cluster)),
    ).strip()
