"""The rules of a pg_hba.conf, as a server has parsed them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any, NamedTuple

from howdah.options import Network

REPLICATION = "replication"  # what a physical standby asks for, as if it were a database
EVERYWHERE = (ip_network("0.0.0.0/0"), ip_network("::/0"))

Login = tuple[str, str]  # database, role
Row = Mapping[str, Any]  # of pg_hba_file_rules


class Way(NamedTuple):
    """How a rule lets somebody in."""

    method: str
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rule:
    """A row that is clear."""

    line: int
    kind: str
    databases: frozenset[str]
    roles: frozenset[str]
    networks: tuple[Network, ...]  # empty for a local one
    way: Way

    def speaks_of(self, login: Login) -> bool:
        """Keywords as hba.c reads them: all is not replication."""
        database, role = login
        if "all" not in self.roles and role not in self.roles:
            return False
        if database in self.databases:
            return True
        if database == REPLICATION:
            return False
        if "all" in self.databases:
            return True
        return "sameuser" in self.databases and database == role


def unclear(row: Row) -> Iterator[str]:
    """An error, or a rule that depends on more than the file: no check knows what it allows."""
    line = f"line {row['line_number']}"
    if row["error"]:
        yield f"{line}: {row['error']}"
        return
    odd = []
    for name in [*row["database"], *row["user_name"]]:
        if name.startswith(("+", "/")) or name in ("samerole", "samegroup"):
            odd.append(name)
    address = row["address"]
    if row["type"] != "local" and address != "all" and not row["netmask"]:
        odd.append(address)
    for name in odd:
        yield f"{line}: {name!r} needs a plain name or network"


def rule(row: Row) -> Rule:
    """A row that is clear."""
    options = row["options"] or ()
    return Rule(
        line=row["line_number"],
        kind=row["type"],
        databases=frozenset(row["database"]),
        roles=frozenset(row["user_name"]),
        networks=_networks(row),
        way=Way(row["auth_method"], tuple(sorted(options))),
    )


def texts(rows: Iterable[Row]) -> dict[str, str]:
    """Line number: the rule, as a file has it. None for a line that the server cannot read."""
    texts = {}
    for row in rows:
        if not row["error"]:
            line = str(row["line_number"])
            texts[line] = text(row)
    return texts


def text(row: Row) -> str:
    """As a file has it, without its options."""
    words = [
        row["type"],
        ",".join(row["database"]),
        ",".join(row["user_name"]),
    ]
    if row["netmask"]:
        (network,) = _networks(row)
        words.append(str(network))
    elif row["address"]:
        words.append(row["address"])
    words.append(row["auth_method"])
    return " ".join(words)


def _networks(row: Row) -> tuple[Network, ...]:
    address = row["address"]
    if row["type"] == "local":
        return ()
    if address == "all":
        return EVERYWHERE
    netmask = ip_address(row["netmask"])
    bits = int(netmask).bit_count()
    network = ip_network(f"{address}/{bits}", strict=False)
    return (network,)
