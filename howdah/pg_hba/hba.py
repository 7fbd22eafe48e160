"""Records of pg_hba.conf."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from howdah.options import Network
from howdah.pg_hba.rules import Login

HOSTSSL = "hostssl"
HOST = "host"
PEER = "peer"
MAP = "map=howdah"  # of pg_ident.conf: the server's OS user as each role of such a record


@dataclass(frozen=True)
class Record:
    """A role into a database from one network: over TLS, with SCRAM, where nothing else is set."""

    database: str
    role: str
    address: str = ""  # of kind local: none
    kind: str = HOSTSSL
    method: str = "scram-sha-256"
    options: str = ""  # of the method
    reason: str = ""  # the comment above it

    @property
    def line(self) -> str:
        """As pg_hba.conf has it."""
        fields = (
            self.kind,
            word(self.database),
            word(self.role),
            self.address,
            self.method,
            self.options,
        )
        return " ".join(filter(None, fields))


def by_peer(role: str, reason: str) -> Record:
    """A role that the server's OS user is, over the socket, into any database."""
    return Record("all", role, "", "local", method=PEER, options=MAP, reason=reason)


def peers(records: Iterable[Record]) -> list[str]:
    """The roles of such records."""
    roles = []
    for record in records:
        if record.method == PEER and record.options == MAP:
            roles.append(record.role)
    return roles


def records(
    logins: Iterable[Login],
    networks: Iterable[Network],
    *,
    tls: bool = True,
) -> list[Record]:
    """The wanted logins, from each of the networks, in a fixed order.

    ``tls``: whether they have to use it.
    """
    kind = HOST
    if tls:
        kind = HOSTSSL
    addresses = [str(network) for network in networks]
    records = []
    for database, role in sorted(logins):
        for address in addresses:
            records.append(Record(database, role, address, kind))
    return records


def word(name: str) -> str:
    """A name as pg_hba.conf has it: in quotes where it would be read as more than one word."""
    if re.fullmatch(r"[a-z_][a-z0-9_$]*", name):
        return name
    return f'"{name}"'


def logins(text: str) -> set[Login]:
    """Those of the records in a pg_hba.conf as rendered here."""
    found = set()
    for line in text.split("\n"):
        if line.startswith((f"{HOSTSSL} ", f"{HOST} ")):
            words = re.findall(r'"[^"]*"|\S+', line)
            database = words[1].strip('"')
            role = words[2].strip('"')
            found.add((database, role))
    return found
