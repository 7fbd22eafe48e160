"""Physical backups and the archive of WAL, by pgBackRest."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field

from howdah.backed_up import read
from howdah.component import Component, Context, Options, Probe, Setting, in_section
from howdah.errors import ClusterError
from howdah.layout import Layout
from howdah.repositories import Repositories
from howdah.settings import Duration, in_seconds, quote

if TYPE_CHECKING:
    from howdah.cluster import Cluster

SERVED = {"package", "docker"}  # runtimes
MOST_LOST = 120  # seconds of commits that a lost host may cost
# Where a server in a container, whose image has no pgBackRest, puts what a unit of the host pushes.
# pgBackRest demands its own name in an archive_command.
ARCHIVED = "/var/spool/pgbackrest"
# Whole or not at all, and never over another one: what is there already must be the same.
COPY = (
    f"d={ARCHIVED}; test ! -e $d/%f && cp %p $d/.%f && sync $d/.%f && mv -n $d/.%f $d/%f "
    "&& sync $d || cmp -s %p $d/%f"
)


def _calendar(value: str) -> str:
    """What a unit file can hold; systemd rejects the rest when the timer starts."""
    if not re.fullmatch(r"[A-Za-z0-9 *:,./~-]{1,80}", value):
        raise ValueError("needs systemd's OnCalendar, like 'Sun *-*-* 02:30 UTC'")
    return value


def _timeout(value: str) -> str:
    if not 10 <= in_seconds(value) <= MOST_LOST:  # noqa: PLR2004
        raise ValueError(f"needs '10s' to '{MOST_LOST}s'")
    return value


Calendar = Annotated[str, AfterValidator(_calendar)]


class Backups(Options):
    """Of packages and of Docker."""

    backup: Literal["pgbackrest", "off"] | None = None  # in production they are on
    backup_repository: Repositories = ("/var/lib/pgbackrest",)
    backup_keep: Annotated[int, Field(ge=2, le=100)] = 2  # full ones, and all that builds on them
    backup_full: Calendar = "Sun *-*-* 02:30 UTC"
    backup_incremental: Calendar = "Mon..Sat *-*-* 02:30 UTC"
    backup_drill: Calendar = "Sat *-*-* 04:30 UTC"  # when a restore is tried
    # How old the last one that came back may be; a new cluster has as long for its first.
    proven_days: Annotated[int, Field(ge=1, le=366)] = 8
    restore_to: str = "newest"  # of restore.py, as the two that follow
    restore_only: str = ""
    restore_table: str = ""
    archive_timeout: Annotated[Duration, AfterValidator(_timeout)] = "60s"


REASONS = {
    "archive_timeout": "A server that is quiet archives what it has, too: no more is lost.",
}


def _settings(context: Context) -> Iterator[Setting]:
    cluster = context.cluster
    if cluster.runtime not in SERVED:
        raise ClusterError("backup = 'pgbackrest': needs runtime = 'package' or 'docker'")
    values = {
        "archive_mode": "on",
        "archive_command": quote(_archive_command(cluster)),
        "archive_timeout": quote(cluster.of(Backups).archive_timeout),
    }
    return in_section("archiving", values, REASONS)


def _archive_command(cluster: "Cluster") -> str:
    if cluster.runtime == "docker":
        return COPY
    return f"pgbackrest --stanza={stanza(cluster)} archive-push %p"


def are_on(cluster: "Cluster") -> bool:
    """Whether the cluster has backups: by default where it is production's."""
    asked = cluster.of(Backups).backup
    if asked:
        return asked != "off"
    return cluster.stage == "production" and cluster.runtime in SERVED


def stanza(cluster: "Cluster") -> str:
    """pgBackRest's name of the cluster, which a major upgrade does not change."""
    return f"{cluster.environment}-{cluster.cluster_name}"


def _is_there(cluster: "Cluster", _: Layout) -> bool:
    return are_on(cluster)


PROBE = Probe("backups", read, shell=Path(__file__).with_suffix(".sh").read_text())

COMPONENT = Component(
    "backups",
    options=Backups,
    is_there=_is_there,
    settings=_settings,
    probes=(PROBE,),
)
