"""Who would be let in: pg_hba.conf as a server has parsed it, against the model.

The server takes the first rule that matches and no other, so each role is sent to each database
from both sides of every border between networks, on every kind of connection.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from howdah import repeated, rules
from howdah.errors import HowdahError
from howdah.knobs import SHARED, SUPERUSER, Address, Network
from howdah.rules import EVERYWHERE, REPLICATION, Rule, Way

Login = tuple[str, str]  # (database, role)

STRANGER = "somebody else"  # some role, some database that no file names
# What a connection is -> the types of rules that speak of it (hba.c, check_hba).
KINDS = {
    "over TLS": {"host", "hostssl", "hostnogssenc"},
    "without TLS": {"host", "hostnossl", "hostnogssenc"},
    "over GSS": {"host", "hostnossl", "hostgssenc"},
}
SCRAM, PEER = ("scram-sha-256", ()), ("peer", ("map=howdah",))
SHOWN = 5  # faults in one message


class HbaError(HowdahError):
    """A pg_hba.conf that keeps somebody out, or lets somebody in."""


def refuse(
    rows: Iterable[Mapping[str, Any]], logins: Collection[Login], networks: Sequence[Network]
) -> None:
    """Raises HbaError, with the first few of the faults: those of one line as one."""
    read = list(rows)
    found = repeated.by_line(faults(read, logins, networks), rules.texts(read))
    if found:
        more = [f"and {len(found) - SHOWN} more"] if len(found) > SHOWN else []
        raise HbaError("; ".join(["pg_hba.conf " + found[0], *found[1:SHOWN], *more]))


def refuse_map(users: Collection[str], owner: str) -> None:
    """Raises HbaError unless pg_ident.conf maps the server's OS user to the superuser, only.

    ``users``: "OS user as role", for each line.
    """
    wanted = f"{owner} as {SUPERUSER}"
    for user in users:
        if user != wanted:
            raise HbaError(f"pg_ident.conf lets {user} in; needs {wanted} only")
    if not users:
        raise HbaError(f"pg_ident.conf has no line that lets {wanted} in")


def faults(
    rows: Sequence[Mapping[str, Any]], logins: Collection[Login], networks: Sequence[Network]
) -> list[str]:
    """Where the rows of pg_hba_file_rules let in other than the model.

    Each of ``logins`` gets in from ``networks``, over TLS, by SCRAM; the superuser over the
    socket, by peer; nobody else anywhere.
    """
    unclear = [fault for row in rows for fault in rules.unclear(row)]
    if unclear:
        return unclear
    read = [rules.rule(row) for row in rows]
    return [*_over_network(read, logins, networks), *_over_socket(read, logins)]


def _over_network(
    read: list[Rule], logins: Collection[Login], networks: Sequence[Network]
) -> Iterator[str]:
    points = _points({*networks, *(n for rule in read for n in rule.networks)})
    for login in _pairs(read, logins):
        for kind, types in KINDS.items():
            matching = [r for r in read if r.kind in types and r.speaks_of(*login)]
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


def _over_socket(read: list[Rule], logins: Collection[Login]) -> Iterator[str]:
    for database, role in _pairs(read, logins):
        rule = next((r for r in read if r.kind == "local" and r.speaks_of(database, role)), None)
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


def _pairs(read: list[Rule], logins: Collection[Login]) -> list[Login]:
    """Each database with each role that the model or a rule speaks of, and a stranger's."""
    databases = {d for d, _ in logins} | {d for rule in read for d in rule.databases}
    roles = {r for _, r in logins} | {r for rule in read for r in rule.roles}
    databases |= {*SHARED, STRANGER, REPLICATION}
    roles |= {SUPERUSER, STRANGER}
    databases |= roles if "sameuser" in databases else set()
    return [
        (d, r) for d in sorted(databases - {"all", "sameuser"}) for r in sorted(roles - {"all"})
    ]


def _points(networks: Iterable[Network]) -> list[Address]:
    """First and last of each network, and their neighbours outside."""
    found: set[Address] = set()
    for network in {*networks, *EVERYWHERE}:
        low, high = int(network.network_address), int(network.broadcast_address)
        end = 2**network.max_prefixlen
        make = type(network.network_address)
        found |= {make(n) for n in (low - 1, low, high, high + 1) if 0 <= n < end}
    return sorted(found, key=lambda a: (a.version, int(a)))
