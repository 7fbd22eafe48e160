"""Dumps of every declared database, by pg_dump as backup_role, on the host."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from components.backups import Calendar
from howdah.component import Component, Options, Probe
from howdah.dumped import read
from howdah.layout import Layout
from howdah.options import several
from howdah.pg_hba.hba import Record, by_peer

if TYPE_CHECKING:
    from howdah.cluster import Cluster

NEWEST = "newest"


def _table(value: str) -> str:
    if not re.fullmatch(r"[^.\s']+\.[^.\s']+", value):
        raise ValueError("needs tables with their schemas, like app.orders")
    return value


def _dump(value: str) -> str:
    if value != NEWEST and not re.fullmatch(r"\d{8}T\d{6}Z", value):
        raise ValueError(f"needs {NEWEST!r} or the name of a dump, like 20261129T013000Z")
    return value


Table = Annotated[str, AfterValidator(_table)]
Tables = Annotated[tuple[Table, ...], BeforeValidator(several)]


class Dumps(Options):
    """Of each runtime; the embedded one has no timer."""

    dumps: Literal["on", "off"] = "off"
    dump_calendar: Calendar = "*-*-* 01:30 UTC"
    dump_keep: Annotated[int, Field(ge=2, le=1000)] = 7
    dump_days: Annotated[int, Field(ge=1, le=3650)] = 14
    # Tables with row security that are dumped whole all the same: backup_role has BYPASSRLS then.
    row_security: Tables = ()
    # Of a restore. A name that ends in _database would be one of roles-sql's.
    dump_of: str = ""
    dump_from: Annotated[str, AfterValidator(_dump)] = NEWEST


def are_on(cluster: "Cluster") -> bool:
    """Whether the cluster has dumps."""
    return cluster.of(Dumps).dumps == "on"


def bypassrls(cluster: "Cluster") -> str:
    """Whether backup_role reads past row security, as CREATE ROLE says it."""
    if cluster.of(Dumps).row_security:
        return "BYPASSRLS"
    return "NOBYPASSRLS"


def meant(cluster: "Cluster", databases: Iterable[str]) -> list[str]:
    """The reports of row security that ``row_security`` answers."""
    lines = []
    for database in databases:
        for table in cluster.of(Dumps).row_security:
            lines.append(f"table {table} in {database} has row security")
    return lines


def _is_there(cluster: "Cluster", _: Layout) -> bool:
    return are_on(cluster)


def _records(cluster: "Cluster") -> Iterator[Record]:
    reason = "Dumps: from this host, as the server's OS user, without a password on the disk."
    yield by_peer(cluster.backup_role, reason)


PROBE = Probe("dumps", read, shell=Path(__file__).with_suffix(".sh").read_text())

COMPONENT = Component(
    "dumps",
    options=Dumps,
    is_there=_is_there,
    records=_records,
    probes=(PROBE,),
)
