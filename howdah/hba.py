"""Records of pg_hba.conf."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from howdah.knobs import Network


@dataclass(frozen=True, order=True)
class Record:
    """One role into one database from one network, over TLS, with SCRAM."""

    database: str
    role: str
    address: str


def records(logins: Iterable[tuple[str, str]], networks: Iterable[Network]) -> list[Record]:
    """(database, role) pairs that may log in × networks -> records, in a fixed order."""
    allowed = [str(network) for network in networks]
    return [Record(db, role, address) for db, role in sorted(logins) for address in allowed]


def word(name: str) -> str:
    """A name as pg_hba.conf has it: in quotes where it would be read as more than one word."""
    return name if re.fullmatch(r"[a-z_][a-z0-9_$]*", name) else f'"{name}"'


def logins(text: str) -> set[tuple[str, str]]:
    """(database, role) of the records in a pg_hba.conf as rendered here."""
    found = set()
    for line in text.split("\n"):
        if line.startswith("hostssl "):
            _, database, role, *_ = re.findall(r'"[^"]*"|\S+', line)
            found.add((database.strip('"'), role.strip('"')))
    return found
