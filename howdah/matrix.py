"""Who would be let in: pg_hba.conf as a server has parsed it, against the model.

The server takes the first rule that matches and no other, so each role is sent to each database
from both sides of every border between networks, on every kind of connection.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any

from howdah.cluster import SHARED, SUPERUSER, Address, Network
from howdah.refusal import Refusal

Login = tuple[str, str]  # (database, role)
Way = tuple[str, tuple[str, ...]]  # method, options

# Some role, some database that no file names; and what a physical standby asks for.
STRANGER, REPLICATION = "somebody else", "replication"
# What a connection is -> the types of rules that speak of it (hba.c, check_hba).
KINDS = {
    "over TLS": {"host", "hostssl", "hostnogssenc"},
    "without TLS": {"host", "hostnossl", "hostnogssenc"},
    "over GSS": {"host", "hostnossl", "hostgssenc"},
}
SCRAM, PEER = ("scram-sha-256", ()), ("peer", ("map=howdah",))
ALL = (ip_network("0.0.0.0/0"), ip_network("::/0"))
SHOWN = 5  # faults in one message


class BadRules(Refusal):
    """A pg_hba.conf that keeps somebody out, or lets somebody in."""


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


def refuse(
    rows: Iterable[Mapping[str, Any]], logins: Collection[Login], networks: Sequence[Network]
) -> None:
    """Raises BadRules, with the first few of the faults."""
    found = faults(list(rows), logins, networks)
    if found:
        more = [f"and {len(found) - SHOWN} more"] if len(found) > SHOWN else []
        raise BadRules("; ".join(["pg_hba.conf " + found[0], *found[1:SHOWN], *more]))


def faults(
    rows: Sequence[Mapping[str, Any]], logins: Collection[Login], networks: Sequence[Network]
) -> list[str]:
    """Where the rows of pg_hba_file_rules let in other than the model.

    Each of ``logins`` gets in from ``networks``, over TLS, by SCRAM; the superuser over the
    socket, by peer; nobody else anywhere.
    """
    unclear = [fault for row in rows for fault in _unclear(row)]
    if unclear:
        return unclear
    rules = [_rule(row) for row in rows]
    return [*_over_network(rules, logins, networks), *_over_socket(rules, logins)]


def _unclear(row: Mapping[str, Any]) -> Iterator[str]:
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


def _rule(row: Mapping[str, Any]) -> Rule:
    return Rule(
        row["line_number"], row["type"], frozenset(row["database"]), frozenset(row["user_name"]),
        _networks(row), (row["auth_method"], tuple(sorted(row["options"] or ()))),
    )  # fmt: skip


def _networks(row: Mapping[str, Any]) -> tuple[Network, ...]:
    if row["type"] == "local":
        return ()
    if row["address"] == "all":
        return ALL
    bits = int(ip_address(row["netmask"])).bit_count()
    return (ip_network(f"{row['address']}/{bits}", strict=False),)


def _over_network(
    rules: list[Rule], logins: Collection[Login], networks: Sequence[Network]
) -> Iterator[str]:
    points = _points({*networks, *(n for rule in rules for n in rule.networks)})
    for login in _pairs(rules, logins):
        for kind, types in KINDS.items():
            matching = [r for r in rules if r.kind in types and r.speaks_of(*login)]
            allowed = networks if login in logins and kind == "over TLS" else ()
            if matching or allowed:
                faults = (_at(point, login, matching, allowed) for point in points)
                yield from dict.fromkeys(f"{fault} {kind}" for fault in faults if fault)


def _at(point: Address, login: Login, matching: list[Rule], allowed: Sequence[Network]) -> str:
    """What is wrong for a client with that address; empty where nothing is."""
    network = next((n for n in allowed if point in n), None)
    rule = next((r for r in matching if any(point in n for n in r.networks)), None)
    fault = _fault(rule, SCRAM if network else None, login)
    if fault and not network and rule:
        network = next(n for n in rule.networks if point in n)
    return f"{fault} from {network}" if fault else ""


def _over_socket(rules: list[Rule], logins: Collection[Login]) -> Iterator[str]:
    for database, role in _pairs(rules, logins):
        rule = next((r for r in rules if r.kind == "local" and r.speaks_of(database, role)), None)
        peer = PEER if role == SUPERUSER and database != REPLICATION else None
        fault = _fault(rule, peer, (database, role))
        if fault:
            yield f"{fault} over the socket"


def _fault(rule: Rule | None, wanted: Way | None, login: Login) -> str:
    """Empty where the rule that matched first is as wanted."""
    database, role = login
    way = None if rule is None or rule.way[0] == "reject" else rule.way
    if way == wanted:
        return ""
    if not rule:
        return f"has no line that lets {role} into {database}"
    if not way:
        return f"line {rule.line} keeps {role} out of {database}"
    needed = f" (needs {wanted[0]})" if wanted else ""
    return f"line {rule.line} lets {role} into {database} by {' '.join((way[0], *way[1]))}{needed}"


def _pairs(rules: list[Rule], logins: Collection[Login]) -> list[Login]:
    """Each database with each role that the model or a rule speaks of, and a stranger's."""
    databases = {d for d, _ in logins} | {d for rule in rules for d in rule.databases}
    roles = {r for _, r in logins} | {r for rule in rules for r in rule.roles}
    databases |= {*SHARED, STRANGER, REPLICATION}
    roles |= {SUPERUSER, STRANGER}
    databases |= roles if "sameuser" in databases else set()
    return [
        (d, r) for d in sorted(databases - {"all", "sameuser"}) for r in sorted(roles - {"all"})
    ]


def _points(networks: Iterable[Network]) -> list[Address]:
    """First and last of each network, and their neighbours outside."""
    found: set[Address] = set()
    for network in {*networks, *ALL}:
        low, high = int(network.network_address), int(network.broadcast_address)
        end = 2**network.max_prefixlen
        make = type(network.network_address)
        found |= {make(n) for n in (low - 1, low, high, high + 1) if 0 <= n < end}
    return sorted(found, key=lambda a: (a.version, int(a)))
