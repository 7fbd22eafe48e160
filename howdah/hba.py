"""Records of pg_hba.conf."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from howdah.knobs import Network
from howdah.rules import Login


@dataclass(frozen=True, order=True)
class Record:
    """One role into one database from one network, over TLS, with SCRAM."""

    database: str
    role: str
    address: str


def records(
    logins: Iterable[Login],
    networks: Iterable[Network],
) -> list[Record]:
    """Logins that shall be, from each of the networks, in a fixed order."""
    addresses = [str(network) for network in networks]
    records = []
    for database, role in sorted(logins):
        for address in addresses:
            records.append(Record(database, role, address))
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
        if line.startswith("hostssl "):
            words = re.findall(r'"[^"]*"|\S+', line)
            database = words[1].strip('"')
            role = words[2].strip('"')
            found.add((database, role))
    return found
