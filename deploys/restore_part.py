"""One database, or one table, as it was: beside what there is now, on the server that runs."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from pyinfra.api.command import PyinfraCommand

from components.backups import Backups
from deploys import recovery, shell
from deploys.runtime import script_for
from deploys.sql import pgoptions
from deploys.target import Target
from deploys.tell import would
from howdah.cluster import Cluster
from howdah.errors import HowdahError
from howdah.found import Found
from howdah.options import OTHER_DATABASES, check_quoted
from howdah.repository import NEWEST, BackupSet, Goal

FUNCTIONS = "backup/one"
PLACE = "restored_{}"  # a schema
BEFORE = "{}_before_{}"  # a database
TIME = "%Y%m%d_%H%M%S"


class Part(NamedTuple):
    """Of a cluster."""

    database: str
    schema: str  # of the table
    table: str  # empty: it is the whole database

    @property
    def name(self) -> str:
        """As an operator has asked for it."""
        if self.table:
            return f"{self.schema}.{self.table}"
        return self.database


def part(cluster: Cluster) -> Part | None:
    """What is asked for. None: all of it. Raises HowdahError."""
    options = cluster.of(Backups)
    database = options.restore_only or cluster.app_database
    schema, _, table = options.restore_table.partition(".")
    if not options.restore_only and not options.restore_table:
        return None
    if options.restore_table and not table:
        raise HowdahError(f"TABLE={options.restore_table!r}: needs its schema too, like app.users")
    if database in OTHER_DATABASES:
        raise HowdahError(f"DATABASE={database!r}: is PostgreSQL's own")
    for name in filter(None, (database, schema, table)):
        try:
            check_quoted(name)
        except ValueError as e:
            raise HowdahError(f"{name!r}: {e}") from None
    return Part(database, schema, table)


def restore(
    target: Target,
    found: Found,
    chosen: BackupSet,
    to: Goal,
    its: Part,
) -> Iterator[PyinfraCommand]:
    """Nothing is replaced: a database of now is renamed, a table gets a schema of its own."""
    if not found.running:
        raise HowdahError(f"the server is down: start it to restore {its.name}, or restore it all")
    now = datetime.now(UTC)
    suffix = now.strftime(TIME)
    would(_plan(chosen, to, its, suffix))
    script = "backup/restore_database"
    if its.table:
        script = "backup/restore_table"
    data = f"{target.runtime.layout.data}.restored"
    text = script_for(
        target.runtime,
        script,
        "client",
        *recovery.functions(target.runtime),
        FUNCTIONS,
        variables={
            **recovery.variables(target, data),
            **_variables(target, chosen, to, its, suffix),
        },
        documents=recovery.documents(target, data, to, lasting=False),
    )
    yield shell.live(f"restore {its.name}", text, lock=target.runtime.lock)


def _plan(
    chosen: BackupSet,
    to: Goal,
    its: Part,
    suffix: str,
) -> list[str]:
    lines = [f"restore {chosen.label} beside, and recover it to {to.text}"]
    if its.table:
        place = PLACE.format(suffix)
        lines.append(f"{its.name} as it was comes into the schema {place}; all else stays")
    else:
        before = BEFORE.format(its.database, suffix)
        lines.append(f"the database of now becomes {before}: its sessions end")
    return lines


def _variables(
    target: Target,
    chosen: BackupSet,
    to: Goal,
    its: Part,
    suffix: str,
) -> dict[str, str]:
    newest = ""
    if to.text == NEWEST:
        newest = "yes"
    return {
        "set": chosen.label,
        "repo": str(chosen.repository),
        "newest": newest,
        "database": its.database,
        "schema": its.schema,
        "table": its.table,
        "place": PLACE.format(suffix),
        "fresh": f"{its.database}_restoring",
        "before": BEFORE.format(its.database, suffix),
        "session": pgoptions(target.cluster.version),
    }
