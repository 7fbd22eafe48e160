"""One database, or one table, as it was: beside what there is now, on the server that runs."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from pyinfra.api.command import PyinfraCommand

from components.backups import Backups
from deploys import load_dump, recovery, shell
from deploys.runtime import script_for
from deploys.target import Target
from deploys.tell import would
from howdah.dump import kept_name
from howdah.errors import HowdahError
from howdah.found import Found
from howdah.options import check_quoted
from howdah.repository import NEWEST, BackupSet, Goal

FUNCTIONS = "backup/one"
PLACE = "restored_%Y%m%d_%H%M%S"  # a schema


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


def part(target: Target) -> Part | None:
    """What is asked for. None: all of it. Raises HowdahError."""
    options = target.cluster.of(Backups)
    if not options.restore_only and not options.restore_table:
        return None
    database = options.restore_only or target.cluster.app_database
    load_dump.declared(target, database)
    schema, _, table = options.restore_table.partition(".")
    if options.restore_table and not table:
        raise HowdahError(f"TABLE={options.restore_table!r}: needs its schema too, like app.users")
    for name in filter(None, (schema, table)):
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
    place = now.strftime(PLACE)
    would(_plan(chosen, to, its, place))
    script = "backup/restore_database"
    if its.table:
        script = "backup/restore_table"
    data = f"{target.runtime.layout.data}.restored"
    newest = ""
    if to.text == NEWEST:
        newest = "yes"
    text = script_for(
        target.runtime,
        script,
        "client",
        load_dump.FUNCTIONS,
        *recovery.functions(target.runtime),
        FUNCTIONS,
        variables={
            **recovery.variables(target, data),
            **load_dump.loading(target, found, its.database),
            "set": chosen.label,
            "repo": str(chosen.repository),
            "newest": newest,
            "schema": its.schema,
            "table": its.table,
            "place": place,
        },
        documents={
            **recovery.documents(target, data, to, lasting=False),
            **load_dump.documents(target.want, its.database),
        },
    )
    yield shell.live(f"restore {its.name}", text, lock=target.runtime.lock)


def _plan(
    chosen: BackupSet,
    to: Goal,
    its: Part,
    place: str,
) -> list[str]:
    lines = [f"restore {chosen.label} beside, and recover it to {to.text}"]
    if its.table:
        lines.append(f"{its.name} as it was comes into the schema {place}; all else stays")
    else:
        before = kept_name(its.database)
        lines.append(f"the database of now becomes {before}_TIME: its sessions end")
    return lines
