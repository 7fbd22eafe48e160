"""Which logins are allowed: pg_hba.conf as a server has parsed it, against the model.

The server takes the first rule that matches and no other, so each role is sent to each database
from both sides of every border between networks, on every kind of connection.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence

from howdah.errors import HowdahError
from howdah.options import SHARED, SUPERUSER, Address, Network
from howdah.pg_hba import repeated, rules
from howdah.pg_hba.rules import EVERYWHERE, REPLICATION, Login, Row, Rule, Way

STRANGER = "somebody else"  # some role, some database that no file names
# What a connection is -> the types of rules that speak of it (hba.c, check_hba).
OVER_TLS = "over TLS"
KINDS = {
    OVER_TLS: {"host", "hostssl", "hostnogssenc"},
    "without TLS": {"host", "hostnossl", "hostnogssenc"},
    "over GSS": {"host", "hostnossl", "hostgssenc"},
}
SCRAM = Way("scram-sha-256")
PEER = Way("peer", ("map=howdah",))
SHOWN = 5  # faults in one message


class HbaError(HowdahError):
    """A pg_hba.conf that keeps somebody out, or lets somebody in."""


def check(
    rows: Iterable[Row],
    logins: Collection[Login],
    networks: Sequence[Network],
    *,
    tls: bool = True,
    peers: Collection[str] = (SUPERUSER,),
) -> None:
    """Raises HbaError, with the first few of the faults: those of one line as one."""
    read = list(rows)
    found = faults(read, logins, networks, tls=tls, peers=peers)
    grouped = repeated.by_line(found, rules.texts(read))
    if not grouped:
        return
    shown = grouped[:SHOWN]
    if len(grouped) > SHOWN:
        shown.append(f"and {len(grouped) - SHOWN} more")
    raise HbaError(f"pg_hba.conf {'; '.join(shown)}")


def check_map(
    users: Collection[str],
    owner: str,
    peers: Collection[str] = (SUPERUSER,),
) -> None:
    """Raises HbaError unless pg_ident.conf maps the server's OS user to ``peers``, only.

    ``users``: "OS user as role", for each line.
    """
    wanted = [f"{owner} as {role}" for role in peers]
    for user in users:
        if user not in wanted:
            raise HbaError(f"pg_ident.conf lets {user} in; needs {', '.join(wanted)} only")
    for user in wanted:
        if user not in users:
            raise HbaError(f"pg_ident.conf has no line that lets {user} in")


def faults(
    rows: Sequence[Row],
    logins: Collection[Login],
    networks: Sequence[Network],
    *,
    tls: bool = True,
    peers: Collection[str] = (SUPERUSER,),
) -> list[str]:
    """Where the rows of pg_hba_file_rules allow other logins than the model.

    Each of ``logins`` gets in from ``networks``, over TLS, by SCRAM; each of ``peers`` over the
    socket, by peer; nobody else anywhere. Without ``tls`` the server has none, and each kind of
    connection is let in.
    """
    unclear: list[str] = []
    for row in rows:
        unclear += rules.unclear(row)
    if unclear:
        return unclear
    read = [rules.rule(row) for row in rows]
    kinds = set(KINDS)
    if tls:
        kinds = {OVER_TLS}
    over_network = _over_network(read, logins, networks, kinds)
    return [*over_network, *_over_socket(read, logins, peers)]


def _over_network(
    read: list[Rule],
    logins: Collection[Login],
    networks: Sequence[Network],
    kinds: Collection[str],
) -> Iterator[str]:
    borders = set(networks)
    for rule in read:
        borders.update(rule.networks)
    points = _points(borders)
    for login in _pairs(read, logins):
        speaking = [rule for rule in read if rule.speaks_of(login)]
        for kind, types in KINDS.items():
            matching = [rule for rule in speaking if rule.kind in types]
            allowed: Sequence[Network] = ()
            if kind in kinds and login in logins:
                allowed = networks
            for fault in _over_kind(points, login, matching, allowed):
                yield f"{fault} {kind}"


def _over_kind(
    points: list[Address],
    login: Login,
    matching: list[Rule],
    allowed: Sequence[Network],
) -> list[str]:
    """Each once."""
    if not matching and not allowed:
        return []
    found = []
    for point in points:
        fault = _at(point, login, matching, allowed)
        if fault:
            found.append(fault)
    return list(dict.fromkeys(found))


def _at(
    point: Address,
    login: Login,
    matching: list[Rule],
    allowed: Sequence[Network],
) -> str:
    """What is wrong for a client with that address; empty where nothing is."""
    rule, network = _first(point, matching)
    wanted = None
    allowed_network = _network_of(point, allowed)
    if allowed_network:
        wanted = SCRAM
        network = allowed_network
    fault = _fault(rule, wanted, login)
    if not fault:
        return ""
    return f"{fault} from {network}"


def _first(point: Address, matching: list[Rule]) -> tuple[Rule | None, Network | None]:
    """The first that speaks of the address, and by which of its networks."""
    for rule in matching:
        network = _network_of(point, rule.networks)
        if network:
            return rule, network
    return None, None


def _network_of(point: Address, networks: Sequence[Network]) -> Network | None:
    """The first that the address is in."""
    for network in networks:
        if point in network:
            return network
    return None


def _over_socket(
    read: list[Rule],
    logins: Collection[Login],
    peers: Collection[str],
) -> Iterator[str]:
    local = [rule for rule in read if rule.kind == "local"]
    for login in _pairs(read, logins, peers):
        database, role = login
        wanted = None
        if role in peers and database != REPLICATION:
            wanted = PEER
        matching = [rule for rule in local if rule.speaks_of(login)]
        first = None
        if matching:
            first = matching[0]
        fault = _fault(first, wanted, login)
        if fault:
            yield f"{fault} over the socket"


def _fault(
    rule: Rule | None,
    wanted: Way | None,
    login: Login,
) -> str:
    """Empty where the rule that matched first is as wanted."""
    database, role = login
    way = None
    if rule and rule.way.method != "reject":
        way = rule.way
    if way == wanted:
        return ""
    if not rule:
        return f"has no line that lets {role} into {database}"
    if not way:
        return f"line {rule.line} keeps {role} out of {database}"
    by = " ".join([way.method, *way.options])
    fault = f"line {rule.line} lets {role} into {database} by {by}"
    if wanted:
        fault += f" (needs {wanted.method})"
    return fault


def _pairs(
    read: list[Rule],
    logins: Collection[Login],
    peers: Collection[str] = (SUPERUSER,),
) -> list[Login]:
    """Each database with each role that the model or a rule speaks of, and a stranger's."""
    databases = {*SHARED, STRANGER, REPLICATION}
    roles = {*peers, STRANGER}
    for database, role in logins:
        databases.add(database)
        roles.add(role)
    for rule in read:
        databases |= rule.databases
        roles |= rule.roles
    if "sameuser" in databases:
        databases |= roles
    pairs = []
    for database in sorted(databases - {"all", "sameuser"}):
        for role in sorted(roles - {"all"}):
            pairs.append((database, role))
    return pairs


def _points(networks: Iterable[Network]) -> list[Address]:
    """First and last of each network, and their neighbours outside."""
    found: set[Address] = set()
    for network in {*networks, *EVERYWHERE}:
        address = type(network.network_address)
        first = int(network.network_address)
        last = int(network.broadcast_address)
        beyond = 2**network.max_prefixlen
        for number in (first - 1, first, last, last + 1):
            if 0 <= number < beyond:
                found.add(address(number))
    return sorted(found, key=_order)


def _order(point: Address) -> tuple[int, int]:
    return point.version, int(point)
