"""Where the server's log goes, and how much of it there may be."""

from typing import TYPE_CHECKING

from howdah.settings import KILO, in_bytes

if TYPE_CHECKING:
    from howdah.cluster import Cluster

PARTS = 16  # files of that size are the whole
MOST = KILO**3  # of one file; the server accepts 2 GB
MINUTES = 24 * 60  # of a day


def settings(cluster: "Cluster") -> dict[str, str | bool]:
    """The settings that decide it.

    A new file each day, and at each sixteenth of what may be there: PostgreSQL removes none of
    them. What does is deploys/runtime/prune_logs.sh, each time that a file is begun.
    """
    destination = cluster.log_destination
    return {
        "log_destination": "stderr" if destination == "journald" else destination,
        "logging_collector": destination in ("stderr", "jsonlog"),
        "log_filename": "postgresql-%Y-%m-%d_%H%M%S.log",
        "log_rotation_age": "1d",
        "log_rotation_size": f"{_rotation(cluster) // KILO}kB",
    }


def kept(cluster: "Cluster") -> int:
    """Bytes of the files that stay when one is begun: with that one they are the whole."""
    return in_bytes(cluster.log_retention_size) - _rotation(cluster)


def minutes(cluster: "Cluster") -> int:
    """The age of the oldest file that stays."""
    return cluster.log_retention_days * MINUTES


def _rotation(cluster: "Cluster") -> int:
    return min(MOST, in_bytes(cluster.log_retention_size) // PARTS)
