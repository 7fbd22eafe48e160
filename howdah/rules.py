"""The rules of a pg_hba.conf, as a server has parsed them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any

from howdah.knobs import Network

Way = tuple[str, tuple[str, ...]]  # method, options

REPLICATION = "replication"  # what a physical standby asks for, as if it were a database
EVERYWHERE = (ip_network("0.0.0.0/0"), ip_network("::/0"))


@dataclass(frozen=True)
class Rule:
    """A row of pg_hba_file_rules."""

    line: int
    kind: str
    databases: frozenset[str]
    roles: frozenset[str]
    networks: tuple[Network, ...]  # empty for a local one
    way: Way

    def speaks_of(self, database: str, role: str) -> bool:
        """Keywords as hba.c reads them: all is not replication."""
        wide = database != REPLICATION and (
            "all" in self.databases or ("sameuser" in self.databases and database == role)
        )
        return (wide or database in self.databases) and bool({"all", role} & self.roles)


def unclear(row: Mapping[str, Any]) -> Iterator[str]:
    """What is an error, or depends on more than the file: then nobody can say whom it lets in."""
    if row["error"]:
        yield f"line {row['line_number']}: {row['error']}"
        return
    names = [*row["database"], *row["user_name"]]
    odd = [n for n in names if n.startswith(("+", "/")) or n in ("samerole", "samegroup")]
    if row["type"] != "local" and row["address"] != "all" and not row["netmask"]:
        odd.append(row["address"])
    yield from (f"line {row['line_number']}: {name!r} needs a plain name or network"
                for name in odd)  # fmt: skip


def rule(row: Mapping[str, Any]) -> Rule:
    """A row that is clear."""
    return Rule(
        row["line_number"], row["type"], frozenset(row["database"]), frozenset(row["user_name"]),
        _networks(row), (row["auth_method"], tuple(sorted(row["options"] or ()))),
    )  # fmt: skip


def texts(rows: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Line number: the rule, as a file has it. None for a line that the server cannot read."""
    return {str(row["line_number"]): text(row) for row in rows if not row["error"]}


def text(row: Mapping[str, Any]) -> str:
    """As a file has it, without its options."""
    words = [row["type"], ",".join(row["database"]), ",".join(row["user_name"])]
    if row["netmask"]:
        words.append(str(_networks(row)[0]))
    elif row["address"]:
        words.append(row["address"])
    return " ".join([*words, row["auth_method"]])


def _networks(row: Mapping[str, Any]) -> tuple[Network, ...]:
    if row["type"] == "local":
        return ()
    if row["address"] == "all":
        return EVERYWHERE
    bits = int(ip_address(row["netmask"])).bit_count()
    return (ip_network(f"{row['address']}/{bits}", strict=False),)
